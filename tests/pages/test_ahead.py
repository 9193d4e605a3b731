"""What a page asks for is asked ahead of it, with the filters that are chosen now, and never instead of it."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.filters import Filters

ASKED: list[tuple[str, Filters, str]] = []
"""What was asked ahead: the measure, the filters, and the thread."""
AHEAD = threading.Event()


def page() -> None:
    """A page that asks for three measures, the second of one technique only; its address says which, and of what."""
    from dataclasses import replace

    import streamlit as st

    from dashboard.filters import Filters
    from dashboard.ui import ahead
    from tests.pages.test_ahead import remembered

    chosen = Filters(product=(st.query_params["product"],))
    ahead.begin(st.query_params["page"], chosen, remembered)
    for measure, filters in (
        ("baseline_balance", chosen),
        ("comparison", replace(chosen, technique=("needle",))),
        ("side_effect_rates", chosen),
    ):
        ahead.note(measure, filters, ("technique",), (("unit", "session"),))


def remembered(name: str, filters: Filters, by: tuple[str, ...], options: tuple[tuple[str, object], ...]) -> None:
    assert (by, options) == (("technique",), (("unit", "session"),))
    if filters.product == ("refused",):
        raise ValueError("the page says so")
    ASKED.append((name, filters, threading.current_thread().name))
    if name == "side_effect_rates":
        AHEAD.set()


@pytest.fixture
def app() -> AppTest:
    """The page, of product A."""
    ASKED.clear()
    AHEAD.clear()
    return shown(AppTest.from_function(page), "A")


def shown(app: AppTest, product: str, page: str = "compare") -> AppTest:
    """Another run of the page, or of another one."""
    app.query_params["product"], app.query_params["page"] = product, page
    app.run()
    assert not app.exception
    return app


def test_other_filters_are_asked_ahead_of_the_page(app: AppTest) -> None:
    assert not ASKED
    shown(app, "B")
    assert AHEAD.wait(10)
    now = Filters(product=("B",))
    expected = [("comparison", replace(now, technique=("needle",))), ("side_effect_rates", now)]
    assert [(name, filters) for name, filters, _ in ASKED] == expected
    assert threading.main_thread().name not in {thread for *_, thread in ASKED}


def test_the_same_filters_are_remembered_anyway(app: AppTest) -> None:
    shown(app, "A")
    shown(app, "B", "watch")  # which nobody has seen yet
    assert not AHEAD.wait(0.2)
    assert not ASKED


def test_what_cannot_be_asked_is_left_to_the_page(app: AppTest) -> None:
    shown(app, "refused")
    shown(app, "B")
    assert AHEAD.wait(10)
    assert len(ASKED) == 2
