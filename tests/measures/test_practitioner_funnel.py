"""The funnel of rates: against the oracle on random exports, and cases worked by hand."""

from __future__ import annotations

import pytest
from scipy import stats

from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import Exports, Row, on
from tests.measures.agreement import SEEDS, agrees, agrees_on_random_cases, column_of, only


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("practitioner_funnel", seed, *random_snapshot(seed))


def practitioners(counts: dict[str, tuple[int, int, int]]) -> Exports:
    """Of each, so many affected of so many followed up of so many treated, one patient each."""
    treatments: list[Row] = []
    follow_ups: list[Row] = []
    side_effects: list[Row] = []
    for who, (affected, evaluable, treated) in counts.items():
        for i in range(treated):
            key = f"{who}-{i}"
            treatments.append(
                {
                    "treatment_id": key,
                    "patient_id": key,
                    "treated_on": on(0),
                    "treatment_type": "skincare",
                    "practitioner": who,
                }
            )
            if i < evaluable:
                follow_ups.append({"treatment_id": key, "followed_up_on": on(14)})
            if i < affected:
                side_effects.append({"treatment_id": key, "effect": "bruising", "onset_on": on(1)})
    return Exports(treatments, [], follow_ups, side_effects)


APART = practitioners({**dict.fromkeys("ABCDEFGHI", (10, 100, 120)), "Y": (30, 100, 100), "N": (0, 0, 15)})


def test_one_apart_and_one_without_follow_ups_are_signals(snapshot_of: SnapshotOf) -> None:
    funnel = snapshot_of(APART).measure("practitioner_funnel", by=("practitioner",))
    assert set(column_of(funnel, "overall_rate")) == {0.12}
    high = only(funnel, practitioner="Y", effect="bruising")
    assert (high["signal"], high["rate"]) == ("above limit", 0.3)
    assert high["between_groups_sd"] == 0
    # Beyond the limit exactly where the exact binomial tail says so.
    first_beyond = next(x for x in range(100) if stats.binom.sf(x - 1, 100, 0.12) < 0.001)
    assert first_beyond - 1 <= 100 * high["funnel_998_high"] < first_beyond
    assert only(funnel, practitioner="N", effect="any")["signal"] == "no follow-ups"
    unseen = only(funnel, practitioner="N", effect="bruising")
    assert (unseen["signal"], unseen["rate"], unseen["funnel_998_low"]) == ("", None, None)
    assert only(funnel, practitioner="A", effect="any")["is_signal"] is False


def test_signals_agree_with_the_naive_implementation(snapshot_of: SnapshotOf) -> None:
    agrees("practitioner_funnel", APART, snapshot_of(APART), {}, ("practitioner",))
    spread = practitioners({f"S{i}": (5 + 4 * (i % 5), 60, 60) for i in range(10)} | {"Z": (0, 90, 90)})
    agrees("practitioner_funnel", spread, snapshot_of(spread), {}, ("practitioner",))
    funnel = snapshot_of(spread).measure("practitioner_funnel", by=("practitioner",))
    assert column_of(funnel, "between_groups_sd")[0] > 0.01


def test_nobody_is_apart_from_alone(snapshot_of: SnapshotOf) -> None:
    funnel = snapshot_of(practitioners({"A": (3, 10, 10)})).measure("practitioner_funnel", by=("practitioner",))
    assert column_of(funnel, "rate") == column_of(funnel, "overall_rate") == [0.3, 0.3]
    assert not funnel["is_signal"].any()
