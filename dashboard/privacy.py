"""Small numbers: what of the figures is told to those who may see no single patient.

Every count that is told is of 0 or at least k patients, and so is what is left when counts that are told are taken from
each other. For that, figures are told in fixed tables (dashboard/statistics/disclosure.py): of everything, by one
column, or by two that are crossed, each over all records of the snapshot. A filter and a group are both a column of
such a table, and the period is one, in whole years or whole months. In every table the values that are too rare stand
together: of none of them alone is anything told, whichever answer is asked for. What stands together in a table does so
in those that are finer, and a value that lies within another, such as a month within its year, within that.

So that the same count is not told once by these groups and once by others, measures that count the same share their
tables (`Rule.contributors`), and those that count parts of it begin with them. Curves are told on those days alone
between which of every group none or at least k ended, and of those that stand together.

What is not guarded against: a reader who knows from elsewhere who was treated; that units in several groups let their
overlap be told; several snapshots; and days within a median of so many. A measure without a rule is withheld, and so
are records.
"""

from __future__ import annotations

import calendar
import datetime
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.filters import Filters
from dashboard.measures.maintenance import RETURNED_BY
from dashboard.measures.resolution import RESOLVED_BY
from dashboard.refusal import Refusal
from dashboard.statistics.disclosure import Merged
from queries import ATTRIBUTES, COURSE_GROUPS, SIDE_EFFECT_GROUPS

VARIABLE = "OUTCOMES_SUPPRESS_BELOW"
MARK = "is_suppressed"
MOST_COLUMNS = 2
PARENTS = {"area": "treatment_type", "practitioner": "clinic", "month": "year"}
"""Columns whose values lie within those of another, all or most of them."""
COLUMNS = (
    "treatment_type",
    "area",
    "practitioner",
    "clinic",
    "aftercare",
    "age_band",
    "sex",
    "skin_type",
    "smoker",
    "month",
    "year",
    "total",
    *COURSE_GROUPS,
)
"""What tables are by. Others are tied so closely to these, as a technique to its products, that one would tell the
other; or their values are too rare.
"""
BEGINS_WITH = {"plans": "returns", "results": "side_effects"}
"""Contributors whose counts are parts of what others count."""
LEAVES_OUT = ("side_effects", "results", "resolution", "returns")
"""Contributors of which details may be left out; no effect or outcome is what others leave of a whole."""
COUNTED = (
    *("treated", "evaluable", "unseen", "affected", "unaffected"),
    *("side effects", "resolved", "censored"),
    *("courses", "completed", "open", "due", "kept"),
    *("recorded", "occurred", "otherwise"),
)
"""What queries/contributors count: of each kind of contributors all units first, then those of what became of them."""

OF_DETAIL = {
    "unseen": (
        "treated",
        "pending",
        "completeness",
        "completeness_low",
        "completeness_high",
        "reference_completeness",
        "rate_best_case",
        "rate_worst_case",
        "is_little_followed_up",
        "overall_completeness",
        "overdispersion",
        "between_groups_sd",
        "funnel_95_low",
        "funnel_95_high",
        "funnel_998_low",
        "funnel_998_high",
    ),
    "ends": ("resolved", "censored", "completed", "completed_median_days"),
}
"""By the details that are no effects or outcomes: the figures that are left out with them."""


HOW = ("estimator", "limits")
"""Columns that say how figures were made, and nothing of what they are."""


class Withheld(Refusal):
    """What is not told at all while small numbers are suppressed; the message says why and what can be had."""


def suppress_below() -> int:
    """The smallest count that is told, as OUTCOMES_SUPPRESS_BELOW says; 0 where nothing is suppressed.

    Raises Withheld for a setting that is no whole number from 0.
    """
    text = os.environ.get(VARIABLE, "").strip() or "0"
    if not text.isdecimal():
        raise Withheld(f"{VARIABLE} is {text!r}: it has to be a whole number, such as 5, or 0 to suppress nothing")
    return int(text)


