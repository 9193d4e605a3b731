"""The funnel of follow-up: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import pytest

from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import Exports, on
from tests.measures.agreement import SEEDS, agrees_on_random_cases, column_of, only


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("follow_up_funnel", seed, *random_snapshot(seed))


def clinics(counts: dict[str, tuple[int, int]]) -> Exports:
    """Clinics with so many of so many patients followed up, one session each."""
    treatments, follow_ups = [], []
    for clinic, (followed_up, treated) in counts.items():
        for i in range(treated):
            key = f"{clinic}-{i}"
            treatments.append(
                {
                    "treatment_id": key,
                    "patient_id": key,
                    "treated_on": on(0),
                    "treatment_type": "skincare",
                    "clinic": clinic,
                }
            )
            if i < followed_up:
                follow_ups.append({"treatment_id": key, "followed_up_on": on(14)})
    return Exports(treatments, [], follow_ups, [])


# The nine others are at 30 of 40; Z at 5 of 40. Overall 275 of 400 = .6875, standard error sqrt(.6875 * .3125 / 40).
ONE_APART = clinics({**dict.fromkeys("ABCDEFGHI", (30, 40)), "Z": (5, 40)})


def test_one_that_is_little_followed_up_is_found(snapshot_of: SnapshotOf) -> None:
    funnel = snapshot_of(ONE_APART).measure("follow_up_funnel", by=("clinic",))
    assert column_of(funnel, "overall_completeness") == [0.6875] * 10
    error = (0.6875 * 0.3125 / 40) ** 0.5
    # z: nine times .0625 / error, once -.5625 / error, which is drawn in to the 10th percentile: nine tenths of the
    # way from it to the others: (.9 * .0625 - .1 * .5625) / error = 0.
    phi = 9 * (0.0625 / error) ** 2 / 10
    assert column_of(funnel, "overdispersion") == pytest.approx([phi] * 10)
    assert phi < 0.9
    assert column_of(funnel, "between_groups_sd") == [0] * 10
    assert column_of(funnel, "is_little_followed_up") == [False] * 9 + [True]


def test_over_dispersion_widens_the_limits(snapshot_of: SnapshotOf) -> None:
    # Three at 10 of 40, three at 30 of 40: overall 1/2, z = +-.25 / error = +-3.1623, phi = 10.
    exports = clinics({**dict.fromkeys("ABC", (10, 40)), **dict.fromkeys("DEF", (30, 40))})
    row = only(snapshot_of(exports).measure("follow_up_funnel", by=("clinic",)), clinic="A")
    assert row["overdispersion"] == pytest.approx(10)
    # tau^2 = (60 - 5) / (6 w - w) with w = 40 / .25 = 160.
    assert row["between_groups_sd"] ** 2 == pytest.approx(55 / 800)
    half = 1.959963984540054 * (0.25 / 40 + 55 / 800) ** 0.5
    assert (row["funnel_95_low"], row["funnel_95_high"]) == (pytest.approx(max(0, 0.5 - half)), pytest.approx(1))
    assert row["is_little_followed_up"] is False


def test_a_single_group_keeps_to_its_own_limits(snapshot_of: SnapshotOf) -> None:
    row = only(snapshot_of(ONE_APART).measure("follow_up_funnel", by=()))
    assert row["completeness"] == row["overall_completeness"]
    assert row["funnel_998_low"] < row["funnel_95_low"] < 0.6875 < row["funnel_95_high"] < row["funnel_998_high"]
    assert (row["between_groups_sd"], row["is_little_followed_up"]) == (0, False)


def test_groups_too_recent_to_count_have_no_share(snapshot_of: SnapshotOf) -> None:
    funnel = snapshot_of(ONE_APART).measure("follow_up_funnel", by=("clinic",), window_days=30)
    assert column_of(funnel, "pending") == [40] * 10
    assert column_of(funnel, "completeness") == column_of(funnel, "overall_completeness") == [None] * 10
    assert column_of(funnel, "is_little_followed_up") == [False] * 10
