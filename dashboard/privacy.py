"""Small numbers, hidden before they leave: counts below k of units or patients, and what would give them away.

What is guarded against: a reader who has every figure of one answer (all groups and effects of one measure under one
selection), the same measure's total, and knows these rules. None of the hidden counts can be told to be one number,
neither by subtracting groups from their total, nor counts of a row from each other, nor single effects from "any", nor
the rows of a curve from each other; and where there is enough to hide, each leaves at least k - 1 possible numbers. A
hidden count is at least 1, for 0 stays 0; but where all groups of a kind are hidden, noughts may be among them.

What is not guarded against here: answers to several selections that differ by a few patients, or one answer by
several crossed groups (which is refused). Readers without a right to single patients' records are therefore to be
given fixed groups and periods of whole months. Nor are the order of days within a row of a curve (which its exact
share and limits may tell), and that a median of so many lies on some day, held to be counts.

A measure without a rule here is withheld, and so are records.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.measures.maintenance import RETURNED_BY
from dashboard.measures.resolution import RESOLVED_BY
from dashboard.measures.watching import follow_up_funnel
from dashboard.refusal import Refusal
from dashboard.statistics.disclosure import TOTAL, Answer, Cell, Sum

VARIABLE = "OUTCOMES_SUPPRESS_BELOW"
MARK = "is_suppressed"


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
    """What is hidden of a measure.

    counts: its counts, those in `by_effect` effect by effect
    sums: what adds up in a row: the whole, its parts, and which of them is hidden to protect a part that is no column,
        but what the others leave of the whole; None where all are columns: then the parts are hidden together
    figures: the columns that are made of counts, by those counts; with any of them hidden, so is the figure
    """

    counts: tuple[str, ...]
    sums: tuple[tuple[str, tuple[str, ...], str | None], ...]
    figures: dict[tuple[str, ...], tuple[str, ...]]
    by_effect: tuple[str, ...] = ()


_FOLLOWED_UP = ("treated", ("evaluable", "unseen"), "treated")
_FUNNEL = ("overdispersion", "between_groups_sd", "funnel_95_low", "funnel_95_high", "funnel_998_low")
_QUANTILES = ("median_days", "median_low", "median_high", "q1_days", "q3_days")
RULES = {
    "side_effect_rates": Rule(
        ("treated", "pending", "evaluable", "affected"),
        (_FOLLOWED_UP, ("evaluable", ("affected", "unaffected"), "affected")),
        {
            ("affected", "evaluable"): ("rate", "rate_low", "rate_high"),
            ("evaluable", "treated"): ("completeness",),
            ("affected", "treated"): ("rate_best_case",),
            ("affected", "evaluable", "treated"): ("rate_worst_case",),
        },
        ("affected", "unaffected"),
    ),
    "follow_up_completeness": Rule(
        ("treated", "pending", "evaluable"),
        (_FOLLOWED_UP,),
        {("evaluable", "treated"): ("completeness", "completeness_low", "completeness_high")},
    ),
    "follow_up_funnel": Rule(
        ("treated", "pending", "evaluable"),
        (_FOLLOWED_UP,),
        {("evaluable", "treated"): ("completeness", *_FUNNEL, "funnel_998_high", "is_little_followed_up")},
    ),
    "time_to_resolution_summary": Rule(
        ("side_effects", "resolved", "censored"),
        (("side_effects", ("resolved", "censored"), None),),
        {("side_effects",): (*_QUANTILES, "restricted_mean_days")},
    ),
    "maintenance_summary": Rule(
        ("patients", "courses", "completed"),
        (("courses", ("completed", "open"), "completed"),),
        {("patients", "courses"): _QUANTILES, ("patients", "courses", "completed"): ("completed_median_days",)},
    ),
}


@dataclass(frozen=True)
class Curves:
    """Which columns of a curve's frame count its ends, what its summary says of the same (n, and shares by days), and
    the days on which the curve can be told.
    """

    summary: str
    events: str
    shares: tuple[str, ...]
    n: tuple[str, ...]
    by_days: str
    days: tuple[int, ...]
    told_on: tuple[int, ...]


CURVES = {
    "time_to_resolution": Curves(
        "time_to_resolution_summary",
        "resolved",
        ("unresolved", "unresolved_low", "unresolved_high"),
        ("side_effects",),
        "resolved_by",
        RESOLVED_BY,
        (0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 180, 365),
    ),
    "maintenance_intervals": Curves(
        "maintenance_summary",
        "returned",
        ("not_returned", "not_returned_low", "not_returned_high"),
        ("patients", "courses"),
        "returned_by",
        RETURNED_BY,
        (30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 365, 450, 545, 730, 1095),
    ),
}


def curve_of(summary: str) -> str | None:
    """The curve whose summary a measure is, if it is one."""
    return next((name for name, shape in CURVES.items() if shape.summary == summary), None)


def check(name: str, by: Sequence[str]) -> None:
    """Nothing, where a measure can be told by these groups with small numbers suppressed; else Withheld."""
    if name not in RULES and name not in CURVES:
        raise Withheld(f"{name} is withheld while small numbers are suppressed: it has no rule of what to hide")
    if len([column for column in by if column != "effect"]) > 1:
        raise Withheld("Small numbers are suppressed, so figures can be had by one group at a time.")


def suppressed(
    name: str,
    figures: pd.DataFrame,
    total: pd.DataFrame,
    by: Sequence[str],
    k: int,
    patients: tuple[pd.DataFrame, pd.DataFrame] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """The figures with counts from 1 to k - 1, and what would give them away, empty; `is_suppressed` marks the rows.

    `total` is the same measure without groups; `patients` are both counted by patients, where they are not. Counts
    become floats, so that they can be empty.
    """
    rule = RULES[name]
    own = [column for column in by if not (column == "effect" and "effect" in figures and rule.by_effect)]
    answer = _answer(rule, figures, total, own, k, patients)
    answer.protect(k)
    shown = figures.copy()
    groups = _groups(figures, own)
    effects = figures["effect"].astype(str).tolist() if rule.by_effect else [""] * len(figures)
    hidden = {
        count: np.array(
            [
                Cell(count, group, effect if count in rule.by_effect else "") in answer.hidden
                for group, effect in zip(groups, effects, strict=True)
            ],
            dtype=bool,
        )
        for count in rule.counts
    }
    none = np.zeros(len(figures), dtype=bool)
    if name == "follow_up_funnel":
        shown = _funnel(shown, total, own, hidden["treated"] | hidden["evaluable"], level)
    for count in rule.counts:
        shown[count] = shown[count].astype("float64").mask(hidden[count])
    for counts, columns in rule.figures.items():
        is_told = np.logical_or.reduce([none, *(hidden[count] for count in counts)])
        for column in columns:
            if shown[column].dtype == bool:
                shown[column] = shown[column] & ~is_told
            else:
                shown[column] = shown[column].mask(is_told)
    shown[MARK] = np.logical_or.reduce([none, *hidden.values()])
    return shown


def _funnel(
    funnel: pd.DataFrame, total: pd.DataFrame, by: Sequence[str], is_hidden: np.ndarray, level: float
) -> pd.DataFrame:
    """The funnel of the groups that are told: its limits come from all shares, and would tell of a hidden one."""
    told = funnel.loc[~is_hidden, [*by, "treated", "pending", "evaluable"]]
    overall = total[["evaluable", "treated"]].sum()
    counts = told.assign(overall_evaluable=overall["evaluable"], overall_treated=overall["treated"])
    again = follow_up_funnel(counts, tuple(by), level)
    return pd.concat([again, funnel[is_hidden]]).sort_index()


def suppressed_summary(
    name: str, summary: pd.DataFrame, total: pd.DataFrame, curve: pd.DataFrame, by: Sequence[str], k: int
) -> pd.DataFrame:
    """A summary of curves: shares by fixed days stay where the curve is told on that day."""
    shape = next(shape for shape in CURVES.values() if shape.summary == name)
    shown = suppressed(name, summary, total, by, k)
    has_n = shown[list(shape.n)].notna().all(axis=1)
    told, days = _told(curve, shape, by, set(_groups(shown[has_n], by)), k)
    has_curve = pd.Series([group in told for group in _groups(shown, by)], shown.index, bool)
    shown.loc[~has_n, list(RULES[name].counts)] = np.nan
    for day in shape.days:
        columns = [f"{shape.by_days}_{day}{end}" for end in ("", "_low", "_high")]
        is_told = has_curve if day in days else has_curve & False
        shown[columns] = shown[columns].where(is_told)
        shown[MARK] = shown[MARK] | ~is_told
    if not has_n.all() and "logrank_p" in shown:
        shown[["logrank_chi2", "logrank_df", "logrank_p"]] = np.nan
    return shown


def suppressed_curve(name: str, curve: pd.DataFrame, summary: pd.DataFrame, by: Sequence[str], k: int) -> pd.DataFrame:
    """A curve on those days alone between which of no group 1 to k - 1 ended; its rows count the days since the last.

    `summary` is the suppressed one. A group of which nothing can be told has one empty row.
    """
    shape = CURVES[name]
    has_n = summary[list(shape.n)].notna().all(axis=1)
    told, days = _told(curve, shape, by, set(_groups(summary[has_n], by)), k)
    parts = []
    for group, rows in _each(curve, by).items():
        kept = _rows_on(rows, shape, days) if group in told else rows.iloc[:0]
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


def _told(
    curve: pd.DataFrame, shape: Curves, by: Sequence[str], has_n: set[tuple[str, ...]], k: int
) -> tuple[set[tuple[str, ...]], list[int]]:
    """The groups whose curves are told, and on which days: the same for all, so that none is left by subtraction.

    Since the day before, none or at least k of every group had the event, none or at least k were no longer seen, and
    none or at least k are left. The other groups count as one. Small groups leave few such days, so as many of the
    largest groups are told as gives the most rows.
    """
    ends = {group: _ends(rows, shape) for group, rows in _each(curve, by).items()}
    order = sorted((group for group in ends if group in has_n), key=lambda group: (-float(ends[group][1][0]), group))
    # Per group and day: how many had the event up to then, how many were no longer seen, how many are left.
    sums = {group: _sums_by(each, shape.told_on) for group, each in ends.items()}
    best: tuple[set[tuple[str, ...]], list[int]] = set(), []
    for many in sorted({len(order), *range(1, min(len(order), 20) + 1)}, reverse=True):
        told = set(order[:many])
        others = [sums[group] for group in ends if group not in told]
        kinds = [sums[group] for group in order[:many]] + ([np.sum(others, axis=0)] if others else [])
        days = _days_between_many(np.array(kinds), shape.told_on, k) if kinds else []
        if len(told) * len(days) > len(best[0]) * len(best[1]):
            best = told, days
    return best


def _sums_by(ends: tuple[np.ndarray, ...], days: Sequence[int]) -> np.ndarray:
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
    keys = _groups(frame, by)
    places: dict[tuple[str, ...], list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return {key: frame.iloc[own] for key, own in places.items()}


def _groups(frame: pd.DataFrame, by: Sequence[str]) -> list[tuple[str, ...]]:
    """The group of every row; that of the total where there are no groups."""
    if not by:
        return [TOTAL] * len(frame)
    return [("group", *key) for key in frame[list(by)].astype(str).itertuples(index=False, name=None)]


def _answer(
    rule: Rule,
    figures: pd.DataFrame,
    total: pd.DataFrame,
    by: Sequence[str],
    k: int,
    patients: tuple[pd.DataFrame, pd.DataFrame] | None,
) -> Answer:
    """The counts of an answer and of its total, with those hidden that are too small, and those of the total's own."""
    values = _cells(rule, total, ()) | _cells(rule, figures, by)
    by_patients = _cells(rule, patients[1], ()) | _cells(rule, patients[0], by) if patients else {}
    small = {cell for cell, value in values.items() if 0 < value < k or 0 < by_patients.get(cell, 0) < k}
    if "patients" in rule.counts:
        of_few = {group for count, group, _ in small if count == "patients"}
        small |= {cell for cell, value in values.items() if cell.group in of_few and value}
    published = {cell for cell in values if cell.name in rule.counts}
    sums = [made for group in dict.fromkeys(cell.group for cell in values) for made in _sums_of(rule, values, group)]
    together = {
        cell: tuple(cell._replace(name=part) for part in parts)
        for _, parts, instead in rule.sums
        if instead is None
        for cell in values
        if cell.name in parts
    }
    hidden = small & published
    hidden |= {other for cell in hidden for other in together.get(cell, ())}
    if not by:
        return Answer(values, sums, small, hidden, published, together)
    alone = {cell for cell in values if cell.group == TOTAL}
    of_total = Answer(
        {cell: values[cell] for cell in alone},
        [each for each in sums if each.whole.group == TOTAL],
        small & alone,
        hidden & alone,
        published & alone,
        together,
    )
    of_total.protect(k)
    sums += _sums_of_groups(rule, values)
    return Answer(values, sums, small, hidden | of_total.hidden, published, together)


