"""Every page opens: with everything, with one record, with nothing, and with links that ask for what is not there."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from plotly.graph_objects import Figure
from streamlit.testing.v1 import AppTest

import data
from dashboard.pages import PAGES
from dashboard.ui.wording import plain
from tests.drawing import drawn, write_exports
from tests.pages.opening import EVIL, MANY, ONE, Opened, of_products, said

TWO = drawn("treatment_id | patient_id | treated_on | treatment_type\nT2 | B | 5 | skincare")
HOSTILE = drawn(
    f"""treatment_id | patient_id | treated_on | treatment_type | product | clinic
    T1 | A | 0 | <b>new</b> | {EVIL} | {EVIL}
    T2 | B | 1 | <b>new</b> | {EVIL} | {EVIL}""",
    follow_ups="follow_up_id | treatment_id | followed_up_on\nF1 | T1 | 9",
    side_effects=f"side_effect_id | treatment_id | effect | onset_on | resolved_on\nS1 | T1 | {EVIL} | 0 | 4",
)
PAGE_NAMES = [module.URL_PATH for module in PAGES]


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_with_everything(opened: Opened, page: str) -> None:
    app = opened("many", MANY, page)
    assert not app.exception
    assert not app.error
    assert app.title[0].value == PAGES[PAGE_NAMES.index(page)].TITLE
    charts = app.get("plotly_chart")
    assert page in ("records", "what-changed", "patients", "sql", "audit") or charts
    for chart in charts:
        Figure(json.loads(chart.proto.spec))  # raises where Plotly does not know a property or a value


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_with_one_record(opened: Opened, page: str) -> None:
    app = opened("one", ONE, page)
    assert not app.exception
    assert not app.error
    assert "1 of 1 treatment records" in said(app).replace("**", "")


@pytest.mark.parametrize("page", [name for name in PAGE_NAMES if name not in ("patients", "sql", "audit")])
def test_with_nothing_selected(opened: Opened, page: str) -> None:
    app = opened("many", MANY, page, treated_from="2090-01-01")
    assert not app.exception
    assert not app.error
    assert "reset" in said(app)
    assert not app.get("plotly_chart")


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_values_are_never_markdown(opened: Opened, page: str) -> None:
    app = opened("hostile", HOSTILE, page, product=EVIL)
    assert not app.exception
    assert not app.error
    assert "![" not in said(app)
    assert "(http://" not in said(app)


@pytest.mark.parametrize(
    ("page", "by"),
    [
        *((name, "practitioner") for name in PAGE_NAMES if name != "data"),
        *((name, "lot") for name in ("side-effects", "time-to-resolution", "maintenance")),
    ],
)
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
    if page == "records":
        assert "Treatments" not in app.selectbox(key="records_table").options
    if page == "watch":  # what has no rule is not offered
        assert "Rate by month" in said(app)
        assert "What crossed a limit" not in said(app)


def test_with_small_numbers_suppressed_the_usual_period_is_of_whole_months(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTCOMES_SUPPRESS_BELOW", "5")
    app = opened("months", of_products(one=20), "overview")
    assert int(re.findall(r"data as of (\d+) ", said(app))[0]) < 28
    assert "so not for this period" not in said(app)


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


def test_plain_text_stays_plain() -> None:
    assert plain("a_b *c* [d](e) :red[f] `g` $h$") == r"a\_b \*c\* \[d\]\(e\) \:red\[f\] \`g\` \$h\$"


def test_a_view_is_saved_opened_renamed_and_removed(opened: Opened, folder: Path) -> None:
    app = opened("many", MANY, "side-effects", treatment_type="dermal_filler", rates_by="Product")
    app.text_input(key="views_name").set_value("Filler <b>, by product")
    app.button(key="FormSubmitter:views_save-Save this view").click().run()
    assert "Filler &lt;b&gt;, by product" in listed(app)
    (view,) = data.saved_views(folder / "many" / "outcomes.json").views
    assert view.query == {"treatment_type": ("dermal_filler",), "rates_by": ("Product",)}
    assert 'title="Side effects · treatment type Dermal filler · Outcomes"' in listed(app)
    (address,) = re.findall(r'href="[^"]*\?([^"]*)"', listed(app))
    again = opened("many", MANY, "side-effects", **parse_qs(html.unescape(address)))
    assert again.multiselect(key="treatment_type").value == ["Dermal filler"]
    assert again.selectbox(key="rates_by").value == "Product"
    again.text_input(key="views_new_name").set_value("Fillers")
    again.button(key="views_rename").click().run()
    assert ">Fillers<" in listed(again)
    again.button(key="views_remove").click().run()
    assert not data.saved_views(folder / "many" / "outcomes.json").views


def test_a_saved_view_whose_value_is_gone_says_so_and_no_patient_is_saved(
    opened: Opened, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened("many", MANY, "patients")
    assert "of a single patient is not saved" in said(app)
    assert not app.get("form")
    data.save_view(folder / "many" / "outcomes.json", "Gone", "", {"clinic": ["Nowhere"], "treated_from": ["soon"]})
    data.save_view(folder / "many" / "outcomes.json", "Gone too", "", {"clinic": ["Nowhere"]})
    (_, address) = re.findall(r'href="[^"]*\?([^"]*)"', listed(app.run()))
    assert "Nowhere occurs nowhere" in said(opened("many", MANY, "overview", **parse_qs(address)))
    monkeypatch.setenv("OUTCOMES_SUPPRESS_BELOW", "5")
    reader = opened("many", MANY, "overview")
    assert "Gone too" in listed(reader)
    assert "views_name" not in [each.key for each in reader.text_input]


def listed(app: AppTest) -> str:
    """The list of saved views."""
    return next(body for each in app.get("html") if "views" in (body := str(each.proto.body))[:20])
