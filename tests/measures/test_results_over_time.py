"""Results over time: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import pytest

from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import drawn
from tests.measures.agreement import agrees_on_random_cases, only


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_the_naive_implementation(seed: int, results_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("results_over_time", seed, *results_snapshot(seed))


def test_every_contact_counts_in_its_band(snapshot_of: SnapshotOf) -> None:
    exports = drawn(
        treatments="""
            treatment_id | patient_id | treated_on | treatment_type | baseline_asymmetry
            t1           | ann        | 0          | skincare       | 4
            t2           | bea        | 0          | skincare       | .
        """,
        follow_ups="""
            treatment_id | followed_up_on | asymmetry | gais | aftercare_followed
            t1           | 6              | 0         | 1    | true
            t1           | 7              | 3         | 1    | true
            t1           | 14             | 2         | 4    | .
            t2           | 14             | 2         | 2    | false
            t1           | 15             | 4         | 5    | .
            t2           | 365            | .         | 3    | .
            t2           | 366            | .         | 1    | .
        """,
    )
    over_time = snapshot_of(exports).measure("results_over_time", by=())
    early = only(over_time, first_day=7, outcome="asymmetry_change")
    assert (early["last_day"], early["recorded"], early["patients"], early["value"]) == (14, 2, 1, -1.5)
    assert early["value_low"] is None
    gais = {first: only(over_time, first_day=first, outcome="gais_improved") for first in (7, 15, 31, 181)}
    assert [(row["recorded"], row["occurred"]) for row in gais.values()] == [(3, 2), (1, 0), (0, 0), (1, 1)]
    assert gais[31]["value"] is None
    followed = only(over_time, first_day=7, outcome="aftercare_followed")
    assert (followed["recorded"], followed["occurred"]) == (2, 1)
