"""Distributions of scores: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import pytest

from dashboard.statistics.proportions import wilson
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import drawn
from tests.measures.agreement import agrees_on_random_cases, column_of, only
from tests.measures.test_results import SMALL


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_the_naive_implementation(seed: int, results_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("result_distribution", seed, *results_snapshot(seed))


def test_every_score_has_a_row_and_they_add_up(snapshot_of: SnapshotOf) -> None:
    distribution = snapshot_of(SMALL).measure("result_distribution", by=())
    # GAIS: Ann's cheek 4, the worse of two on the last day, her lips 4, Bea's chin 3. Satisfaction: Ann 3, Bea 5.
    scored = {scale: column_of(rows, "occurred") for scale, rows in distribution.groupby("scale")}
    assert scored == {"gais": [0, 0, 1, 2, 0], "satisfaction": [0, 0, 1, 0, 1]}
    four = only(distribution, scale="gais", score=4)
    # Ann 2 of 2, Bea 0 of 1: p = 2/3, residuals 2/3 and -2/3, n_eff = (2/9) / (2 * 8/9 / 9) = 1.125.
    assert (four["recorded"], four["patients"], four["value"]) == (3, 2, pytest.approx(2 / 3))
    assert (four["value_low"], four["value_high"]) == pytest.approx(wilson(2 / 3, 1.125))


def test_without_a_score_nobody_has_one(snapshot_of: SnapshotOf) -> None:
    exports = drawn("treatment_id | patient_id | treated_on | treatment_type\nT1 | A | 0 | skincare")
    distribution = snapshot_of(exports).measure("result_distribution")
    assert column_of(distribution, "recorded") == column_of(distribution, "occurred") == [0] * 10
    assert column_of(distribution, "value") == [None] * 10
