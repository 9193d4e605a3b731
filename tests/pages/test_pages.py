"""Every page opens: with everything, with one record, with nothing, and with links that ask for what is not there."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from plotly.graph_objects import Figure
from streamlit.testing.v1 import AppTest

import data
from dashboard.pages import PAGES
from dashboard.ui.sidebar import months_before
from dashboard.ui.wording import plain
from tests.conftest import import_once
from tests.drawing import Exports, drawn, on, random_exports, with_random_results, write_exports
from tests.measures.test_comparison import severe_get_b
from tests.measures.test_follow_up_funnel import ONE_APART
from tests.measures.test_lot_signals import PLANTED as PLANTED_LOT
from tests.measures.test_practitioner_funnel import APART
from tests.measures.test_rates_over_time import PLANTED as PLANTED_MONTH
from tests.measures.test_rates_over_time import by_month

ONE = drawn("treatment_id | patient_id | treated_on | treatment_type\nT1 | A | 0 | neuromodulator")
TWO = drawn("treatment_id | patient_id | treated_on | treatment_type\nT2 | B | 5 | skincare")
EVIL = "![x](http://evil.example/x.png)"
HOSTILE = drawn(
    f"""treatment_id | patient_id | treated_on | treatment_type | product | clinic
    T1 | A | 0 | <b>new</b> | {EVIL} | {EVIL}
    T2 | B | 1 | <b>new</b> | {EVIL} | {EVIL}""",
    follow_ups="follow_up_id | treatment_id | followed_up_on\nF1 | T1 | 9",
    side_effects=f"side_effect_id | treatment_id | effect | onset_on | resolved_on\nS1 | T1 | {EVIL} | 0 | 4",
)


def front_door(place: int) -> None:
    """The app with another page as its first: AppTest cannot follow a link to a page that is no file."""
    from dashboard.pages import PAGES
    from dashboard.ui.navigation import front_door

    front_door({"": (PAGES[place], *PAGES[:place], *PAGES[place + 1 :])})


Opened = Callable[..., AppTest]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture
def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    def open_page(name: str, exports: Exports, page: str, **query: str) -> AppTest:
        import_once(exports, folder / name)
        monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(folder / name / "outcomes.json"))
        place = [module.URL_PATH for module in PAGES].index(page)
        app = AppTest.from_function(front_door, default_timeout=30, kwargs={"place": place})
        for parameter, value in query.items():
            app.query_params[parameter] = value
        return app.run()

    return open_page


MANY = random_exports(1)
PAGE_NAMES = [module.URL_PATH for module in PAGES]


def said(app: AppTest) -> str:
    """Everything that the page says in words."""
    kinds = (app.title, app.markdown, app.caption, app.info, app.error, app.warning, app.header, app.subheader)
    return "\n".join(f"{getattr(element, 'title', '') or ''} {element.value}" for kind in kinds for element in kind)


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_with_everything(opened: Opened, page: str) -> None:
    app = opened("many", MANY, page)
    assert not app.exception
    assert not app.error
    assert app.title[0].value == PAGES[PAGE_NAMES.index(page)].TITLE
    charts = app.get("plotly_chart")
    assert page in ("records", "what-changed", "patients") or charts
    for chart in charts:
        Figure(json.loads(chart.proto.spec))  # raises where Plotly does not know a property or a value


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_with_one_record(opened: Opened, page: str) -> None:
    app = opened("one", ONE, page)
    assert not app.exception
    assert not app.error
    assert "1 of 1 treatment records" in said(app).replace("**", "")


@pytest.mark.parametrize("page", [name for name in PAGE_NAMES if name != "patients"])
def test_with_nothing_selected(opened: Opened, page: str) -> None:
    app = opened("many", MANY, page, treated_from="2090-01-01")
    assert not app.exception
    assert not app.error
    assert "reset" in said(app)
    assert not app.get("plotly_chart")


PLANNED = drawn(
    """treatment_id | patient_id | treated_on | treatment_type | planned_interval_days
    T1 | A | 0   | skincare | 40
    T2 | A | 45  | skincare | 40
    T3 | B | 300 | rhinoplasty | ."""
)


def test_the_recall_list_says_who_and_why_and_can_be_searched(opened: Opened) -> None:
    app = opened("planned", PLANNED, "maintenance")
    told = said(app).replace("\\", "")
    assert "1 long overdue. Their days rest on the mean of the treatment type for 1." in told
    assert "The plans of 2 of 2 courses were due. 0 are not due yet" in told
    assert "The catalogue expects a return after 28 to 90 days (the pale band)" in told
    listed = app.dataframe[-1].value
    assert listed["patient_id"].tolist() == ["A"]
    assert listed["treatment_type"].tolist() == ["Skincare"]
    assert listed["reason"].tolist() == ["last visit 255 days ago; patients who return usually do after 45 days"]
    app.text_input(key="recall_search").set_value("nobody").run()
    assert "Nothing on the list has that text" in said(app)


def test_where_nobody_is_due_and_nothing_was_planned_it_says_what_to_do(opened: Opened) -> None:
    app = opened("one", ONE, "maintenance")
    told = said(app).replace("\\", "")
    assert "Nobody is due within 30 days, nor overdue. Choose a longer time" in told
    assert "No plan was due in this selection." in told


def test_a_band_stands_behind_a_single_type_alone(opened: Opened) -> None:
    bands = [
        [shape for shape in json.loads(chart.proto.spec)["layout"]["shapes"] if shape["type"] == "rect"]
        for query in ({}, {"treatment_type": "skincare"})
        for chart in opened("many", MANY, "maintenance", **query).get("plotly_chart")[:1]
    ]
    assert bands[0] == []
    assert [(band["x0"], band["x1"]) for band in bands[1]] == [(28, 90)]


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_values_are_never_markdown(opened: Opened, page: str) -> None:
    app = opened("hostile", HOSTILE, page, product=EVIL)
    assert not app.exception
    assert not app.error
    assert "![" not in said(app)
    assert "(http://" not in said(app)


SEEN_GONE = drawn(
    """treatment_id | patient_id | treated_on | treatment_type
    T1 | A | 0 | neuromodulator
    T2 | B | 0 | neuromodulator
    T3 | C | 0 | skincare
    T4 | D | 0 | skincare
    T5 | E | 0 | dermal_filler""",
    side_effects="""treatment_id | effect | onset_on | resolved_on | resolved_by
    T1 | bruising | 0 | . | 7
    T2 | bruising | 0 | 3 | .
    T3 | bruising | 0 | 4 | .
    T4 | bruising | 0 | 5 | .
    T5 | bruising | 0 | 5 | .""",
)


def test_a_page_says_how_each_curve_and_its_limits_were_estimated(opened: Opened) -> None:
    app = opened("seen-gone", SEEN_GONE, "time-to-resolution")
    deadline = time.monotonic() + 20
    while "being estimated" in said(app) and time.monotonic() < deadline:
        time.sleep(0.1)
        app.run()
    words = said(app).replace("\\", "")
    assert "Neuromodulator: Turnbull curve, as some were only seen gone at a later contact" in words
    assert "limits from 500 resamples of patients" in words
    assert "Skincare: Kaplan-Meier curve; 95 % limits by the jackknife, patients as clusters." in words
    assert "Dermal filler: Kaplan-Meier curve; without limits, as all are of one patient." in words


def of_products(**patients: int) -> Exports:
    """So many patients per product: two sessions a year apart, a side effect of a day each, the first followed up."""
    people = [(product, f"{product}{i}") for product, n in patients.items() for i in range(n)]
    treatments = [
        {
            "treatment_id": f"{who}-{day}",
            "patient_id": who,
            "treated_on": on(day),
            "treatment_type": "skincare",
            "product": product,
        }
        for product, who in people
        for day in (0, 365)
    ]
    follow_ups = [{"treatment_id": f"{who}-0", "followed_up_on": on(14)} for _, who in people]
    side_effects = [
        {"treatment_id": f"{who}-0", "effect": "redness", "onset_on": on(0), "resolved_on": on(1 + i % 2)}
        for i, (_, who) in enumerate(people)
    ]
    return Exports(treatments, [], follow_ups, side_effects)


def test_a_warning_takes_the_place_of_a_test_of_small_groups(opened: Opened) -> None:
    large = opened("large", of_products(A=30, B=20), "time-to-resolution", resolution_by="product")
    assert plain("Log-rank test of no difference") in said(large)
    assert "logrank_p" in large.dataframe[0].value
    small = opened("small", of_products(A=30, B=19), "time-to-resolution", resolution_by="product")
    assert plain("Log-rank test of no difference") not in said(small)
    assert plain("because of fewer than 20 side effects: B (19).") in said(small)
    assert "logrank_p" not in small.dataframe[0].value


def test_groups_may_be_tested_within_strata(opened: Opened) -> None:
    query = {"resolution_by": "product", "resolution_strata": "treatment_type"}
    within = opened("large", of_products(A=30, B=20), "time-to-resolution", **query)
    assert plain("between the groups within strata of treatment type: chi-square") in said(within)
    apart = opened("large", of_products(A=30, B=20), "time-to-resolution", **query | {"resolution_by": "indication"})
    assert "within strata" not in said(apart)


def test_plans_that_were_due_are_shown(opened: Opened) -> None:
    planned = drawn(
        """treatment_id | patient_id | treated_on | treatment_type | planned_interval_days
        T1 | A | 0   | neuromodulator | 90
        T2 | A | 92  | neuromodulator | 90
        T3 | B | 0   | neuromodulator | 90
        T4 | B | 400 | neuromodulator | ."""
    )
    app = opened("plans-due", planned, "maintenance")
    assert not app.error
    words = said(app).replace("\\", "")
    assert "The plans of 3 of 4 courses were due." in words, words


def test_one_patient_has_no_limits_and_that_is_said(opened: Opened) -> None:
    app = opened("alone", of_products(A=30, B=1), "maintenance", maintenance_by="product")
    assert plain("One patient only, which gives no limits: B.") in said(app)
    assert not re.search(r"\bnan\b", said(app))


def test_results_say_what_an_export_needs_for_them(opened: Opened) -> None:
    told = said(opened("one", ONE, "results")).replace("\\", "")
    assert "Results are what follow-ups have as asymmetry, gais, satisfaction, goal_met" in told


RESULTS = with_random_results(random_exports(2, 30), 2)


@pytest.mark.parametrize(("by", "outcome"), [("treatment_type", "satisfied"), ("area", "change_in_asymmetry")])
def test_every_picture_of_results_is_drawn(opened: Opened, by: str, outcome: str) -> None:
    app = opened("results", RESULTS, "results", results_by=by, results_outcome=outcome)
    assert not app.exception
    assert not app.error
    assert [heading.value for heading in app.header][:3] == [
        "Asymmetry before and after",
        "Change in asymmetry",
        "GAIS",
    ]
    drawn_charts = [str(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert len(drawn_charts) == 8
    assert not re.search(r"\bnan\b", " ".join([*drawn_charts, said(app)]), re.IGNORECASE)


def test_scores_lie_about_their_neutral_middle(opened: Opened) -> None:
    app = opened("results", RESULTS, "results")
    specs = [json.loads(chart.proto.spec)["data"] for chart in app.get("plotly_chart")]
    scales = [traces for traces in specs if traces[0]["type"] == "bar"]
    assert len(scales) == 2
    for traces, neutral in zip(scales, (1, 2), strict=True):
        for place, middle in enumerate(traces[neutral]["base"]):
            assert middle == pytest.approx(-traces[neutral]["x"][place] / 2)
            assert sum(trace["x"][place] for trace in traces) == pytest.approx(1)
            ends = [(trace["base"][place], trace["base"][place] + trace["x"][place]) for trace in traces]
            for (_, end), (start, _) in pairwise(ends):
                assert start == pytest.approx(end)


def test_who_was_little_followed_up_is_named_and_others_are_not_called_safe(opened: Opened) -> None:
    app = opened("many", MANY, "side-effects", rates_by="clinic")
    assert plain("Nobody is below the lower 99.8 % limit.") in said(app)
    assert "safe" not in said(app)
    apart = opened("apart", ONE_APART, "side-effects", rates_by="clinic")
    assert said(apart).count(plain("Little followed up: Z, 5 of 40; so a low rate there says little.")) == 5
    assert plain("if none, or all") in plain(str(apart.get("plotly_chart")[0].proto.spec))


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


def test_groups_are_compared_as_a_link_asks(opened: Opened) -> None:
    query = {"comparison_by": "product", "comparison_strata_product": "indication", "comparison_reference_product": "A"}
    app = opened("confounded", severe_get_b(0, 600), "compare", **query)
    assert not app.error
    told = said(app).replace("\\", "")
    assert said(app).count(plain("is an association")) == 1
    assert "B and A differ, most in indication" in told
    assert re.search(r"Bruising [\d.]+ points higher with B, .*; adjusted for indication [\d.]+ points lower", told)
    assert app.multiselect(key="comparison_strata_product").value == ["Indication"]
    forest = next(chart for chart in app.get("plotly_chart") if "adjusted" in chart.proto.spec)
    assert {"circle", "diamond"} <= set(re.findall(r"circle|diamond", forest.proto.spec))
    app.multiselect(key="comparison_groups_product").set_value(["B"]).run()
    assert "There is only one group" in said(app)


def test_without_a_pair_of_sides_it_says_what_an_export_needs(opened: Opened) -> None:
    app = opened("small", of_products(A=30, B=19), "compare", comparison_by="product")
    assert "Sides are what treatments have as side." in said(app)


def test_small_groups_are_warned_of_and_not_tested(opened: Opened) -> None:
    app = opened("small", of_products(A=30, B=19), "compare", comparison_by="product")
    assert plain("Fewer than 20 were followed up, so nothing is tested: B (19).") in said(app)
    charts = "".join(chart.proto.spec for chart in app.get("plotly_chart"))
    assert "too few to test" in charts
    assert not re.search(r"\bnan\b", said(app) + charts)


@pytest.mark.parametrize("page", [name for name in PAGE_NAMES if name != "data"])
@pytest.mark.parametrize("by", ["practitioner", "lot"])
def test_with_small_numbers_suppressed(opened: Opened, page: str, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_SUPPRESS_BELOW", "5")
    query = {f"{kind}_by": by for kind in ("rates", "resolution", "maintenance")} if page != "overview" else {}
    app = opened("suppressed", MANY, page, **query)
    assert not app.exception
    assert not app.error
    assert not re.search(r"\bnan\b", said(app))
    charts = "".join(str(chart.proto.spec) for chart in app.get("plotly_chart"))
    assert not re.search(r"\bnan\b", charts)
    if page == "side-effects":
        assert plain("Small numbers, and what would give them away, are suppressed") in said(app)
    if page in ("records", "watch"):
        assert "withheld while small numbers are suppressed" in said(app)


def test_a_value_that_occurs_nowhere_is_said_and_selects_nothing(opened: Opened) -> None:
    app = opened("many", MANY, "overview", clinic="Nowhere")
    assert "Nowhere occurs nowhere" in said(app)
    assert "**0** of" in said(app)


@pytest.mark.parametrize("query", [{"treated_from": "soon"}, {"treated_to": "2999-01-01"}, {"clinc": "North"}])
def test_a_link_that_cannot_be_understood_shows_nothing(opened: Opened, query: dict[str, str]) -> None:
    app = opened("many", MANY, "overview", **query)
    assert len(app.error) == 1
    assert not app.title
    assert not app.get("plotly_chart")


def test_a_period_that_ends_before_it_begins_is_said(opened: Opened) -> None:
    app = opened("many", MANY, "overview", treated_from="2024-02-01", treated_to="2024-01-01")
    assert "before it begins" in app.error[0].value


def test_a_code_in_a_link_is_understood_and_reset_takes_it_away(opened: Opened) -> None:
    app = opened("many", MANY, "side-effects", treatment_type="neuromodulator")
    assert app.multiselect(key="treatment_type").value == ["Neuromodulator"]
    app.button(key="reset").click().run()
    assert app.multiselect(key="treatment_type").value == []


def test_an_open_page_notices_a_new_snapshot(opened: Opened, folder: Path) -> None:
    app = opened("growing", ONE, "side-effects")
    assert "1 of 1 treatment records" in said(app).replace("**", "")
    data.import_exports([write_exports(TWO, folder / "more")], into=folder / "growing" / "outcomes.json")
    assert "2 of 2 treatment records" in said(app.run()).replace("**", "")


def test_an_option_may_be_written_as_on_the_command_line(opened: Opened) -> None:
    app = opened("many", MANY, "side-effects", rates_by="age_band")
    assert app.selectbox(key="rates_by").value == "Age band"
    assert not app.warning


@pytest.mark.parametrize(
    ("last", "months", "first"),
    [
        ("2025-06-30", 12, "2024-07-01"),
        ("2025-06-15", 12, "2024-06-16"),
        ("2025-02-28", 3, "2024-12-01"),
    ],
)
def test_a_period_of_whole_months(last: str, months: int, first: str) -> None:
    assert months_before(date.fromisoformat(last), months) == date.fromisoformat(first)


def test_plain_text_stays_plain() -> None:
    assert plain("a_b *c* [d](e) :red[f] `g` $h$") == r"a\_b \*c\* \[d\]\(e\) \:red\[f\] \`g\` \$h\$"
