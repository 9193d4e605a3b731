"""How soon patients return for the next course, and whether as planned."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.measures.curves import (
    QUANTILES,
    curve_frame,
    labelled,
    names_of_shares,
    quantiles_of,
    shares_by,
    stacked,
)
from dashboard.measures.frames import Groups, each_group, typed, wilson_limits
from dashboard.statistics.survival import Curve, Integers, median_of_counts, wang_chang

RETURNED_BY = (90, 120, 180, 270, 365)

PLAN_OUTCOMES = ("early", "on_time", "late", "not_returned")

MOST_GAPS = 8
"""Where numbers reach beyond so many times as many as there are, they are numbered anew."""


@dataclass(frozen=True)
class ReturnCurve:
    """The curve of one group, and the courses that it came from."""

    curve: Curve
    patients: int
    courses: int
    completed: int
    completed_median_days: float


ReturnCurves = dict[tuple[Hashable, ...], ReturnCurve]


def return_curves(records: pd.DataFrame, by: Groups, level: float) -> ReturnCurves:
    """The curve of the share not yet returned for the next course, by group; `records` are those of the courses.

    A course counts once in each group that a record of it is in.
    """
    curves: ReturnCurves = {}
    for group, rows in each_group(records, by):
        is_first = ~rows["course_no"].duplicated().to_numpy()
        series, patient, day, is_returned = (
            rows[column].to_numpy()[is_first] for column in ("series_no", "patient_no", "day", "is_returned")
        )
        series, patient = _without_gaps(series), _without_gaps(patient)
        in_series = np.bincount(series[is_returned], minlength=series.max() + 1)[series]
        completed = np.bincount(day[is_returned])
        curves[group] = ReturnCurve(
            wang_chang(day, is_returned, in_series, patient, level),
            int(np.count_nonzero(np.bincount(patient))),
            len(day),
            int(completed.sum()),
            median_of_counts(completed),
        )
    return curves


def _without_gaps(numbers: Integers) -> Integers:
    """Numbers that tell the same apart, in the same order, and are few enough to be counted one by one.

    Those of a snapshot have few gaps; those of several sources on an engine lie far apart.
    """
    if numbers.max() < MOST_GAPS * len(numbers):
        return numbers
    return np.unique(numbers, return_inverse=True)[1]


def maintenance_intervals(curves: ReturnCurves, by: Groups) -> pd.DataFrame:
    """The share not yet returned for the next course, one row per group and day; counts are weighted."""
    parts = []
    for group, drawn in curves.items():
        part = curve_frame(drawn.curve, ("at_risk", "returned", None), "not_returned")
        parts.append(labelled(part, by, group))
    columns = ("day", "at_risk", "returned", "not_returned", "not_returned_low", "not_returned_high")
    return typed(stacked(parts, by, columns), by, ("day",))


def maintenance_summary(curves: ReturnCurves, by: Groups) -> pd.DataFrame:
    """Median, quartiles and shares returned, one row per group."""
    summaries: list[dict[str, object]] = []
    for group, drawn in curves.items():
        shares, limits = shares_by(drawn.curve, RETURNED_BY, "returned")
        summaries.append(
            {
                **dict(zip(by, group, strict=True)),
                "patients": drawn.patients,
                "courses": drawn.courses,
                "completed": drawn.completed,
                **quantiles_of(drawn.curve),
                **shares,
                "completed_median_days": drawn.completed_median_days,
                **limits,
            }
        )
    share_names, limit_names = names_of_shares(RETURNED_BY, "returned")
    columns = ["patients", "courses", "completed", *QUANTILES, *share_names, "completed_median_days", *limit_names]
    return typed(pd.DataFrame(summaries, columns=[*by, *columns]), by, ("patients", "courses", "completed"))


def kept_plans(counts: pd.DataFrame, by: Groups, level: float) -> pd.DataFrame:
    """How many of the courses whose plan was due came early, on time, late or not yet, one row per group."""
    plans = counts[[*by, "courses", "without_plan", "not_yet_due", "due", *PLAN_OUTCOMES]].copy()
    for outcome in PLAN_OUTCOMES:
        limits = wilson_limits(counts, outcome, "due", f"{outcome}_squared", f"{outcome}_due", "due_squared", level)
        plans[f"{outcome}_share"] = plans[outcome] / plans["due"].where(plans["due"] > 0)
        plans[f"{outcome}_share_low"] = [low for low, _ in limits]
        plans[f"{outcome}_share_high"] = [high for _, high in limits]
    return plans
