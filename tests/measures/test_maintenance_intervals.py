"""The return curve: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import math

import pytest

from dashboard.filters import Filters
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import drawn, on
from tests.measures.agreement import SEEDS, agrees_on_random_cases, column_of

# Neuromodulator, touch-ups within 28 days. Ann: courses on days 0, 100 (touch-ups on days 28 and 56: each
# within 28 days of the session before) and 400: intervals 100 and 300, then open. Bea: courses on days 0 and
# 200, then open. Cat: one course on day 250, open. Dot: surgery, which is not maintained. As of day 500.
SMALL = drawn(
    treatments="""
        treatment_id | patient_id | treated_on | treatment_type | area
        t1           | ann        | 0          | neuromodulator | glabella
        t2           | ann        | 28         | neuromodulator | glabella
        t3           | ann        | 56         | neuromodulator | lips
        t4           | ann        | 100        | neuromodulator | glabella
        t5           | ann        | 100        | neuromodulator | lips
        t6           | ann        | 400        | neuromodulator | glabella
        t7           | bea        | 0          | neuromodulator | glabella
        t8           | bea        | 200        | neuromodulator | glabella
        t9           | cat        | 250        | neuromodulator | glabella
        u1           | dot        | 0          | rhinoplasty    | nose
        u2           | dot        | 90         | rhinoplasty    | nose
    """,
    follow_ups="""
        treatment_id | followed_up_on
        u2           | 500
    """,
)


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("maintenance_intervals", seed, *random_snapshot(seed))


def test_curve_by_hand(snapshot_of: SnapshotOf) -> None:
    # Ann 100 and 300 (1/2 each), Bea 200 (1), Cat open after 250 (1); Ann's and Bea's open ones are left out.
    # Day 100: 3 at risk, 1/2 returns: 5/6. Day 200: 2.5, 1: 5/6 * 3/5 = 1/2. Day 300: 1/2 of 1/2: 0.
    curve = snapshot_of(SMALL).measure("maintenance_intervals")
    assert set(column_of(curve, "treatment_type")) == {"neuromodulator"}
    assert column_of(curve, "day") == [0, 100, 200, 250, 300]
    assert column_of(curve, "at_risk") == pytest.approx([3, 3, 2.5, 1.5, 0.5])
    assert column_of(curve, "returned") == pytest.approx([0, 0.5, 1, 0, 0.5])
    assert column_of(curve, "not_returned") == pytest.approx([1, 5 / 6, 1 / 2, 1 / 2, 0])
    # Day 200, influences on log S, summed per patient with weights: Ann 0, Bea -1/3, Cat 1/3 (worked in
    # test_oracle_known_answers.py): the deviation of log S is sqrt(2/9).
    half = 1.959963984540054 * math.sqrt(2 / 9) / math.log(2)
    low, high = (math.exp(-math.exp(math.log(math.log(2)) + sign * half)) for sign in (1, -1))
    assert column_of(curve, "not_returned_low")[2:] == pytest.approx([low, low, 0], abs=1e-12)
    assert column_of(curve, "not_returned_high")[2:] == pytest.approx([high, high, high], abs=1e-12)


def test_intervals_are_derived_before_any_filter(snapshot_of: SnapshotOf) -> None:
    # The period holds Ann's course of day 100, which ends on day 400, beyond the period; nothing else starts
    # in it.
    curve = snapshot_of(SMALL).measure("maintenance_intervals", Filters(treated_from=on(90), treated_to=on(110)), by=())
    assert column_of(curve, "day") == [0, 300]
    assert column_of(curve, "not_returned") == pytest.approx([1, 0])


def test_a_group_selects_intervals_by_their_first_session(snapshot_of: SnapshotOf) -> None:
    # Lips: the touch-up of day 56 starts nothing; the course of day 100 has a record of the lips, once.
    curve = snapshot_of(SMALL).measure("maintenance_intervals", by=("area",))
    lips = curve[curve["area"] == "lips"]
    assert column_of(lips, "day") == [0, 300]
    assert column_of(lips, "at_risk") == pytest.approx([1, 1])


def test_positions(snapshot_of: SnapshotOf) -> None:
    # First intervals: Ann 100, Bea 200, Cat open after 250. Second: Ann 300, Bea open after 300. Third: Ann,
    # 100.
    curve = snapshot_of(SMALL).measure("maintenance_intervals", by=("position",))
    days = {place: column_of(rows, "day") for place, rows in curve.groupby("position")}
    assert days == {"1": [0, 100, 200, 250], "2": [0, 300], "3": [0, 100]}


def test_surgery_alone_has_no_rows(snapshot_of: SnapshotOf) -> None:
    filters = Filters(treatment_type=("rhinoplasty",))
    assert snapshot_of(SMALL).measure("maintenance_intervals", filters).empty