@dataclass(frozen=True)
class Rule:
    """How a measure is told.

    contributors: by which of `queries/contributors/` its counts are judged
    detail: its column of effects or outcomes, "" where it has none
    own: a group that it has anyway, "" where there is none
    is_across: whether its figures are made of all groups together, and so again of those that are told
    of_all: figures that are made of all its rows, and not told where one is not
    """

    contributors: str
    detail: str = ""
    own: str = ""
    is_across: bool = False
    of_all: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """What its tables are by; those of single side effects by what these are, too."""
        return (*COLUMNS, *SIDE_EFFECT_GROUPS) if self.contributors == "resolution" else COLUMNS


_LOG_RANK = ("logrank_chi2", "logrank_df", "logrank_p")
_P_CHART = ("centre", "limit_low", "limit_high", "chart", "sigma_z", "signal", "is_signal")
RULES = {
    "side_effect_rates": Rule("side_effects", "effect"),
    "follow_up_completeness": Rule("side_effects"),
    "follow_up_funnel": Rule("side_effects", is_across=True),
    "practitioner_funnel": Rule("side_effects", "effect", is_across=True),
    "comparison": Rule("side_effects", "effect", is_across=True),
    "rates_over_time": Rule("side_effects", "effect", "month", of_all=_P_CHART),
    "time_to_resolution": Rule("resolution"),
    "time_to_resolution_summary": Rule("resolution", of_all=_LOG_RANK),
    "maintenance_intervals": Rule("returns"),
    "maintenance_summary": Rule("returns"),
    "kept_plans": Rule("plans"),
    "results": Rule("results", "outcome"),
}


@dataclass(frozen=True)
class Curves:
    """Which columns of a curve's frame count its ends, the shares by days that its summary tells, and the days on which
    the curve can be told.
    """

    summary: str
    events: str
    by_days: str
    days: tuple[int, ...]
    told_on: tuple[int, ...]


CURVES = {
    "time_to_resolution": Curves(
        "time_to_resolution_summary",
        "resolved",
        "resolved_by",
        RESOLVED_BY,
        (0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 180, 365),
    ),
    "maintenance_intervals": Curves(
        "maintenance_summary",
        "returned",
        "returned_by",
        RETURNED_BY,
        (30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 365, 450, 545, 730, 1095),
    ),
}


def groups_told(name: str, groups: Sequence[str]) -> list[str]:
    """Those of the groups by which a measure is told, all where it is not told at all."""
    rule = RULES.get(name)
    return [group for group in groups if rule is None or group in (*rule.columns, rule.detail)]


def curve_of(name: str) -> str | None:
    """The curve that a measure is, or whose summary it is."""
    return next((curve for curve, shape in CURVES.items() if name in (curve, shape.summary)), None)


@dataclass(frozen=True)
class Question:
    """Which table a question is of.

    columns: its columns, in order
    kept: the values that are kept of a column; a column without is of all
    effect: the only side effect that counts; "" where all do
    """

    columns: tuple[str, ...]
    kept: Mapping[str, frozenset[str]]
    effect: str = ""


