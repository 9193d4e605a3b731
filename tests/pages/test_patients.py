"""The page of one patient: found by typing, choosing or a link; whole whatever the filters; ids are text everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts.patient import KEY
from dashboard.charts.style import LIGHT, NBSP
from dashboard.patient_summary import Patient, extent, patient_summary
from dashboard.store import OF_ONE_PATIENT, Store
from dashboard.ui.wording import plain
from data import EVERYTHING
from tests.conftest import SnapshotOf, import_once
from tests.drawing import Exports, drawn
from tests.pages.opening import MANY, ONE, as_linked, front_door, said
from tests.test_patients import SMALL

SCRIPT = "<script>alert(1)</script>"
HOSTILE = drawn(
    f"""treatment_id | patient_id | treated_on | treatment_type | product | area
    T1 | {SCRIPT} | 0 | <b>new</b> | <img src=x> | [a](http://evil.example)
    T2 | ![x](http://evil.example/x.png) | 0 | <b>new</b> | . | .""",
    side_effects="treatment_id | effect | onset_on | action\nT1 | <i>red</i> | 0 | <u>act</u>",
)
# Fifteen years in one life: a session on the first and on the last day, and a side effect that is still there.
LONG = drawn(
    """treatment_id | patient_id | treated_on | treatment_type
    T1 | A | 2010-01-01 | neuromodulator
    T2 | A | 2025-01-01 | neuromodulator""",
    side_effects="treatment_id | effect | onset_on\nT1 | scar | 2010-01-20",
)

Opened = Callable[..., AppTest]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("patients")


@pytest.fixture
def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    def open_page(name: str, exports: Exports, **query: str) -> AppTest:
        from dashboard.pages import PAGES

        import_once(exports, folder / name)
        monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(folder / name / "outcomes.json"))
        place = [module.URL_PATH for module in PAGES].index("patients")
        app = AppTest.from_function(front_door, default_timeout=30, kwargs={"place": place})
        for parameter, value in as_linked(query, folder / name / "outcomes.json").items():
            app.query_params[parameter] = value
        return app.run()

    return open_page


def whole(store: Store, patient_id: str) -> Patient:
    overview, timeline, intervals = (store.records(table, patient_id=patient_id) for table in OF_ONE_PATIENT)
    return Patient(overview, timeline, intervals, store.measure("maintenance_summary"), store.as_of)


def test_a_link_opens_a_patient_and_no_filter_cuts_it(opened: Opened) -> None:
    app = opened("small", SMALL, patient_id="ann", treated_from="2090-01-01", treatment_type="rhinoplasty")
    assert not app.exception
    assert not app.error
    told = said(app).replace(NBSP, " ")
    assert plain(extent(EVERYTHING)) in told
    assert plain("Born 1980, female. 3 sessions, 3 side effects, 2 follow-ups, treated from 1 January 2023") in told
    assert plain("Neuromodulator: due 20 July 2023, overdue by 100 days at the data cut-off; 100 days after") in told
    assert KEY in told
    assert len(app.get("plotly_chart")) == 3
    treatments, side_effects, follow_ups = (table.value for table in app.dataframe[1:])
    assert (len(treatments), len(side_effects), len(follow_ups)) == (4, 3, 2)
    assert side_effects["End"].str.replace(NBSP, " ").tolist() == [
        "not seen to resolve by 15 January 2023, after 12 days",
        "gone by 15 January 2023, after more than 9 days and at most 13 days",
        "resolved 7 January 2023, after 5 days",
    ]


def test_what_is_typed_finds_and_the_list_chooses(opened: Opened) -> None:
    app = opened("small", SMALL)
    assert app.selectbox(key="patient_found").options == ["ann", "bea", "cy"]
    app.text_input(key="patient_id").set_value(" A").run()
    assert app.selectbox(key="patient_found").options == ["ann", "bea"]
    app.selectbox(key="patient_found").select("bea").run()
    bea = app.query_params["patient_pseudonym"]
    assert re.fullmatch(r"p-[0-9a-f]{20}", bea)
    assert "patient_id" not in app.query_params
    assert "bea" in [header.value for header in app.header]
    assert "None of this person's treatments is one that the catalogue calls maintained" in said(app)
    app.text_input(key="patient_id").set_value("nobody").run()
    assert "No patient's id contains nobody. Check it" in said(app)
    assert "patient_pseudonym" not in app.query_params
    assert not app.header
    assert not app.get("plotly_chart")
    app.query_params["patient_pseudonym"] = bea
    app.run()
    assert "bea" in [header.value for header in app.header]
    app.query_params["patient_pseudonym"] = "p-00000000000000000000"
    app.run()
    assert "The link leads to a patient who is not among those that you may see here" in said(app)
    assert not app.header


