"""The page Watch: what crossed a limit, what changed in the practice, and who stays unnamed."""

from __future__ import annotations

import json
from datetime import date

from dashboard.ui.wording import plain
from tests.measures.test_lot_signals import PLANTED as PLANTED_LOT
from tests.measures.test_practitioner_funnel import APART
from tests.measures.test_rates_over_time import PLANTED as PLANTED_MONTH
from tests.measures.test_rates_over_time import by_month
from tests.pages.opening import Opened, said


def test_what_crossed_a_limit_is_named_first(opened: Opened) -> None:
    month = said(opened("planted-month", PLANTED_MONTH, "watch", watch_window="Any time"))
    assert plain("Bruising in Feb\u00a02025 was above its upper limit: 30 of 100, expected 2 to 20.") in month
    assert month.index("was above its upper limit") < month.index("What changed in the practice")
    who = said(opened("apart-rate", APART, "watch", watch_window="Any time"))
    assert plain("Y: bruising above the upper 99.8 % limit, 30 of 100 followed up, expected 3 to 23.") in who
    assert plain("N: no follow-up is recorded at all, of 15 sessions.") in who
    app = opened("planted-lot", PLANTED_LOT, "watch", watch_window="Any time")
    lot = plain("Lot bad of P: nodule 9 of 20 followed up, in the other lots 6 of 44 (adjusted p 0.035).")
    assert lot in said(app)
    assert sorted(app.dataframe[-1].value["patient_id"]) == sorted(f"P-bad-{i}" for i in range(20))


def test_where_nothing_crossed_a_limit_that_is_said(opened: Opened) -> None:
    app = opened("in-control", by_month([(10, 100), (11, 100)] * 7), "watch", watch_window="Any time")
    assert "Nothing crossed a limit." in app.success[0].value
    assert plain("over 14 complete months") in said(app)
    short = opened("short", by_month([(10, 100)] * 3), "watch", watch_window="Any time")
    assert plain("Months give no signals before there are 12.") in said(short)


def test_a_practice_event_is_noted_shown_and_removed(opened: Opened) -> None:
    app = opened("noted", by_month([(10, 100), (11, 100)] * 7), "watch")
    app.date_input(key="watch_event_day").set_value(date(2024, 6, 3))
    app.text_input(key="watch_event_what").set_value("New *product*")
    next(button for button in app.button if button.label == "Add").click().run()
    assert f"**A** 3 June 2024: {plain('New *product*')}" in said(app)
    drawn_over = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]
    assert [line["x0"] for line in drawn_over["shapes"]] == ["2024-06-03"]
    assert "<b>A</b>" in [note["text"] for note in drawn_over["annotations"]]
    next(button for button in app.button if button.label == "Remove").click().run()
    assert "Nothing is noted yet" in said(app)
    assert not app.error


def test_peers_are_nobody_where_one_is_named(opened: Opened) -> None:
    app = opened("apart-rate", APART, "watch", watch_window="Any time", watch_you="A")
    charts = [chart.proto.spec for chart in app.get("plotly_chart") if "A colleague" in chart.proto.spec]
    assert len(charts) == 1
    hover = json.loads(charts[0])["data"][-1]["hovertext"]
    assert sorted(text.split("<br>")[0] for text in hover) == ["<b>A colleague</b>"] * 9 + ["<b>A</b>"]
    assert "And 2 other practitioners with a signal" in said(app).replace("\\", "")
    assert plain("Y: bruising") not in said(app)