def question(
    name: str,
    filters: Filters,
    by: Sequence[str],
    period: tuple[datetime.date, datetime.date] | None,
    options: Mapping[str, object],
) -> Question:
    """The table that a question about a measure is of; `period` is that of all records.

    Raises Withheld for a measure without a rule, and for what no table tells.
    """
    if name not in RULES:
        raise Withheld(f"{name} is withheld while small numbers are suppressed: it has no rule of what to hide")
    rule = RULES[name]
    if options.get("strata"):
        raise Withheld("Small numbers are suppressed, so groups are compared as they are. Adjust for nothing.")
    if options.get("unit", "session") != "session":
        raise Withheld("Small numbers are suppressed, so treatments are counted by sessions. Choose sessions.")
    if options.get("window_days") is not None:
        raise Withheld("Small numbers are suppressed, so side effects count whenever they began. Choose no window.")
    groups = [*by, *([rule.own] if rule.own else [])]
    asked = selected(filters, groups, period, rule)
    groups = [column for column in groups if column != rule.detail]
    if other := [column for column in groups if column not in rule.columns]:
        raise Withheld(f"Small numbers are suppressed, so there are no figures by {_named(other[0])}.")
    columns = tuple(sorted({*groups, *asked.kept}))
    if len(columns) > MOST_COLUMNS:
        named = ", ".join(map(_named, columns))
        raise Withheld(
            "Small numbers are suppressed, so figures can be had by two things at a time, filters and groups together. "
            f"Here they are {len(columns)}: {named}. Take a filter away."
        )
    return Question(columns, asked.kept, asked.effect)


def selected(
    filters: Filters,
    groups: Sequence[str] = (),
    period: tuple[datetime.date, datetime.date] | None = None,
    rule: Rule = RULES["follow_up_completeness"],
) -> Question:
    """The table that a selection is of; raises Withheld for a filter that is in none."""
    if filters.dose_from is not None or filters.dose_to is not None:
        raise Withheld("Small numbers are suppressed, so there is no filter by dose. Take it away.")
    kept = {column: frozenset(values) for column in ATTRIBUTES if (values := getattr(filters, column))}
    effect = ""
    if rule.contributors == "side_effects" and rule.detail and filters.effect:
        if len(filters.effect) > 1:
            raise Withheld("Small numbers are suppressed, so one side effect can be chosen at a time, or all.")
        effect = filters.effect[0]
    if rule.contributors == "resolution" or rule.detail == "effect":
        kept |= {
            column: frozenset(values) for column in ("severity", "serious") if (values := getattr(filters, column))
        }
    if rule.contributors == "resolution" and filters.effect:
        kept["effect"] = frozenset(filters.effect)
    if other := [column for column in kept if column not in rule.columns]:
        raise Withheld(f"Small numbers are suppressed, so there is no filter by {_named(other[0])}. Take it away.")
    if months := _months(filters, period):
        years = {month[:4] for month in months}
        are_years = "month" not in groups and months == _months_of(years, period)
        kept["year" if are_years else "month"] = frozenset(years if are_years else months)
    return Question(tuple(sorted(kept)), kept, effect)


def _named(column: str) -> str:
    return "period" if column in ("month", "year") else column.replace("_", " ")


def _months(filters: Filters, period: tuple[datetime.date, datetime.date] | None) -> set[str]:
    """The months that the period chosen is made of; none where it leaves all records."""
    if period is None or (filters.treated_from is None and filters.treated_to is None):
        return set()
    first, last = filters.treated_from or period[0], filters.treated_to or period[1]
    if (first > period[0] and first.day != 1) or (
        last < period[1] and last.day != calendar.monthrange(last.year, last.month)[1]
    ):
        raise Withheld(
            "Small numbers are suppressed, so periods are whole months: from the first day of one to the last of one."
        )
    first, last = max(first, period[0]), min(last, period[1])
    months = {
        f"{month // 12:04}-{month % 12 + 1:02}"
        for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    }
    return months or {f"{first:%Y-%m}"}


def _months_of(years: set[str], period: tuple[datetime.date, datetime.date] | None) -> set[str]:
    """The months of these years that records are of."""
    if period is None:
        return set()
    first, last = f"{period[0]:%Y-%m}", f"{period[1]:%Y-%m}"
    return {month for year in years for number in range(1, 13) if first <= (month := f"{year}-{number:02}") <= last}


def is_told(asked: Question, table: Merged | None) -> bool:
    """Whether a selection is told: of the values that stand together it keeps none, or all."""
    if table is None or asked.effect in table["detail"]:
        return False
    for column, values in asked.kept.items():
        together = table[column]
        if values & together and not values >= together:
            return False
    return True


