"""Results: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import dataclasses
import random

import pytest

from dashboard.filters import Filters
from dashboard.statistics.proportions import wilson
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import drawn, random_exports, with_random_results
from tests.measures.agreement import SEEDS, agrees_on_random_cases, only

# Ann's cheek: 3.3 before; on day 14 a 1.0, on day 60 two scores, 2.3 and 2.0, of which 2.3 counts: exactly one point
# lower. Her lips: the last GAIS within 180 days is a 4, the better one of day 181 is not counted. Bea's chin: worse by
# half a point on day 7, and day 6 does not count. Cat: a follow-up without any result. Dot: nobody saw her.
SMALL = drawn(
    treatments="""
        treatment_id | patient_id | treated_on | treatment_type | area  | baseline_asymmetry
        a1           | ann        | 0          | dermal_filler  | cheek | 3.3
        a2           | ann        | 0          | dermal_filler  | lips  | .
        b1           | bea        | 0          | dermal_filler  | chin  | 1
        c1           | cat        | 0          | dermal_filler  | chin  | 2
        d1           | dot        | 0          | dermal_filler  | chin  | 2
    """,
    follow_ups="""
        treatment_id | followed_up_on | asymmetry | gais | satisfaction | goal_met | overcorrected | adjusted | aftercare_followed
        a1           | 14             | 1.0       | 1    | 5            | true     | true          | .        | .
        a1           | 60             | 2.3       | 2    | 4            | true     | false         | false    | .
        a1           | 60             | 2.0       | 4    | 3            | false    | .             | .        | .
        a2           | 180            | 9.0       | 4    | .            | .        | .             | true     | true
        a2           | 181            | 1.0       | 1    | 5            | true     | true          | false    | .
        b1           | 6              | 0.0       | 1    | 1            | false    | true          | true     | false
        b1           | 7              | 1.5       | 3    | 5            | true     | false         | .        | .
        c1           | 30             | .         | .    | .            | .        | .             | .        | .
    """,  # noqa: E501
)


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("results", seed, *random_snapshot(seed))


@pytest.mark.parametrize("seed", range(5))
def test_agrees_where_results_are_many(seed: int, results_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("results", seed, *results_snapshot(seed))


@pytest.mark.parametrize(
    ("outcome", "recorded", "occurred"),
    [
        ("asymmetry_improved", 2, 1),
        ("asymmetry_worse", 2, 1),
        ("gais_improved", 3, 1),
        ("satisfied", 2, 1),
        ("goal_met", 2, 1),
        ("overcorrected", 2, 1),
        ("adjusted", 2, 1),
        ("aftercare_followed", 2, 1),
    ],
)
def test_shares_by_hand(outcome: str, recorded: int, occurred: int, snapshot_of: SnapshotOf) -> None:
    row = only(snapshot_of(SMALL).measure("results"), outcome=outcome)
    assert (row["treated"], row["recorded"], row["occurred"]) == (5, recorded, occurred)
    assert row["value"] == pytest.approx(occurred / recorded)


def test_limits_by_hand(snapshot_of: SnapshotOf) -> None:
    # GAIS: Ann 0 of 2, Bea 1 of 1: p = 1/3, residuals -2/3 and 2/3, v = 2 * 8/9 / 9 = 16/81, n_eff = 2/9 / v = 1.125.
    row = only(snapshot_of(SMALL).measure("results"), outcome="gais_improved")
    assert (row["value_low"], row["value_high"]) == pytest.approx(wilson(1 / 3, 1.125))
    # Changes of -1 and +0.5: mean -0.25, residuals -+0.75, v = 2 * 1.125 / 4 = 0.5625, t of one degree 12.7062.
    row = only(snapshot_of(SMALL).measure("results"), outcome="asymmetry_change")
    assert (row["recorded"], row["patients"], row["occurred"], row["value"]) == (2, 2, None, -0.25)
    assert (row["value_low"], row["value_high"]) == pytest.approx(
        (-0.25 - 0.75 * 12.706204736, -0.25 + 0.75 * 12.706204736)
    )


def test_one_patient_has_a_mean_and_no_limits(snapshot_of: SnapshotOf) -> None:
    row = only(snapshot_of(SMALL).measure("results", Filters(area=("cheek",)), by=()), outcome="asymmetry_change")
    assert (row["value"], row["value_low"], row["value_high"]) == (-1, None, None)


def test_where_nothing_was_recorded_there_is_nothing_but_the_treated(snapshot_of: SnapshotOf) -> None:
    exports = drawn("treatment_id | patient_id | treated_on | treatment_type\nT1 | A | 0 | skincare")
    row = only(snapshot_of(exports).measure("results"), outcome="gais_improved")
    assert (row["treated"], row["recorded"], row["occurred"]) == (1, 0, 0)
    assert row["value"] is row["value_low"] is row["value_high"] is None


def test_the_order_of_the_rows_changes_nothing(snapshot_of: SnapshotOf) -> None:
    exports = with_random_results(random_exports(3, 20), 3)
    shuffled = list(exports.follow_ups)
    random.Random(1).shuffle(shuffled)
    one, other = (
        snapshot_of(each).measure("results", by=("area",))
        for each in (exports, dataclasses.replace(exports, follow_ups=shuffled))
    )
    assert one.equals(other)
