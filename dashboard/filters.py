"""What is selected: one frozen value that screens, links, the command line and the SQL all understand."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace

import queries
from dashboard.refusal import Refusal

NOT_RECORDED = "not recorded"

RECORD_FILTERS = queries.ATTRIBUTES
SIDE_EFFECT_FILTERS = ("effect", "severity", "serious")
VALUE_FILTERS = RECORD_FILTERS + SIDE_EFFECT_FILTERS
BOUND_FILTERS = ("treated_from", "treated_to", "dose_from", "dose_to")


class FilterError(Refusal):
    """A filter that cannot be understood; the message says which and what would be."""


@dataclass(frozen=True)
class Filters:
    """The treatment records selected, and of their side effects those that count.

    A field that is None or empty does not restrict. A tuple holds the values to keep, '' being "not recorded".
    Period and dose range include both ends; doses are in the units of the records. One value may stand without its
    tuple, and a day as a text such as 2024-12-31. Raises FilterError for what is no value, day or dose.
    """

    treated_from: datetime.date | None = None
    treated_to: datetime.date | None = None
    dose_from: float | None = None
    dose_to: float | None = None
    treatment_type: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    lot: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    side: tuple[str, ...] = ()
    technique: tuple[str, ...] = ()
    practitioner: tuple[str, ...] = ()
    clinic: tuple[str, ...] = ()
    indication: tuple[str, ...] = ()
    dose_band: tuple[str, ...] = ()
    aftercare: tuple[str, ...] = ()
    age_band: tuple[str, ...] = ()
    sex: tuple[str, ...] = ()
    skin_type: tuple[str, ...] = ()
    smoker: tuple[str, ...] = ()
    effect: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    serious: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in BOUND_FILTERS:
            given = getattr(self, name)
            if isinstance(given, str):
                object.__setattr__(self, name, _bound(name, given))
            elif isinstance(given, datetime.datetime):
                object.__setattr__(self, name, given.date())
        if self.treated_from and self.treated_to and self.treated_from > self.treated_to:
            raise FilterError(f"the period ends ({self.treated_to}) before it begins ({self.treated_from})")
        if self.dose_from is not None and self.dose_to is not None and self.dose_from > self.dose_to:
            raise FilterError(f"the dose range ends ({self.dose_to:g}) before it begins ({self.dose_from:g})")
        if not all(math.isfinite(dose) for dose in (self.dose_from, self.dose_to) if dose is not None):
            raise FilterError("a dose is a number")
        for column in VALUE_FILTERS:
            given = getattr(self, column)
            values = (given,) if isinstance(given, str) else given or ()
            if not all(isinstance(value, str) for value in values):
                raise FilterError(f"{column} is {given!r}; values to keep are texts, '' being {NOT_RECORDED!r}")
            object.__setattr__(self, column, tuple(sorted(set(values))))

    @classmethod
    def of(cls, values: Iterable[tuple[str, str]], **bounds: object) -> Filters:
        """Filters from pairs (column, value), as the command line and links give them.

        Raises FilterError for a column that is none.
        """
        chosen: dict[str, list[str]] = {}
        for column, value in values:
            if column not in VALUE_FILTERS:
                raise FilterError(f"there is no column {column!r} to select by; there are: {', '.join(VALUE_FILTERS)}")
            chosen.setdefault(column, []).append(value)
        return cls(**bounds, **{column: tuple(wanted) for column, wanted in chosen.items()})  # type: ignore[arg-type]

    @classmethod
    def from_query(cls, query: Mapping[str, Iterable[str] | str]) -> Filters:
        """Filters from URL parameters; parameters that are no filters are not its business.

        Raises FilterError for a date or a number that is none.
        """
        values: list[tuple[str, str]] = []
        bounds: dict[str, object] = {}
        for name, given in query.items():
            texts = [given] if isinstance(given, str) else list(given)
            if name in VALUE_FILTERS:
                values += [(name, text) for text in texts]
            elif name in BOUND_FILTERS and texts:
                bounds[name] = _bound(name, texts[-1])
        return cls.of(values, **bounds)

    def to_query(self) -> dict[str, list[str]]:
        """The URL parameters that give these filters again; only what restricts."""
        query: dict[str, list[str]] = {}
        for name in BOUND_FILTERS:
            if (bound := getattr(self, name)) is not None:
                query[name] = [str(bound)]
        for name in VALUE_FILTERS:
            if chosen := getattr(self, name):
                query[name] = list(chosen)
        return query

    def to_sql(self) -> dict[str, object]:
        """The struct that the cohort macros take: every field, null where it does not restrict."""
        return {field.name: _or_none(getattr(self, field.name)) for field in fields(self)}

    def within(self, first: datetime.date, last: datetime.date) -> Filters:
        """The same filters for another period, both days included."""
        return replace(self, treated_from=first, treated_to=last)

    @property
    def are_of_side_effects(self) -> bool:
        """Whether only some side effects count."""
        return any(getattr(self, column) for column in SIDE_EFFECT_FILTERS)

    @property
    def is_empty(self) -> bool:
        """Whether nothing restricts."""
        return self == Filters()

    def describe(self, name: Callable[[str, str], str] | None = None) -> str:
        """The selection in plain words; `name` says what people call a value of a column."""
        parts: list[str] = []
        if self.treated_from and self.treated_to:
            parts.append(f"treated from {_day(self.treated_from)} to {_day(self.treated_to)}")
        elif self.treated_from:
            parts.append(f"treated from {_day(self.treated_from)} on")
        elif self.treated_to:
            parts.append(f"treated up to {_day(self.treated_to)}")
        for column in VALUE_FILTERS:
            if chosen := getattr(self, column):
                called = [name(column, value) if name and value else value or NOT_RECORDED for value in chosen]
                words = " or ".join(called)
                parts.append(f"{column.replace('_', ' ')} {words}")
        if self.dose_from is not None and self.dose_to is not None:
            parts.append(f"dose {self.dose_from:g} to {self.dose_to:g}")
        elif self.dose_from is not None:
            parts.append(f"dose {self.dose_from:g} or more")
        elif self.dose_to is not None:
            parts.append(f"dose {self.dose_to:g} or less")
        return "; ".join(parts) or "all treatment records"


def _bound(name: str, text: str) -> datetime.date | float:
    try:
        return datetime.date.fromisoformat(text) if name.startswith("treated") else float(text)
    except ValueError:
        kind = "a date such as 2025-06-30" if name.startswith("treated") else "a number"
        raise FilterError(f"{name} is {text!r}, which is not {kind}") from None


def _or_none(value: object) -> object:
    return list(value) if isinstance(value, tuple) and value else (value or None) if isinstance(value, tuple) else value


def _day(day: datetime.date) -> str:
    return f"{day.day} {day:%B %Y}"
