"""The face map's list of areas: it narrows the page to one, says so, keeps to the filters, and leads back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.drawing import drawn
from tests.pages.opening import Opened, said

FACE = drawn(
    """treatment_id | patient_id | treated_on | treatment_type | area | side
    T1 | A | 0   | neuromodulator | lips    | both
    T2 | A | 120 | neuromodulator | lips    | both
    T3 | B | 0   | neuromodulator | cheek   | left
    T4 | C | 0   | dermal_filler  | cheek   | right
    T5 | D | 0   | dermal_filler  | earlobe | .""",
    follow_ups="""treatment_id | followed_up_on
    T1 | 130
    T3 | 130
    T4 | 130
    T5 | 130""",
    side_effects="""treatment_id | effect | onset_on | resolved_on
    T1 | bruising | 0 | 5
    T4 | swelling | 0 | 3""",
)


def words(app: AppTest) -> str:
    return said(app).replace("\\", "").replace("**", "")


def areas_drawn(app: AppTest) -> set[str]:
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    return {area for trace in spec["data"] if trace.get("name") == "areas" for area in trace["customdata"]}


def test_an_area_chosen_from_the_list_narrows_the_page_and_not_the_map(opened: Opened) -> None:
    app = opened("face", FACE, "face-map")
    assert app.selectbox(key="face_area").options == ["Whole face", "Cheek", "Lips", "Earlobe"]
    assert "The whole face. Click or tap an area" in words(app)
    assert "4 of 5 sessions were followed up." in words(app)
    app.selectbox(key="face_area").select("Cheek").run()
    assert "Cheek, 2 treatment records. Everything on this page but the map is of this area alone" in words(app)
    assert "2 of 2 sessions were followed up." in words(app)
    assert "1 side effects: 1 seen to resolve" in words(app)
    assert areas_drawn(app) == {"cheek", "lips", "earlobe"}
    app.button(key="face_back").click().run()
    assert app.selectbox(key="face_area").value == "Whole face"
    assert "2 side effects: 2 seen to resolve" in words(app)


def test_a_link_opens_an_area(opened: Opened) -> None:
    app = opened("face", FACE, "face-map", face_area="lips", face_sides="apart", face_effect="bruising")
    assert "Lips, 2 treatment records." in words(app)
    assert not app.warning
    assert app.selectbox(key="face_effect").value == "Bruising"


def test_the_filters_of_the_sidebar_hold(opened: Opened) -> None:
    app = opened("face", FACE, "face-map", area="lips", face_area="Cheek")
    assert app.selectbox(key="face_area").options == ["Whole face", "Lips"]
    assert "The link asks for Cheek, which is not offered here; Whole face is shown." in words(app)
    assert areas_drawn(app) == {"lips"}


def test_an_area_that_the_sidebar_takes_away_is_left(opened: Opened) -> None:
    app = opened("face", FACE, "face-map", face_area="Cheek")
    app.multiselect(key="area").select("Lips").run()
    assert not app.exception
    assert app.selectbox(key="face_area").value == "Whole face"
    assert areas_drawn(app) == {"lips"}


def test_maintenance_intervals_are_of_one_treatment_type(opened: Opened) -> None:
    app = opened("face", FACE, "face-map", face_show="maintenance_interval")
    assert app.selectbox(key="face_type").value == "Neuromodulator"
    assert areas_drawn(app) == {"cheek", "lips"}


@pytest.mark.parametrize("show", ["Side effects", "Maintenance interval", "Asymmetry"])
def test_where_small_numbers_are_suppressed_sides_are_not_told_apart(
    opened: Opened, show: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OUTCOMES_SUPPRESS_BELOW", "5")
    app = opened("face-suppressed", FACE, "face-map", face_show=show, face_area="Cheek", face_sides="Apart")
    assert not app.exception
    assert not app.error
    assert "nan" not in words(app).split()
    assert "face_sides" not in [each.key for each in app.get("button_group")]
