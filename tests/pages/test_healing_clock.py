"""The healing clock where nothing can be chosen."""

from __future__ import annotations

import pytest

from dashboard.privacy import VARIABLE
from tests.drawing import Exports, on
from tests.pages.opening import Opened, said

EFFECTS = ("redness", "swelling", "bruising", "itching", "pain", "burn")


def of_rare_effects() -> Exports:
    """Twelve patients who are followed up, each of six side effects with two of them."""
    who = [f"P{i}" for i in range(2 * len(EFFECTS))]
    treatments = [
        {"treatment_id": one, "patient_id": one, "treated_on": on(0), "treatment_type": "skincare"} for one in who
    ]
    follow_ups = [{"treatment_id": one, "followed_up_on": on(14)} for one in who]
    side_effects = [
        {"treatment_id": one, "effect": EFFECTS[i // 2], "onset_on": on(0), "resolved_on": on(2)}
        for i, one in enumerate(who)
    ]
    return Exports(treatments=treatments, follow_ups=follow_ups, side_effects=side_effects)


def test_where_each_side_effect_is_too_rare_to_be_told_the_page_says_so(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened("rare", of_rare_effects(), "healing-clock").selectbox(key="clock_effect").value == "Bruising"
    monkeypatch.setenv(VARIABLE, "5")
    app = opened("rare", of_rare_effects(), "healing-clock")
    assert not app.exception
    assert "has too few to be told" in said(app)
