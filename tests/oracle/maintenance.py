"""How soon patients return for the next course, and whether as planned."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.oracle.curves import WeightedObservation, ended_by, quantiles, weighted_curve
from tests.oracle.rates import rate_and_limits
from tests.oracle.records import Row, Selection, as_of, cohort, treatment_records

if TYPE_CHECKING:
    from tests.drawing import Exports


CATALOGUE = Path(__file__).parent.parent.parent / "data" / "treatment_types.csv"

RETURNED_BY = (90, 120, 180, 270, 365)

ON_TIME_WITHIN = 14
PLAN_OUTCOMES = ("early", "on_time", "late", "not_returned")


def expected_intervals() -> dict[str, tuple[int, int]]:
    """The shortest and the longest interval that the catalogue expects, in days, of the types that have one."""
    with CATALOGUE.open(encoding="utf-8", newline="") as lines:
        return {
            row["code"]: (int(row["expected_interval_low_days"]), int(row["expected_interval_high_days"]))
            for row in csv.DictReader(lines)
            if row["expected_interval_low_days"] and row["expected_interval_high_days"]
        }


def catalogue() -> dict[str, tuple[bool, int]]:
    """Whether a treatment type is maintained, and its touch-up window in days."""
    with CATALOGUE.open(encoding="utf-8", newline="") as lines:
        return {
            row["code"]: (row["is_maintained"] == "true", int(row["touch_up_window_days"]))
            for row in csv.DictReader(lines)
        }


def maintenance_courses(exports: Exports) -> list[Row]:
    """Every course of a maintained type, with the days to the next course or the data cut-off."""
    known = catalogue()
    cut_off = as_of(exports)
    sessions: dict[tuple[str, str], set[date]] = {}
    for row in exports.treatments:
        sessions.setdefault((row["patient_id"], row["treatment_type"]), set()).add(row["treated_on"])
    courses = []
    for (patient_id, treatment_type), days in sorted(sessions.items()):
        is_maintained, touch_up_window = known.get(treatment_type, (True, 0))
        if not is_maintained:
            continue
        starts: list[date] = []
        previous: date | None = None
        for day in sorted(days):
            if previous is None or (day - previous).days > touch_up_window:
                starts.append(day)
            previous = day
        for i, start in enumerate(starts):
            is_completed = i + 1 < len(starts)
            end = starts[i + 1] if is_completed else cut_off
            courses.append(
                {
                    "patient_id": patient_id,
                    "treatment_type": treatment_type,
                    "started_on": start,
                    "days": (end - start).days,
                    "is_completed": is_completed,
                    "planned_days": planned_days(exports, patient_id, treatment_type, start),
                    "days_observed": (cut_off - start).days,
                    "position": str(i + 1) if i < 5 else "6+",
                }
            )
    return courses


def planned_days(exports: Exports, patient_id: str, treatment_type: str, day: date) -> int | None:
    """The smallest interval that the records of a type plan in a session; None where none does."""
    plans = [
        row["planned_interval_days"]
        for row in exports.treatments
        if (row["patient_id"], row["treatment_type"], row["treated_on"]) == (patient_id, treatment_type, day)
        and row.get("planned_interval_days") is not None
    ]
    return min(plans, default=None)


def selected_courses(exports: Exports, selection: Selection, by: Sequence[str]) -> dict[tuple[str, ...], list[Row]]:
    """The courses whose first session has a record of their type in the cohort, by its groups."""
    chosen = cohort(treatment_records(exports), selection)
    groups: dict[tuple[str, ...], list[Row]] = {}
    for course in maintenance_courses(exports):
        its_groups = set()
        for record in chosen:
            if (
                record["patient_id"] == course["patient_id"]
                and record["treated_on"] == course["started_on"]
                and record["attributes"]["treatment_type"] == course["treatment_type"]
            ):
                its_groups.add(
                    tuple(course["position"] if name == "position" else record["attributes"][name] for name in by)
                )
        for group in its_groups:
            groups.setdefault(group, []).append(course)
    return groups


def wang_chang_observations(courses: Sequence[Row]) -> list[WeightedObservation]:
    """The courses of a group that weigh something, with their weights (Wang and Chang 1999)."""
    completed: dict[tuple[str, str], int] = {}
    for course in courses:
        key = (course["patient_id"], course["treatment_type"])
        completed[key] = completed.get(key, 0) + course["is_completed"]
    observations = []
    for course in courses:
        k = completed[(course["patient_id"], course["treatment_type"])]
        if course["is_completed"]:
            observations.append((course["days"], True, Fraction(1, k), course["patient_id"]))
        elif k == 0:
            observations.append((course["days"], False, Fraction(1), course["patient_id"]))
    return observations


def maintenance_intervals(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    level: float = 0.95,
) -> list[Row]:
    """The share of patients who have not returned per group and day."""
    rows = []
    for group, courses in sorted(selected_courses(exports, selection, by).items()):
        for row in weighted_curve(wang_chang_observations(courses), level):
            rows.append(
                {
                    **dict(zip(by, group, strict=True)),
                    "day": row["day"],
                    "at_risk": row["at_risk"],
                    "returned": row["ended"],
                    "not_returned": row["share"],
                    "not_returned_low": row["low"],
                    "not_returned_high": row["high"],
                }
            )
    return rows


def maintenance_summary(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    level: float = 0.95,
) -> list[Row]:
    """Counts, quantiles and shares returned by fixed days."""
    rows = []
    for group, courses in sorted(selected_courses(exports, selection, by).items()):
        curve = weighted_curve(wang_chang_observations(courses), level)
        shares, limits = ended_by(curve, "returned_by", RETURNED_BY)
        completed = [course["days"] for course in courses if course["is_completed"]]
        rows.append(
            {
                **dict(zip(by, group, strict=True)),
                "patients": len({course["patient_id"] for course in courses}),
                "courses": len(courses),
                "completed": len(completed),
                **quantiles(curve),
                **shares,
                "completed_median_days": median(completed) if completed else None,
                **limits,
            }
        )
    return rows


def plan_outcome(course: Row) -> str:
    """How a course kept its plan; only where the plan and the tolerance have passed can it be told."""
    planned = course["planned_days"]
    if planned is None:
        return "without_plan"
    if course["days_observed"] <= planned + ON_TIME_WITHIN:
        return "not_yet_due"
    if not course["is_completed"]:
        return "not_returned"
    if abs(course["days"] - planned) <= ON_TIME_WITHIN:
        return "on_time"
    return "early" if course["days"] < planned else "late"


def kept_plans(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    level: float = 0.95,
) -> list[Row]:
    """How many of the courses whose plan was due came early, on time, late or not, with clustered limits."""
    rows = []
    for group, courses in sorted(selected_courses(exports, selection, by).items()):
        outcomes = [(course["patient_id"], plan_outcome(course)) for course in courses]
        due = [outcome for outcome in outcomes if outcome[1] in PLAN_OUTCOMES]
        row: Row = {
            **dict(zip(by, group, strict=True)),
            "courses": len(courses),
            "without_plan": sum(outcome == "without_plan" for _, outcome in outcomes),
            "not_yet_due": sum(outcome == "not_yet_due" for _, outcome in outcomes),
            "due": len(due),
        }
        for name in PLAN_OUTCOMES:
            row[name] = sum(outcome == name for _, outcome in due)
        for name in PLAN_OUTCOMES:
            counts: dict[str, tuple[int, int]] = {}
            for patient, outcome in due:
                some, of = counts.get(patient, (0, 0))
                counts[patient] = (some + (outcome == name), of + 1)
            shares = rate_and_limits(counts, "course", level)
            row |= dict(zip((f"{name}_share", f"{name}_share_low", f"{name}_share_high"), shares, strict=True))
        rows.append(row)
    return rows