def suppressed(
    name: str, figures: pd.DataFrame, asked: Question, by: Sequence[str], table: Merged | None
) -> pd.DataFrame:
    """The figures with those rows empty that are not told, and so marked. Counts become floats, so that they can be."""
    rule = RULES[name]
    hidden = np.full(len(figures), not is_told(asked, table))
    if table is not None:
        groups = [column for column in (*by, rule.own) if column and column != rule.detail]
        for column, together in [(column, table[column]) for column in groups] + [(rule.detail, table["detail"])]:
            if column:
                hidden |= figures[column].astype(str).isin(together).to_numpy()
        if "reference" in figures:
            hidden |= figures["reference"].astype(str).isin(table[groups[0]] if groups else ()).to_numpy()
    shown = _emptied(figures, hidden, [*by, rule.own, rule.detail])
    untold = {column for detail in (table["detail"] if table else ()) for column in OF_DETAIL.get(detail, ())}
    shown = _emptied(shown, np.ones(len(shown), dtype=bool), [str(each) for each in shown if each not in untold])
    series = [column for column in (*by, rule.detail) if column] if rule.own else []
    has_hidden = pd.Series(hidden).groupby([figures[each] for each in series]).transform("any") if series else hidden
    if rule.of_all and np.any(has_hidden):
        among_hidden = np.asarray(has_hidden) | (not series)
        shown = _emptied(shown, among_hidden, [str(each) for each in shown if each not in rule.of_all])
    return shown.assign(**{MARK: hidden})


def _emptied(figures: pd.DataFrame, hidden: np.ndarray, kept: Sequence[str]) -> pd.DataFrame:
    """The figures with the rows that are hidden empty, but for the columns that are kept."""
    shown = figures.copy()
    for column in figures:
        if column in kept or column in HOW:
            continue
        values = figures[column]
        if values.dtype == bool:
            shown[column] = values & ~hidden
        elif pd.api.types.is_numeric_dtype(values):
            shown[column] = values.astype("float64").mask(hidden)
        else:
            shown[column] = values.mask(hidden, "")
    return shown


def told_days(name: str, curve: pd.DataFrame, columns: Sequence[str], table: Merged | None, k: int) -> tuple[int, ...]:
    """The days on which a curve is told, in all answers of its table: since the day before, of every group and of those
    that stand together none or at least k had the event, and were no longer seen, and none or at least k are left.

    `curve` is by all columns of the table.
    """
    if table is None:
        return ()
    shape = CURVES[name]
    sums: dict[tuple[str, ...], np.ndarray] = {}
    for group, rows in _each(curve, columns).items():
        place = tuple(
            "" if value in table[column] else f"={value}" for column, value in zip(columns, group, strict=True)
        )
        sums[place] = sums.get(place, 0) + _sums_by(_ends(rows, shape), shape.told_on)
    return tuple(_days_between_many(np.array(list(sums.values())), shape.told_on, k)) if sums else ()


def suppressed_summary(
    name: str, figures: pd.DataFrame, asked: Question, by: Sequence[str], table: Merged | None, days: Sequence[int]
) -> pd.DataFrame:
    """A summary of curves: shares by fixed days stay where the curve is told on that day."""
    shape = next(shape for shape in CURVES.values() if shape.summary == name)
    shown = suppressed(name, figures, asked, by, table)
    for day in shape.days:
        if day not in days:
            shown[[f"{shape.by_days}_{day}{end}" for end in ("", "_low", "_high")]] = np.nan
            shown[MARK] = True
    return shown