def test_another_patient_is_shown_whole(opened: Opened) -> None:
    app = opened("small", SMALL, patient_id="ann", patient_span="90 days from 15 January 2023")
    assert app.selectbox(key="patient_span").value == "90 days from 15 January 2023"
    app.text_input(key="patient_id").set_value("bea").run()
    assert app.selectbox(key="patient_span").value == "Whole history"
    assert "patient_span" not in app.query_params
    assert not app.warning


def test_a_person_who_was_never_treated(opened: Opened) -> None:
    app = opened("small", SMALL, patient_id="cy")
    assert not app.error
    assert plain("No attributes recorded. 0 sessions, 0 side effects, 0 follow-ups.") in said(app)
    assert "Nothing is recorded of this person but who they are" in said(app)
    assert not app.get("plotly_chart")


@pytest.mark.parametrize(("name", "exports", "patient_id"), [("one", ONE, "A"), ("long", LONG, "A")])
def test_a_day_and_fifteen_years(opened: Opened, name: str, exports: Exports, patient_id: str) -> None:
    app = opened(name, exports, patient_id=patient_id)
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) == 2
    assert not re.search(r"\b(nan|None|NaT)\b", said(app))
    if name == "long":
        close = opened(name, exports, patient_id=patient_id, patient_span="90 days from 1 January 2010")
        assert "2010-04-01" in str(close.get("plotly_chart")[0].proto.spec)


def test_every_patient_of_hostile_exports_opens(opened: Opened) -> None:
    ids = sorted({row["patient_id"] for row in MANY.treatments})
    for patient_id in ids[:4]:
        app = opened("many", MANY, patient_id=patient_id)
        assert not app.exception
        assert not app.error
        charts = "".join(str(chart.proto.spec) for chart in app.get("plotly_chart"))
        assert not re.search(r"\b(nan|NaN|NaT)\b", said(app) + charts)


@pytest.mark.parametrize("patient_id", [SCRIPT, "![x](http://evil.example/x.png)", "![y](http://evil.example)"])
def test_an_id_is_text_on_the_page(opened: Opened, patient_id: str) -> None:
    app = opened("hostile", HOSTILE)
    app.text_input(key="patient_id").set_value(patient_id).run()
    assert not app.exception
    assert not app.error
    texts = said(app) + "".join(header.value for header in app.header)
    assert not re.search(r"(?<!\\)(!|<script)", texts)
    assert plain(patient_id) in texts
    charts = "".join(str(chart.proto.spec) for chart in app.get("plotly_chart"))
    assert "<b>new" not in charts
    assert "<i>red" not in charts


def test_the_page_to_print(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(SMALL)
    page = patient_summary(whole(store, "ann"), LIGHT.of_types({"neuromodulator": "Neuromodulator"}), is_synthetic=True)
    page = page.replace(NBSP, " ")
    assert "<h1>Patient ann</h1>" in page
    assert "Synthetic sample data" in page
    assert page.count("<svg") == 1
    assert page.count('class="unknown"') == 1
    assert "gone by 15 January 2023, after more than 9 days and at most 13 days" in page
    assert "100 (100 to" in page
    assert not re.search(r"<script|src=|href=|@import|url\(|https?:(?!//www\.w3\.org/2000/svg)", page)
    assert not re.search(r"\b(nan|None|NaT)\b", page)


def test_what_is_printed_is_text(snapshot_of: SnapshotOf) -> None:
    page = patient_summary(whole(snapshot_of(HOSTILE), SCRIPT), LIGHT, is_synthetic=False)
    for sign in ("<script", "<img", "<b>", "<i>", "<u>"):
        assert sign not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_where_small_numbers_are_suppressed_there_is_no_such_page(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTCOMES_SUPPRESS_BELOW", "5")
    app = opened("small", SMALL, patient_id="ann")
    assert not app.exception
    assert app.title[0].value != "Patients"
    assert "ann" not in [header.value for header in app.header]
    assert not re.search(r"\bann\b", said(app))
