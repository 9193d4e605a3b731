"""What a patient is told: the store against the oracle on random exports, and a small case worked by hand."""

from __future__ import annotations

import pytest

from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import drawn
from tests.measures.agreement import SEEDS, agrees_on_random_cases, column_of

SMALL = drawn(
    treatments="""
        treatment_id | patient_id | treated_on | treatment_type
        t1           | ann        | 0          | neuromodulator
        t2           | ann        | 100        | neuromodulator
        t3           | bea        | 0          | neuromodulator
        t4           | cat        | 0          | neuromodulator
        t5           | dot        | 200        | skincare
    """,
    side_effects="""
        treatment_id | effect   | onset_on | resolved_on | last_present_on
        t1           | bruising | 2        | 4           | .
        t2           | bruising | 100      | 107         | .
        t3           | bruising | 1        | 15          | .
        t4           | bruising | 0        | .           | 20
    """,
)


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("healing_clock", seed, *random_snapshot(seed))


def test_by_hand(snapshot_of: SnapshotOf) -> None:
    # Gone on days 2, 7 and 14 of four; the fourth was last seen with it on day 20, so day 30 is not known.
    clock = snapshot_of(SMALL).measure("healing_clock", by=())
    assert column_of(clock, "day") == [1, 3, 7, 14, 30, 90]
    assert column_of(clock, "resolved") == [0, 0.25, 0.5, 0.75, None, None]
    assert set(column_of(clock, "patients")) == {3}
    assert set(column_of(clock, "side_effects")) == {4}
