"""What is remembered of a page is what it would show now, whatever was chosen before."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui import cache
from dashboard.ui.address import PANEL
from tests.pages.opening import MANY, Opened, said


def shown(app: AppTest) -> tuple[list[str], str]:
    """The charts of a page, and everything that it says."""
    assert not app.exception
    return [chart.proto.spec for chart in app.get("plotly_chart")], said(app)


def choose(app: AppTest, key: str) -> bool:
    """Chooses something else of a choice or a switch of the page, where there is one; whether there was."""
    widgets = {each.key: each for each in (*app.main.selectbox, *app.main.button_group, *app.main.toggle)}
    if key not in widgets:
        return False  # gone by what was chosen before
    widget = widgets[key]
    if widget.type == "toggle":
        widget.set_value(not widget.value).run()
        return True
    others = [name for name in widget.options if name != widget.value]
    if others:
        widget.set_value(others[-1]).run()
    return bool(others)


@pytest.mark.parametrize(
    "page",
    [
        "overview",
        "side-effects",
        "time-to-resolution",
        "maintenance",
        "results",
        "compare",
        "face-map",
        "healing-clock",
        "watch",
    ],
)
def test_a_page_shows_what_was_asked_for_last(page: str, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "AT_ONCE", 60)  # limits are there when the page is
    app = opened("many", MANY, page)
    assert not app.exception
    choices = [each.key for each in (*app.main.selectbox, *app.main.button_group, *app.main.toggle)]
    asked = [key for key in choices if key and not key.startswith(PANEL)]
    views = [shown(app)]
    for key in asked:
        if not choose(app, key):
            continue
        views.append(shown(app))
        with monkeypatch.context() as patched:
            patched.setattr(cache, "made_of", lambda store, what, make: make())
            assert views[-1] == shown(app.run()), f"after {key}"
    assert page == "overview" or len({str(view) for view in views}) > len(asked) / 2


def test_colours_are_those_of_the_theme(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    schemes = []
    for scheme in ("light", "dark", "light"):
        monkeypatch.setattr("dashboard.ui.cache.theme", lambda scheme=scheme: scheme)
        schemes.append(shown(opened("many", MANY, "maintenance"))[0])
    assert schemes[0] == schemes[2]
    assert all(light != dark for light, dark in zip(*schemes[:2], strict=True))
