"""The return summary: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import pytest

from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import drawn
from tests.measures.agreement import SEEDS, agrees_on_random_cases, only
from tests.measures.test_maintenance_intervals import SMALL


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("maintenance_summary", seed, *random_snapshot(seed))


def test_summary_by_hand(snapshot_of: SnapshotOf) -> None:
    # The curve of test_maintenance_intervals.py: 5/6 from day 100, 1/2 from day 200, 0 from day 300.
    # Six courses (Ann 3, Bea 2, Cat 1), three completed: 100, 200, 300.
    row = only(snapshot_of(SMALL).measure("maintenance_summary"))
    assert (row["patients"], row["courses"], row["completed"]) == (3, 6, 3)
    assert (row["q1_days"], row["median_days"], row["q3_days"]) == (200, 200, 300)
    assert row["completed_median_days"] == 200
    shares = [row[f"returned_by_{day}"] for day in (90, 120, 180, 270, 365)]
    assert shares == pytest.approx([0, 1 / 6, 1 / 6, 1 / 2, 1])


def test_nobody_returned_is_not_reached(snapshot_of: SnapshotOf) -> None:
    # One patient, one course, seen again 100 days later for something else: by day 90 nobody has returned,
    # and nothing is known of day 120.
    exports = drawn(
        treatments="""
            treatment_id | patient_id | treated_on | treatment_type
            t1           | ann        | 0          | dermal_filler
            t2           | ann        | 100        | rhinoplasty
        """
    )
    row = only(snapshot_of(exports).measure("maintenance_summary"))
    assert (row["patients"], row["courses"], row["completed"]) == (1, 1, 0)
    assert (row["returned_by_90"], row["returned_by_90_low"], row["returned_by_90_high"]) == (0, None, None)
    assert (row["returned_by_120"], row["median_days"], row["completed_median_days"]) == (None, None, None)


def test_one_patient_has_no_limits_and_two_have(snapshot_of: SnapshotOf) -> None:
    # Ann after 50, 100 and 150 days: a curve of one patient, without limits. With Bea, after 80 days, there are some.
    sessions = "\n".join(
        f"a{day} | ann | {day} | skincare | {product}" for day, product in zip((0, 50, 150, 300), "AAAA", strict=True)
    )
    exports = drawn(
        treatments=f"""
            treatment_id | patient_id | treated_on | treatment_type | product
            {sessions}
            b0           | bea        | 0          | skincare       | B
            b1           | bea        | 80         | skincare       | B
        """
    )
    store = snapshot_of(exports)
    ann = only(store.measure("maintenance_summary", by=("product",)), product="A")
    assert (ann["patients"], ann["median_days"], ann["returned_by_120"]) == (1, 100, pytest.approx(2 / 3))
    assert (ann["median_low"], ann["median_high"], ann["returned_by_120_low"]) == (None, None, None)
    curve = store.measure("maintenance_intervals", by=("product",))
    assert curve[["not_returned_low", "not_returned_high"]].isna().all(axis=None)
    both = only(store.measure("maintenance_summary"))
    assert 0 < both["returned_by_90_low"] < both["returned_by_90"] < both["returned_by_90_high"] < 1


def test_a_type_the_catalogue_does_not_know_is_maintained_without_touch_ups(snapshot_of: SnapshotOf) -> None:
    # Two sessions on following days are two courses; the interval is 1 day.
    exports = drawn(
        treatments="""
            treatment_id | patient_id | treated_on | treatment_type
            t1           | ann        | 0          | threads
            t2           | ann        | 1          | threads
        """
    )
    row = only(snapshot_of(exports).measure("maintenance_summary"))
    assert (row["treatment_type"], row["courses"], row["completed"], row["median_days"]) == (
        "threads",
        2,
        1,
        1,
    )


def test_patients_who_come_often_do_not_count_more(snapshot_of: SnapshotOf) -> None:
    # Ann returns nine times after 50 days, Bea once after 200, Cat once after 300: the pooled median of
    # completed intervals is 50, of patients 200 (1/3 returned by day 50, 2/3 by day 200).
    sessions = "\n".join(f"a{i} | ann | {50 * i} | skincare" for i in range(10))
    exports = drawn(
        treatments=f"""
            treatment_id | patient_id | treated_on | treatment_type
            {sessions}
            b0           | bea        | 0          | skincare
            b1           | bea        | 200        | skincare
            c0           | cat        | 0          | skincare
            c1           | cat        | 300        | skincare
        """
    )
    row = only(snapshot_of(exports).measure("maintenance_summary"))
    assert (row["median_days"], row["completed_median_days"]) == (200, 50)