def suppressed_curve(
    name: str, curve: pd.DataFrame, asked: Question, by: Sequence[str], table: Merged | None, days: Sequence[int]
) -> pd.DataFrame:
    """A curve on those days alone; its rows count the days since the last. A group untold has an empty row."""
    shape = CURVES[name]
    is_all_told = is_told(asked, table)
    parts = []
    for group, rows in _each(curve, by).items():
        told = is_all_told and not any(value in (table or {})[column] for column, value in zip(by, group, strict=True))
        kept = _rows_on(rows, shape, days) if told else rows.iloc[:0]
        parts.append(kept.assign(**{MARK: len(kept) < len(rows)}) if len(kept) else _empty(rows))
    frame = pd.concat(parts, ignore_index=True) if parts else curve.assign(**{MARK: pd.Series(dtype=bool)})
    return frame.astype(dict.fromkeys(frame.select_dtypes("number").columns, "float64"))


def _empty(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for a group of which nothing is told."""
    empty = rows.iloc[:1].copy()
    numbers = empty.select_dtypes("number").columns
    empty[numbers] = empty[numbers].astype("float64")
    empty[numbers] = np.nan
    return empty.assign(day=0.0, **{MARK: True})


def _rows_on(rows: pd.DataFrame, shape: Curves, days: Sequence[int]) -> pd.DataFrame:
    """The curve on these days: who was at risk after the day before, and how many ended since."""
    day, at_risk, events, censored = _ends(rows, shape)
    days = [each for each in days if each >= day[0]]
    places = np.searchsorted(day, np.array(days, dtype=int), side="right") - 1
    sums = np.array([events.cumsum()[places], censored.cumsum()[places]]).reshape(2, len(days))
    events_since, censored_since = np.diff(sums, axis=1, prepend=0.0)
    left = at_risk[0] - np.append(0.0, sums.sum(axis=0)[:-1])[: len(days)]
    kept = rows.iloc[places].assign(**{"day": days, "at_risk": left, shape.events: events_since})
    if "censored" in kept:
        kept["censored"] = censored_since
    return kept[kept["at_risk"] > _NOTHING]


_NOTHING = 1e-9


def _ends(rows: pd.DataFrame, shape: Curves) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of one curve: the days, who was at risk, and how many had the event, or were no longer seen, on each."""
    at_risk = rows["at_risk"].to_numpy(float)
    events = rows[shape.events].to_numpy(float)
    return rows["day"].to_numpy(int), at_risk, events, at_risk - events - np.append(at_risk[1:], 0.0)


def _sums_by(ends: tuple[np.ndarray, ...], days: Sequence[int]) -> np.ndarray:
    """By kind and day: how many had the event up to then, how many were no longer seen, how many are left."""
    day, at_risk, events, censored = ends
    places = np.searchsorted(day, np.array(days), side="right")
    so_far = np.array([np.append(0.0, each.cumsum())[places] for each in (events, censored)])
    return np.vstack([so_far, at_risk[0] - so_far.sum(axis=0)])


def _days_between_many(sums: np.ndarray, days: Sequence[int], k: int) -> list[int]:
    """The days that can be told, one after the other; `sums` by group, kind and day."""
    told: list[int] = []
    last = np.zeros(sums[:, :2, 0].shape)
    for place, day in enumerate(days):
        so_far, left = sums[:, :2, place], sums[:, 2, place]
        if _is_none_or_many(so_far - last, k) and _is_none_or_many(left, k):
            told.append(day)
            last = so_far
    return told


def _is_none_or_many(counts: np.ndarray, k: int) -> bool:
    return bool(((np.abs(counts) < _NOTHING) | (counts >= k - _NOTHING)).all())


def _each(frame: pd.DataFrame, by: Sequence[str]) -> dict[tuple[str, ...], pd.DataFrame]:
    """The rows of every group, in the frame's order."""
    if not by:
        return {(): frame} if len(frame) else {}
    places: dict[tuple[str, ...], list[int]] = {}
    for place, key in enumerate(frame[list(by)].astype(str).itertuples(index=False, name=None)):
        places.setdefault(key, []).append(place)
    return {key: frame.iloc[own] for key, own in places.items()}
