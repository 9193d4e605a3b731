"""Follow-up completeness: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import math

import pytest

from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import drawn
from tests.measures.agreement import SEEDS, agrees_on_random_cases, only

# Ann's two sessions: one followed up, one not; Bea's session: a side effect is a contact too; Cat's: nothing.
SMALL = drawn(
    treatments="""
        treatment_id | patient_id | treated_on | treatment_type | practitioner
        t1           | ann        | 0          | skincare       | P1
        t2           | ann        | 0          | skincare       | P2
        t3           | ann        | 100        | skincare       | P1
        t4           | bea        | 10         | skincare       | P1
        t5           | cat        | 10         | skincare       | P1
    """,
    follow_ups="""
        treatment_id | patient_id | followed_up_on
        .            | ann        | 14
    """,
    side_effects="""
        treatment_id | effect  | onset_on
        t4           | redness | 10
    """,
)


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("follow_up_completeness", seed, *random_snapshot(seed))


def test_completeness_by_hand(snapshot_of: SnapshotOf) -> None:
    # Sessions: Ann 1 of 2, Bea 1 of 1, Cat 0 of 1: p = 2/4; residuals 0, .5, -.5: v = 3/2 * .5 / 16 =
    # .046875; n_eff = min(4, .25 / .046875 = 5.33) = 4: never narrower than units of different patients.
    row = only(snapshot_of(SMALL).measure("follow_up_completeness"))
    assert (row["treated"], row["pending"], row["evaluable"], row["completeness"]) == (4, 0, 2, 0.5)
    half = 1.959963984540054 / math.sqrt(4 + 1.959963984540054**2) / 2  # Wilson of 1/2: z / (2 sqrt(n + z^2))
    assert (row["completeness_low"], row["completeness_high"]) == pytest.approx((0.5 - half, 0.5 + half))


def test_a_contact_of_the_patient_is_one_of_every_record_of_the_session(snapshot_of: SnapshotOf) -> None:
    completeness = snapshot_of(SMALL).measure("follow_up_completeness", by=("practitioner",), unit="record")
    first, second = only(completeness, practitioner="P1"), only(completeness, practitioner="P2")
    assert (first["treated"], first["evaluable"]) == (4, 2)  # t1 and t4
    assert (second["treated"], second["evaluable"]) == (1, 1)


def test_units_not_yet_elapsed_are_pending(snapshot_of: SnapshotOf) -> None:
    # As of day 100 a window of 90 days has elapsed for sessions up to day 10.
    store = snapshot_of(SMALL)
    row = only(store.measure("follow_up_completeness", window_days=90))
    assert (row["treated"], row["pending"], row["evaluable"]) == (3, 1, 2)
    patients = only(store.measure("follow_up_completeness", window_days=90, unit="patient"))
    assert (patients["treated"], patients["pending"], patients["evaluable"]) == (3, 0, 2)
