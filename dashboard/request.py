"""What is asked of a snapshot: one value that a page, a command, a script and a manifest all understand."""

from __future__ import annotations

import datetime
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa

import queries
from dashboard.filters import BOUND_FILTERS, VALUE_FILTERS, FilterError, Filters
from dashboard.store import HORIZON_DAYS, MEASURES, OF_ONE_PATIENT, Store, check_groups, check_name, unusual
from dashboard.store.names import records_sql

_FILTERS_AS_OPTIONS = {"treated_from": "from", "treated_to": "to", "effect": "effect", "severity": "severity"}


@dataclass(frozen=True)
class Request:
    """A measure by its groups, or the records of a table, under filters and with options.

    `options` are those of Store.measure and Store.records_reader; what stands there by itself is left away, so that
    equal requests are equal. Raises FilterError for a name that there is not, and for groups or an option that what is
    asked for does not take.
    """

    name: str
    filters: Filters = field(default_factory=Filters)
    by: tuple[str, ...] = ("treatment_type",)
    options: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name)
        kept = unusual(self.name, dict(self.options))
        if self.is_measure:
            check_groups(self.name, (*self.by, *kept.get("strata", ())))
        object.__setattr__(self, "by", tuple(dict.fromkeys(self.by)) if self.is_measure else ())
        object.__setattr__(self, "options", tuple(sorted(kept.items())))

    @property
    def is_measure(self) -> bool:
        return self.name in MEASURES

    def rows(self, store: Store) -> pd.DataFrame | pa.RecordBatchReader:
        """The answer: figures as a frame, records as Arrow batches."""
        options = dict(self.options)
        if self.is_measure:
            return store.measure(self.name, self.filters, self.by, **options)
        return store.records_reader(self.name, self.filters, **options)

    def row_count(self, store: Store) -> int:
        """How many records there are; 0 for a measure, and for the tables of one patient, which are short."""
        if self.is_measure or self.name in OF_ONE_PATIENT:
            return 0
        return store.record_count(self.name, self.filters, dict(self.options).get("horizon_days", HORIZON_DAYS))

    @property
    def sql(self) -> str:
        """The select that counts, or lists, what is asked for, with `$name` where the values of `parameters` go."""
        if not self.is_measure:
            return records_sql(self.name)
        strata = dict(self.options).get("strata", ())
        return queries.measure(self.name, self.by, strata)

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the select, by name."""
        options = dict(self.options)
        given = {
            "filters": self.filters.to_sql(),
            "unit": options.get("unit", "session"),
            "window_days": options.get("window_days"),
            "clock": options.get("clock", "onset"),
            "horizon_days": options.get("horizon_days", HORIZON_DAYS),
            "patient_id": options.get("patient_id"),
        }
        return {name: value for name, value in given.items() if f"${name}" in self.sql}

    @property
    def statement(self) -> str:
        """The select with its values written out, so that it can be run where the model and the macros are."""
        given = self.parameters
        return re.sub(r"\$(\w+)", lambda found: literal(given[found[1]]), self.sql)

    @property
    def command(self) -> str:
        """The command that writes the same table to stdout; it is of the current snapshot."""
        return shlex.join(["outcomes", "export", self.name, *self.arguments])

    @property
    def arguments(self) -> list[str]:
        """What the command says after the name: selection, groups and options."""
        words: list[str] = []
        for name in BOUND_FILTERS:
            if (bound := getattr(self.filters, name)) is not None:
                words += [f"--{_FILTERS_AS_OPTIONS.get(name, name).replace('_', '-')}", f"{bound}"]
        for column in VALUE_FILTERS:
            for value in getattr(self.filters, column):
                words += ["--where", f"{column}={value}"]
        if self.is_measure and self.by != ("treatment_type",):
            words += [part for group in self.by or ("total",) for part in ("--by", group)]
        for option, value in self.options:
            for each in value if isinstance(value, tuple) else (value,):
                words += [f"--{option.replace('_', '-')}", f"{each}"]
        return words

    @property
    def python(self) -> str:
        """The line that gives the same table to a script, from a store opened by dashboard.open_snapshot."""
        shown = {name: getattr(self.filters, name) for name in (*BOUND_FILTERS, *VALUE_FILTERS)}
        filters = ", ".join(f"{name}={value!r}" for name, value in shown.items() if value not in (None, ()))
        words = [repr(self.name)] + ([f"Filters({filters})"] if filters else [])
        if self.is_measure and self.by != ("treatment_type",):
            words.append(f"by={self.by!r}")
        words += [f"{option}={value!r}" for option, value in self.options]
        return f"store.table({', '.join(words)})"

    def script_of(self, suppress_below: int = 0) -> str:
        """Lines of Python that print the table of the current snapshot, where this project is installed."""
        days = "import datetime\n\n" if "datetime." in self.python else ""
        names = "Filters, open_snapshot" if "Filters(" in self.python else "open_snapshot"
        told = f"suppress_below={suppress_below}" if suppress_below else ""
        return f"{days}from dashboard import {names}\n\nstore = open_snapshot({told})\nprint({self.python})"

    def to_json(self) -> dict[str, Any]:
        """The request as a manifest holds it, of texts, numbers and lists."""
        return {
            "name": self.name,
            "filters": self.filters.to_query(),
            "by": list(self.by),
            "options": {option: list(value) if isinstance(value, tuple) else value for option, value in self.options},
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Request:
        """The request that `to_json` told; raises FilterError where it cannot be understood."""
        try:
            return cls(
                str(told["name"]),
                Filters.from_query(told["filters"]),
                tuple(told["by"]),
                tuple(dict(told["options"]).items()),
            )
        except (KeyError, TypeError, ValueError) as wrong:
            if isinstance(wrong, FilterError):
                raise
            raise FilterError(f"the request cannot be understood: {wrong}") from wrong


def literal(value: object) -> str:
    """A value of a parameter as SQL writes it."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, datetime.date):
        return f"date '{value}'"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(name)}: {literal(each)}" for name, each in value.items()) + "}"
    return repr(value)
