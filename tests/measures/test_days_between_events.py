"""Days between rare events: against the oracle on random exports, and a planted cluster."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import Exports, Row, on
from tests.measures.agreement import SEEDS, agrees, agrees_on_random_cases, column_of


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("days_between_events", seed, *random_snapshot(seed))


def on_days(days: Sequence[int], every: int = 10) -> Exports:
    """A session every so many days, followed up, and further ones on these days with a side effect."""
    treatments: list[Row] = []
    follow_ups: list[Row] = []
    side_effects: list[Row] = []
    for kind, places in (("fine", range(0, max(days) + every, every)), ("affected", days)):
        for number, day in enumerate(places):
            key = f"{kind}-{number}"
            treatments.append(
                {"treatment_id": key, "patient_id": key, "treated_on": on(day), "treatment_type": "skincare"}
            )
            follow_ups.append({"treatment_id": key, "followed_up_on": on(day + 1)})
            if kind == "affected":
                side_effects.append({"treatment_id": key, "effect": "occlusion", "onset_on": on(day)})
    return Exports(treatments, [], follow_ups, side_effects)


GAPS = (20, 95, 48, 130, 33, 70, 110, 15, 88, 60, 140, 25, 77, 90, 42, 101, 66, 0, 0, 0)


def test_a_cluster_is_found(snapshot_of: SnapshotOf) -> None:
    gaps = snapshot_of(on_days([0, *itertools.accumulate(GAPS)])).measure("days_between_events", by=())
    own = gaps[gaps["effect"] == "occlusion"]
    assert column_of(own, "event") == list(range(1, len(GAPS) + 2))
    assert column_of(own, "days") == [None, *GAPS]
    assert column_of(own, "treated_on")[:2] == [on(0), on(20)]
    assert column_of(own, "signal") == [""] * (len(GAPS) - 2) + ["below limit"] * 3
    assert len(gaps) == 2 * len(own)  # any, too


def test_signals_agree_with_the_naive_implementation(snapshot_of: SnapshotOf) -> None:
    exports = on_days([0, *itertools.accumulate(GAPS)])
    store = snapshot_of(exports)
    agrees("days_between_events", exports, store, {}, ())
    assert {"below limit", ""} == set(store.measure("days_between_events", by=())["signal"])


def test_what_is_not_rare_is_not_here(snapshot_of: SnapshotOf) -> None:
    frequent = on_days(range(0, 700, 20))
    assert snapshot_of(frequent).measure("days_between_events", by=()).empty


def test_one_event_has_no_days_between(snapshot_of: SnapshotOf) -> None:
    gaps = snapshot_of(on_days([100])).measure("days_between_events", by=())
    assert column_of(gaps, "days") == column_of(gaps, "centre_days") == [None, None]
    assert column_of(gaps, "is_signal") == [False, False]