def _cells(rule: Rule, frame: pd.DataFrame, by: Sequence[str]) -> dict[Cell, int]:
    cells: dict[Cell, int] = {}
    effects = frame["effect"].astype(str).tolist() if rule.by_effect else [""] * len(frame)
    for row, group, effect in zip(frame.to_dict("records"), _groups(frame, by), effects, strict=True):
        for whole, parts, _ in rule.sums:
            for part in parts:
                row.setdefault(part, row[whole] - sum(row.get(other, 0) for other in parts if other != part))
        for count in {*rule.counts, *(part for _, parts, _ in rule.sums for part in parts)}:
            cells[Cell(count, group, effect if count in rule.by_effect else "")] = int(row[count])
    return cells


def _sums_of(rule: Rule, values: dict[Cell, int], group: tuple[str, ...]) -> list[Sum]:
    """What adds up within a group: counts to counts, and single effects to any."""
    effects = dict.fromkeys(effect for count, own, effect in values if own == group and count in rule.by_effect)
    sums = []

    def cell(count: str, effect: str) -> Cell:
        return Cell(count, group, effect if count in rule.by_effect else "")

    for whole, parts, instead in rule.sums:
        of_effects = any(part in rule.by_effect for part in parts)
        for effect in effects if of_effects else ("",):
            order = tuple(cell(count, effect) for count in ([instead] if instead else parts))
            sums.append(Sum(cell(whole, effect), tuple(cell(part, effect) for part in parts), order))
    single = [cell("affected", effect) for effect in effects if effect != "any"]
    if single and cell("affected", "any") in values:
        smallest_first = sorted((each for each in single if values[each]), key=values.__getitem__)
        whole_effect = cell("affected", "any")
        sums.append(Sum(whole_effect, tuple(single), (*smallest_first, whole_effect), is_exact=False))
    return sums


def _sums_of_groups(rule: Rule, values: dict[Cell, int]) -> list[Sum]:
    """What of the groups adds up to the total; where units are in several groups, only nearly."""
    instead = {part: other for _, parts, other in rule.sums if other for part in parts if part not in rule.counts}
    parts: dict[Cell, list[Cell]] = {}
    for cell in values:
        if cell.group != TOTAL:
            parts.setdefault(cell._replace(group=TOTAL), []).append(cell)
    sums = []
    for whole, cells in parts.items():
        if whole in values:
            smallest_first = sorted(cells, key=lambda cell: (values[cell] == 0, values[cell]))
            order = tuple(cell._replace(name=instead.get(cell.name, cell.name)) for cell in smallest_first)
            sums.append(Sum(whole, tuple(cells), order, values[whole] == sum(values[cell] for cell in cells)))
    return sums
