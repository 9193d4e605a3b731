"""The page Side effects: who was little followed up."""

from __future__ import annotations

from dashboard.ui.wording import plain
from tests.measures.test_follow_up_funnel import ONE_APART
from tests.pages.opening import MANY, Opened, said


def test_who_was_little_followed_up_is_named_and_others_are_not_called_safe(opened: Opened) -> None:
    app = opened("many", MANY, "side-effects", rates_by="clinic")
    assert plain("Nobody is below the lower 99.8 % limit.") in said(app)
    assert "safe" not in said(app)
    apart = opened("apart", ONE_APART, "side-effects", rates_by="clinic")
    assert said(apart).count(plain("Little followed up: Z, 5 of 40; so a low rate there says little.")) == 5
    assert plain("if none, or all") in plain(str(apart.get("plotly_chart")[0].proto.spec))
