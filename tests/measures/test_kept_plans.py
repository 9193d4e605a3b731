"""Kept plans: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import pytest

from dashboard.filters import Filters
from dashboard.statistics.proportions import wilson
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import drawn, on
from tests.measures.agreement import SEEDS, agrees_on_random_cases, only

# Skincare has no touch-ups. Ann, plan of 100 days: back after 85 (early), 86 (on time), 114 (on time), 115 (late);
# her last course, of day 400, has been due since day 514. Bea: the two plans of one day, 100 and 60, are 60; it was
# due on day 74, and she is not back. Cat: no plan. Dot: back after 20 days, but her plan of 300 days cannot be
# judged before day 564. Eve: her plan of 86 days ends on day 514, which is not yet more than 14 days past on day
# 528. As of day 528.
SMALL = drawn(
    treatments="""
        treatment_id | patient_id | treated_on | treatment_type | area  | planned_interval_days
        a1           | ann        | 0          | skincare       | cheek | 100
        a2           | ann        | 85         | skincare       | cheek | 100
        a3           | ann        | 171        | skincare       | cheek | 100
        a4           | ann        | 285        | skincare       | cheek | 100
        a5           | ann        | 400        | skincare       | cheek | 100
        b1           | bea        | 0          | skincare       | cheek | 100
        b2           | bea        | 0          | skincare       | chin  | 60
        c1           | cat        | 0          | skincare       | cheek | .
        d1           | dot        | 250        | skincare       | cheek | 300
        d2           | dot        | 270        | skincare       | cheek | .
        e1           | eve        | 428        | skincare       | cheek | 86
    """,
    follow_ups="""
        treatment_id | followed_up_on
        e1           | 528
    """,
)
COUNTS = ("courses", "without_plan", "not_yet_due", "due", "early", "on_time", "late", "not_returned")


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("kept_plans", seed, *random_snapshot(seed))


def test_by_hand(snapshot_of: SnapshotOf) -> None:
    row = only(snapshot_of(SMALL).measure("kept_plans"))
    assert [row[column] for column in COUNTS] == [10, 2, 2, 6, 1, 2, 1, 2]
    # On time: Ann 2 of 5, Bea 0 of 1: p = 1/3, residuals 1/3 and -1/3, v = 2/1 * 2/9 / 36 = 1/81, p(1-p)/v = 18,
    # which is more than 6.
    assert row["on_time_share"] == pytest.approx(1 / 3)
    assert (row["on_time_share_low"], row["on_time_share_high"]) == pytest.approx(wilson(1 / 3, 6))
    # Not returned: Ann 1 of 5, Bea 1 of 1: p = 1/3, residuals -2/3 and 2/3, v = 2 * 8/9 / 36 = 4/81, n_eff = 4.5.
    assert (row["not_returned_share_low"], row["not_returned_share_high"]) == pytest.approx(wilson(1 / 3, 4.5))


def test_the_fortnight_ends_on_its_last_day(snapshot_of: SnapshotOf) -> None:
    # One day later Eve's plan is due, and she is not back.
    later = drawn("treatment_id | patient_id | treated_on | treatment_type\nz | zoe | 529 | rhinoplasty")
    exports = type(SMALL)([*SMALL.treatments, *later.treatments], follow_ups=SMALL.follow_ups)
    row = only(snapshot_of(exports).measure("kept_plans"), treatment_type="skincare")
    assert [row[column] for column in COUNTS] == [10, 2, 1, 7, 1, 2, 1, 3]


def test_a_filter_selects_courses_by_their_first_session(snapshot_of: SnapshotOf) -> None:
    row = only(snapshot_of(SMALL).measure("kept_plans", Filters(treated_from=on(100), treated_to=on(300)), by=()))
    assert [row[column] for column in COUNTS] == [4, 1, 1, 2, 0, 1, 1, 0]
    # The day's smallest plan counts, whichever of its records is selected.
    chin = only(snapshot_of(SMALL).measure("kept_plans", Filters(area=("cheek",), treated_to=on(0)), by=("area",)))
    assert [chin[column] for column in COUNTS] == [3, 1, 0, 2, 1, 0, 0, 1]


def test_without_any_plan_there_is_nothing_to_keep(snapshot_of: SnapshotOf) -> None:
    exports = drawn(
        treatments="""
            treatment_id | patient_id | treated_on | treatment_type
            t1           | ann        | 0          | skincare
            t2           | ann        | 40         | skincare
        """
    )
    row = only(snapshot_of(exports).measure("kept_plans"))
    assert [row[column] for column in COUNTS] == [2, 2, 0, 0, 0, 0, 0, 0]
    assert row["on_time_share"] is row["on_time_share_low"] is row["on_time_share_high"] is None


def test_surgery_alone_has_no_rows(snapshot_of: SnapshotOf) -> None:
    exports = drawn("treatment_id | patient_id | treated_on | treatment_type\nT1 | A | 0 | rhinoplasty")
    assert snapshot_of(exports).measure("kept_plans").empty
