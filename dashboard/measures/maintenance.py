"""How soon patients return for the next course, and whether as planned."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
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
from dashboard.measures.frames import Groups, places_of_each_group, typed
from dashboard.statistics.proportions import effective_units, wilson
from dashboard.statistics.survival import Curve, Integers, median_of_counts, wang_chang

RETURNED_BY = (90, 120, 180, 270, 365)

NOT_DUE = ("without plan", "not yet due")
DUE = ("early", "on time", "late", "not returned")

MOST_GAPS = 8
"""Where numbers reach beyond so many times as many as there are, they are numbered anew."""


@dataclass(frozen=True)
class Courses:
    """The courses of one group: how many, the curve of when patients returned, and how plans were kept.

    `outcomes` are how many courses there are of each of NOT_DUE and DUE, `limits` those of the shares of DUE.
    """

    patients: int
    courses: int
    completed: int
    completed_median_days: float
    curve: Curve
    outcomes: Mapping[str, int]
    limits: Mapping[str, tuple[float, float]]


CoursesByGroup = dict[tuple[Hashable, ...], Courses]


def courses_by_group(records: pd.DataFrame, by: Groups, level: float) -> CoursesByGroup:
    """What became of the courses of each group, from the outcomes of records (queries/observations/course_outcomes).

    A course counts once in each group that a record of it is in.
    """
    found: CoursesByGroup = {}
    numbers, *others = (
        records[column].to_numpy()
        for column in ("course_no", "series_no", "patient_no", "interval_days", "is_returned")
    )
    outcomes = pd.Categorical(records["plan_outcome"], categories=[*NOT_DUE, *DUE]).codes
    for group, rows in places_of_each_group(records, by):
        of_courses = rows[~pd.Series(numbers.take(rows)).duplicated().to_numpy()]
        series, patient, day, is_returned = (column.take(of_courses) for column in others)
        series, patient = _without_gaps(series), _without_gaps(patient)
        in_series = np.bincount(series[is_returned], minlength=series.max() + 1)[series]
        completed = np.bincount(day[is_returned])
        outcome = outcomes.take(of_courses)
        found[group] = Courses(
            int(np.count_nonzero(np.bincount(patient))),
            len(day),
            int(completed.sum()),
            median_of_counts(completed),
            wang_chang(day, is_returned, in_series, patient, level),
            dict(zip((*NOT_DUE, *DUE), np.bincount(outcome, minlength=len(NOT_DUE + DUE)).tolist(), strict=True)),
            _limits(outcome, patient, level),
        )
    return found


def _limits(outcome: npt.NDArray[np.int8], patient: Integers, level: float) -> dict[str, tuple[float, float]]:
    """The limits of the share of each of DUE among the courses that were due, of which a patient may have several."""
    is_due = outcome >= len(NOT_DUE)
    slots = int(patient.max()) + 1
    cell = (outcome[is_due].astype(np.int64) - len(NOT_DUE)) * slots + patient[is_due]
    of_patients = np.bincount(cell, minlength=len(DUE) * slots).reshape(len(DUE), slots)
    due_of_patients = of_patients.sum(axis=0)
    due, due_squared = int(due_of_patients.sum()), int(due_of_patients @ due_of_patients)
    patients = int(np.count_nonzero(due_of_patients))
    limits = {}
    for name, its in zip(DUE, of_patients, strict=True):
        some = int(its.sum())
        units = effective_units(some, due, patients, int(its @ its), int(its @ due_of_patients), due_squared)
        limits[name] = wilson(some / due, units, level) if due else (np.nan, np.nan)
    return limits


def _without_gaps(numbers: Integers) -> Integers:
    """Numbers that tell the same apart, in the same order, and are few enough to be counted one by one.

    Those of a snapshot have few gaps; those of several sources on an engine lie far apart.
    """
    if numbers.max() < MOST_GAPS * len(numbers):
        return numbers
    return np.unique(numbers, return_inverse=True)[1]


def maintenance_intervals(courses: CoursesByGroup, by: Groups) -> pd.DataFrame:
    """The share not yet returned for the next course, one row per group and day; counts are weighted."""
    parts = []
    for group, its in courses.items():
        part = curve_frame(its.curve, ("at_risk", "returned", None), "not_returned")
        parts.append(labelled(part, by, group))
    columns = ("day", "at_risk", "returned", "not_returned", "not_returned_low", "not_returned_high")
    return typed(stacked(parts, by, columns), by, ("day",))


def maintenance_summary(courses: CoursesByGroup, by: Groups) -> pd.DataFrame:
    """Median, quartiles and shares returned, one row per group."""
    summaries: list[dict[str, object]] = []
    for group, its in courses.items():
        shares, limits = shares_by(its.curve, RETURNED_BY, "returned")
        summaries.append(
            {
                **dict(zip(by, group, strict=True)),
                "patients": its.patients,
                "courses": its.courses,
                "completed": its.completed,
                **quantiles_of(its.curve),
                **shares,
                "completed_median_days": its.completed_median_days,
                **limits,
            }
        )
    share_names, limit_names = names_of_shares(RETURNED_BY, "returned")
    columns = ["patients", "courses", "completed", *QUANTILES, *share_names, "completed_median_days", *limit_names]
    return typed(pd.DataFrame(summaries, columns=[*by, *columns]), by, ("patients", "courses", "completed"))


def kept_plans(courses: CoursesByGroup, by: Groups) -> pd.DataFrame:
    """How many of the courses whose plan was due came early, on time, late or not yet, one row per group."""
    plans: list[dict[str, object]] = []
    for group, its in courses.items():
        due = sum(its.outcomes[outcome] for outcome in DUE)
        counted = {outcome.replace(" ", "_"): count for outcome, count in its.outcomes.items()}
        row = dict(zip(by, group, strict=True)) | {"courses": its.courses, "due": due} | counted
        for outcome in DUE:
            share = f"{outcome.replace(' ', '_')}_share"
            row[share] = its.outcomes[outcome] / due if due else np.nan
            row[f"{share}_low"], row[f"{share}_high"] = its.limits[outcome]
        plans.append(row)
    not_due, named = ([outcome.replace(" ", "_") for outcome in outcomes] for outcomes in (NOT_DUE, DUE))
    counts = ["courses", *not_due, "due", *named]
    shares = [f"{outcome}_share{end}" for outcome in named for end in ("", "_low", "_high")]
    return typed(pd.DataFrame(plans, columns=[*by, *counts, *shares]), by, counts)
