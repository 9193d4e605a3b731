"""When each patient usually returns, and who is due."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.oracle.maintenance import expected_intervals, maintenance_courses
from tests.oracle.records import Row, Selection, as_of, cohort, treatment_records

if TYPE_CHECKING:
    from tests.drawing import Exports


def variance_components(groups: Sequence[Sequence[Fraction]]) -> tuple[Fraction, Fraction]:
    """The variances within and between groups of unequal size, by the analysis of variance (method of moments).

    The one between is 0 where the mean squares say that it is not positive, to within a billionth.
    """
    n = sum(len(group) for group in groups)
    k = len(groups)
    grand_mean = sum((value for group in groups for value in group), Fraction(0)) / n
    means = [sum(group, Fraction(0)) / len(group) for group in groups]
    within = sum(
        ((value - mean) ** 2 for group, mean in zip(groups, means, strict=True) for value in group), Fraction(0)
    ) / (n - k)
    between = sum(
        (len(group) * (mean - grand_mean) ** 2 for group, mean in zip(groups, means, strict=True)), Fraction(0)
    ) / (k - 1)
    n0 = (n - Fraction(sum(len(group) ** 2 for group in groups), n)) / (k - 1)
    is_positive = between > within * (1 + Fraction(1, 10**9))
    return within, (between - within) / n0 if is_positive else Fraction(0)


def personal_intervals(exports: Exports) -> dict[tuple[str, str], Row]:
    """The usual interval of every patient and maintained type, when the next course is due, and what that rests on."""
    series: dict[tuple[str, str], list[Row]] = {}
    for course in maintenance_courses(exports):
        series.setdefault((course["patient_id"], course["treatment_type"]), []).append(course)
    logs = {
        key: [Fraction(math.log(course["days"])) for course in courses if course["is_completed"]]
        for key, courses in series.items()
    }
    personal = {}
    for (patient_id, treatment_type), courses in series.items():
        own = logs[patient_id, treatment_type]
        of_type = [each for (_, its_type), each in logs.items() if its_type == treatment_type and each]
        between = Fraction(0)
        if sum(len(each) >= 2 for each in of_type) >= 2:
            within, between = variance_components(of_type)
        interval: float | None
        if own and between > 0:
            weight = between / (between + within / len(own))
            own_mean, type_mean = sum(own, Fraction(0)) / len(own), mean_of_means(of_type)
            interval, basis = math.exp(weight * own_mean + (1 - weight) * type_mean), "own intervals"
        elif of_type:
            interval, basis = math.exp(mean_of_means(of_type)), "mean of the type"
        elif treatment_type in expected_intervals():
            interval, basis = sum(expected_intervals()[treatment_type]) / 2, "catalogue"
        else:
            interval, basis = None, "none"
        last = max(course["started_on"] for course in courses)
        personal[patient_id, treatment_type] = {
            "last_course_on": last,
            "completed": len(own),
            "personal_interval_days": interval,
            "due_on": None if interval is None else last + timedelta(days=math.floor(interval + 0.5)),
            "basis": basis,
        }
    return personal


def mean_of_means(groups: Sequence[Sequence[Fraction]]) -> Fraction:
    """The mean of the groups' means: every group counts once."""
    return sum((sum(group, Fraction(0)) / len(group) for group in groups), Fraction(0)) / len(groups)


def recall_list(exports: Exports, selection: Selection, horizon_days: int = 30) -> list[Row]:
    """Who is due within the horizon or overdue, with the reason in words, in the order of the list."""
    cut_off = as_of(exports)
    chosen = cohort(treatment_records(exports), selection)
    rows = []
    for (patient_id, treatment_type), personal in personal_intervals(exports).items():
        starting = [
            record
            for record in chosen
            if record["patient_id"] == patient_id
            and record["treated_on"] == personal["last_course_on"]
            and record["attributes"]["treatment_type"] == treatment_type
        ]
        if not starting or personal["due_on"] is None:
            continue
        overdue = (cut_off - personal["due_on"]).days
        if overdue < -horizon_days:
            continue
        usual = (personal["due_on"] - personal["last_course_on"]).days
        is_long = overdue > 730 or overdue > 2 * usual
        first = min(starting, key=lambda record: str(record["treatment_id"]))["attributes"]
        rows.append(
            {
                "patient_id": patient_id,
                "treatment_type": treatment_type,
                "last_course_on": personal["last_course_on"],
                "completed": personal["completed"],
                "personal_interval_days": personal["personal_interval_days"],
                "due_on": personal["due_on"],
                "overdue_days": overdue,
                "status": "long overdue" if is_long else "overdue" if overdue > 0 else "due",
                "practitioner": first["practitioner"] or None,
                "clinic": first["clinic"] or None,
                "basis": personal["basis"],
                "reason": recall_reason(personal, usual, (cut_off - personal["last_course_on"]).days),
            }
        )
    return sorted(
        rows,
        key=lambda row: (
            row["status"] == "long overdue",
            abs(row["overdue_days"]),
            row["patient_id"],
            row["treatment_type"],
        ),
    )


def recall_reason(personal: Row, usual: int, ago: int) -> str:
    """Why a patient is on the recall list."""
    every = "1 day" if usual == 1 else f"{usual} days"
    since = {0: "today", 1: "1 day ago"}.get(ago, f"{ago} days ago")
    if personal["basis"] == "own intervals":
        return f"usually every {every}, last {since}"
    if personal["basis"] == "catalogue":
        return f"last visit {since}; the catalogue expects a return after {every}"
    which = "last" if personal["completed"] else "first"
    return f"{which} visit {since}; patients who return usually do after {every}"
