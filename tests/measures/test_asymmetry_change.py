"""Asymmetry before and after: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import pytest

from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import drawn
from tests.measures.agreement import agrees_on_random_cases, column_of, only
from tests.measures.test_results import SMALL


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_the_naive_implementation(seed: int, results_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("asymmetry_change", seed, *results_snapshot(seed))


def test_pairs_are_rounded_to_half_a_point_and_the_mean_is_not(snapshot_of: SnapshotOf) -> None:
    # Ann 3.3 to 2.3, Bea 1 to 1.5: drawn at 3.5 and 2.5, and at 1 and 1.5; the mean is that of -1 and 0.5.
    pairs = snapshot_of(SMALL).measure("asymmetry_change")
    assert column_of(pairs, "before") == [1, 3.5]
    assert column_of(pairs, "after") == [1.5, 2.5]
    assert column_of(pairs, "records") == [1, 1]
    assert set(column_of(pairs, "change")) == {-0.25}
    mean = only(snapshot_of(SMALL).measure("results"), outcome="asymmetry_change")
    assert set(column_of(pairs, "change_low")) == {mean["value_low"]}


def test_without_scores_there_is_no_row(snapshot_of: SnapshotOf) -> None:
    exports = drawn("treatment_id | patient_id | treated_on | treatment_type\nT1 | A | 0 | skincare")
    assert snapshot_of(exports).measure("asymmetry_change").empty
