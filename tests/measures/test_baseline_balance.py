"""Baseline balance: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import math
import random

import pytest

from tests import oracle
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import Exports, described, on, random_filters
from tests.measures.agreement import SEEDS, agrees, only


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    exports, store = random_snapshot(seed)
    draw = random.Random(f"baseline_balance {seed}")
    for case in range(3):
        selection = {} if case == 0 else random_filters(seed * 4 + case, exports)
        by = tuple(draw.sample(oracle.RECORD_FILTERS, draw.choice((0, 1, 1, 1, 2))))
        options = {
            "unit": draw.choice(("session", "record", "patient")),
            "window_days": draw.choice((None, None, 90)),
        }
        case_in_words = described(seed, selection, by=by, **options)
        agrees("baseline_balance", exports, store, selection, by, options, case_in_words)


def drawn_groups() -> Exports:
    """Needle, clinic North: 10 women, 10 men, scores 0 or 2. Cannula, clinic South: 8 women of 10, scores 1."""
    treatments, patients = [], []
    for place in range(30):
        is_needle = place < 20
        key = f"{place:02}"
        treatments.append(
            {
                "treatment_id": f"T{key}",
                "patient_id": f"P{key}",
                "treated_on": on(0),
                "treatment_type": "dermal_filler",
                "technique": "needle" if is_needle else "cannula",
                "clinic": "North" if is_needle else "South",
                "baseline_asymmetry": (0.0 if place % 2 else 2.0) if is_needle else 1.0 if place > 20 else None,
            }
        )
        patients.append({"patient_id": f"P{key}", "sex": "female" if place < 10 or place >= 22 else "male"})
    follow_ups = [{"treatment_id": row["treatment_id"], "followed_up_on": on(9)} for row in treatments]
    return Exports(treatments, patients, follow_ups, [])


def test_shares_means_and_standardised_differences_by_hand(snapshot_of: SnapshotOf) -> None:
    balance = snapshot_of(drawn_groups()).measure("baseline_balance", by=("technique",))
    women = only(balance, technique="cannula", attribute="sex", level="female")
    assert (women["reference"], women["evaluable"], women["patients"], women["units"]) == ("needle", 10, 10, 8)
    assert women["share"] == 0.8
    expected = 0.3 / math.sqrt((0.8 * 0.2 + 0.5 * 0.5) / 2)
    assert (women["standardised_difference"], women["is_different"]) == (pytest.approx(expected), True)
    score = only(balance, technique="needle", attribute="baseline_asymmetry")
    assert (score["units"], score["mean"], score["sd"]) == (20, 1.0, pytest.approx(math.sqrt(20 / 19)))
    assert score["standardised_difference"] is None
    other = only(balance, technique="cannula", attribute="baseline_asymmetry")
    assert (other["units"], other["mean"], other["standardised_difference"]) == (9, 1.0, 0.0)
    apart = only(balance, technique="cannula", attribute="clinic", level="South")
    assert (apart["standardised_difference"], apart["is_different"]) == (None, True)
    same = only(balance, technique="cannula", attribute="smoker", level="")
    assert (same["share"], same["standardised_difference"], same["is_different"]) == (1.0, 0.0, False)
    assert "technique" not in set(balance["attribute"])
