"""The overview's report: made only when it is asked for, of what is selected."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import MANY, Opened


def files(app: AppTest) -> list[str]:
    return [button.proto.label for button in app.get("download_button")]


def test_the_report_is_made_when_it_is_asked_for(opened: Opened) -> None:
    app = opened("many", MANY, "overview")
    assert not files(app)
    app.text_input(key="report_practice").input("Praxis *am* Park").run()
    app.selectbox(key="report_compare").select("Technique").run()
    app.button(key="report_make").click().run()
    assert not app.exception
    assert not app.error
    assert files(app) == ["HTML", "PDF"]
    of, report = app.session_state["report"]
    assert (report.practice, of[2]) == ("Praxis *am* Park", "Praxis *am* Park")
    assert "Comparison by technique" in [section.heading for section in report.sections]
    app.text_input(key="report_practice").input("Another").run()
    assert not files(app), "what is offered is of what is chosen"


def test_with_small_numbers_suppressed_there_is_no_comparison(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_SUPPRESS_BELOW", "5")
    app = opened("suppressed", MANY, "overview")
    assert app.selectbox(key="report_compare").options == ["Nothing"]
    app.button(key="report_make").click().run()
    _, report = app.session_state["report"]
    assert dict(report.facts)["Small numbers"].startswith("Counts below 5")
    assert files(app) == ["HTML", "PDF"]
