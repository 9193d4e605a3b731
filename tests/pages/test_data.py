"""The page "Data": what it says where there is nothing, or something is wrong, and on the way from file to import."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import data
from dashboard import jobs
from dashboard.charts.style import DARK, LIGHT
from dashboard.pages import PAGES
from dashboard.store import open_snapshot
from tests.drawing import drawn, write_exports
from tests.pages.opening import front_door, said

ONE = drawn("treatment_id | patient_id | treated_on | treatment_type\nT1 | A | 0 | neuromodulator")
CONTRACT = b"treatment_id,patient_id,treated_on,treatment_type\nT5,P1,2024-01-05,skincare\nT6,P1,never,skincare\n"
AMBIGUOUS = b"Nr;Kunde;Datum;Leistung\n1;K1;03/04/2024;Botox\n2;K2;05/04/2024;Lippenfiller\n"


@pytest.fixture
def pointer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    place = tmp_path / "outcomes.json"
    monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(place))
    yield place
    for upload in jobs.waiting(place):
        upload.remove()
    for job in list(jobs._jobs.values()):
        job.forget()


@pytest.fixture(scope="module")
def one_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a snapshot of one record, to be copied."""
    folder = tmp_path_factory.mktemp("one")
    data.import_exports([write_exports(ONE, folder / "exports")], into=folder / "outcomes.json")
    return folder


@pytest.fixture
def app(pointer: Path, one_record: Path) -> AppTest:
    shutil.copytree(one_record, pointer.parent, dirs_exist_ok=True)
    return opened()


def opened() -> AppTest:
    place = [page.URL_PATH for page in PAGES].index("data")
    app = AppTest.from_function(front_door, default_timeout=60, kwargs={"place": place}).run()
    assert not app.exception
    return app


def dropped(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].upload(name, content, "text/csv").run()
    return waited(app)


def waited(app: AppTest) -> AppTest:
    """Runs the page again until no job is at work any more: the end of one may begin the next."""
    deadline = time.monotonic() + 120
    while True:
        while any(job.is_at_work for job in list(jobs._jobs.values())):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        app.run()
        assert not app.exception
        if not any(job.is_at_work for job in list(jobs._jobs.values())):
            return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    return waited(app)


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_with_nothing_but_one_import(app: AppTest) -> None:
    told = said(app)
    assert "No value looked wrong" in told
    assert "No row was rejected" in told
    assert "There is none yet" in told
    assert "1 treatment record loaded" in "\n".join(fold.label for fold in app.expander)


def test_files_of_the_contract_need_no_questions(app: AppTest, pointer: Path) -> None:
    dropped(app, "treatments.csv", CONTRACT)
    assert "need no questions" in said(app)
    assert "1 treatment record to be loaded, 1 rejected" in said(app).replace("\\", "")
    press(app, "Import")
    assert app.success[0].value.replace("\\", "") == "1 treatment record loaded, 1 rejected."
    assert jobs.waiting(pointer) == []
    assert "2 of 2 treatment records" in said(app).replace("**", "")


def test_the_same_file_again_changes_nothing_and_says_so(app: AppTest) -> None:
    good = b"\n".join(CONTRACT.splitlines()[:2]) + b"\n"
    for _ in range(2):
        dropped(app, "treatments.csv", good)
        press(app, "Import")
        told = said(app)
        press(app, "Bring in more files")
    assert "nothing has changed" in told


def test_what_is_open_stops_the_way_on_until_it_is_answered(app: AppTest) -> None:
    dropped(app, "Leistungen.csv", AMBIGUOUS)
    press(app, "Continue")
    press(app, "Continue")
    assert "can be read in two ways" in said(app)
    assert next(button for button in app.button if button.label == "Continue").disabled
    app.radio[0].set_value(0).run()
    assert "3 April 2024" in app.radio[0].options[0]
    assert not next(button for button in app.button if button.label == "Continue").disabled
    press(app, "Continue")
    assert "2 treatment records to be loaded" in said(app)
    assert not app.query_params


def test_not_yet_keeps_the_files_and_imports_nothing(app: AppTest, pointer: Path) -> None:
    before = pointer.read_bytes()
    dropped(app, "treatments.csv", CONTRACT)
    press(app, "Not yet")
    assert "treatments\\.csv" in said(app)
    assert "Go on with these" in labels(opened())
    press(app, "Go on with these")
    assert "Import" in labels(app)
    press(app, "Not yet")
    press(app, "Delete them")
    assert jobs.waiting(pointer) == []
    assert pointer.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.csv", b"<html><body>Sign in</body></html>"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(2000)),
    ],
)
def test_what_cannot_be_read_is_said_with_a_way_out(app: AppTest, name: str, content: bytes) -> None:
    dropped(app, name, content)
    assert name.replace(".", "\\.") in said(app)
    assert app.warning or app.error
    assert {"Delete the files", "Choose other files"} & set(labels(app))
    assert not [button for button in app.button if button.label == "Continue" and not button.disabled]


def test_a_damaged_snapshot_can_be_replaced_from_the_page(app: AppTest, pointer: Path) -> None:
    for file in pointer.with_name("outcomes.json.d").glob("*.duckdb"):
        file.chmod(0o644)
        file.write_bytes(b"rubbish")
    app = opened()
    assert "cannot be opened" in said(app)
    dropped(app, "treatments.csv", CONTRACT)
    press(app, "Import")
    assert "1 treatment record loaded" in app.success[0].value


def test_an_older_snapshot_can_be_returned_to(app: AppTest) -> None:
    dropped(app, "treatments.csv", CONTRACT)
    press(app, "Import")
    assert "2 of 2 treatment records" in said(app).replace("**", "")
    press(app, "Return")
    assert "1 of 1 treatment records" in said(app).replace("**", "")


def test_names_of_files_and_values_are_never_markdown(app: AppTest) -> None:
    evil = "![x](http://evil.example/x.png)"
    dropped(app, "![x](a).csv", f"Nr;Kunde;Datum;Leistung;{evil}\n1;{evil};13.04.2024;{evil};{evil}\n".encode())
    for _ in range(3):
        assert "![" not in said(app)
        assert not [one for one in (*app.selectbox, *app.expander) if "![" in one.label]
        if "Continue" in labels(app):
            press(app, "Continue")


def test_saved_answers_can_be_removed(app: AppTest, pointer: Path) -> None:
    assert "Saved answers" not in said(app)
    data.save_mapping(pointer, "Praxis (alt)", data.shipped_mappings()["template"].read_text(encoding="utf-8"))
    app.run()
    assert "Saved answers" in said(app)
    press(app, "Remove these answers")
    assert not data.saved_mappings(pointer)
    assert "Saved answers" not in said(app)


def field(app: AppTest, kind: str, label: str, place: int = 0) -> Any:
    return [one for one in getattr(app, kind) if one.label == label][place]


def test_treatment_types_are_edited_and_everything_follows(app: AppTest, pointer: Path, tmp_path: Path) -> None:
    laser = drawn("treatment_id | patient_id | treated_on | treatment_type\nT2 | A | 0 | Laser")
    data.import_exports([write_exports(laser, tmp_path / "laser")], into=pointer)
    app.run()
    shown = [fold.label for fold in app.expander]
    assert "**Neuromodulator** · touch-up within 28 days, expected back after 90 to 150 days" in shown
    assert "**Laser** · :orange-badge[New] no touch-up window" in shown
    field(app, "text_input", "Label").set_value("Botulinum")
    field(app, "selectbox", "Colour").set_value("green")
    field(app, "number_input", "Touch-up window, days", -1).set_value(14)
    press(app, "Save and derive again")
    assert app.success[0].value == "Every page shows the new figures."
    shown = [fold.label for fold in app.expander]
    assert any(label.startswith("**Botulinum**") for label in shown)
    assert "**Laser** · touch-up within 14 days" in shown
    types = {one.code: one for one in data.catalogue_of(pointer).types}
    assert (types["neuromodulator"].label, types["neuromodulator"].colour) == ("Botulinum", "green")
    assert types["Laser"].touch_up_window_days == 14
    assert [one.is_derived_again for one in data.snapshots(pointer)] == [True, False, False]
    next(button for button in app.button if button.label == "Save and derive again").click().run()
    assert [info.value for info in app.info] == ["No treatment type was changed."]


def test_treatment_types_that_cannot_be_are_told_before_anything_is_done(app: AppTest, pointer: Path) -> None:
    before = pointer.read_bytes()
    field(app, "text_input", "Label").set_value("Skincare")
    field(app, "number_input", "Expected back up to day").set_value(10)
    next(button for button in app.button if button.label == "Save and derive again").click().run()
    told = app.error[0].value.replace("\\", "")
    assert "Skincare: the expected interval has to go from a smaller to a larger number of days." in told
    assert "Skincare: needs a label that no other type has." in told
    assert (pointer.read_bytes(), jobs._jobs) == (before, {})


def test_a_damaged_catalogue_is_told_and_replaced(app: AppTest, pointer: Path) -> None:
    own = pointer.with_name("outcomes.json.d") / "treatment_types.csv"
    own.write_text("rubbish")
    app.run()
    assert "The catalogue that is shipped is used instead" in said(app).replace("\\", "")
    field(app, "text_input", "Label").set_value("Botulinum")
    press(app, "Save and derive again")
    assert "instead" not in said(app)
    assert data.catalogue_of(pointer).types[0].label == "Botulinum"


def test_what_other_treatment_types_derived_is_brought_up_to_date(app: AppTest, pointer: Path) -> None:
    assert "Bring up to date" not in labels(app)
    data.rederive(pointer, [replace(one, touch_up_window_days=9) for one in data.catalogue_of(pointer).types])
    data.return_to(pointer, 1)
    app.run()
    press(app, "Bring up to date")
    assert app.success[0].value == "Every page shows the new figures."
    assert "Bring up to date" not in labels(app)
    assert open_snapshot(pointer).treatment_types[0].touch_up_window_days == 9


def test_every_colour_of_a_treatment_type_stands_out_from_its_ground() -> None:
    for look in (LIGHT, DARK):
        assert tuple(look.named) == data.COLOURS
        for colour in look.named.values():
            assert contrast(colour, look.ground) >= 3, colour


def test_a_chosen_colour_is_nobody_elses() -> None:
    labels_of = {f"type {place}": f"Type {place}" for place in range(11)}
    look = LIGHT.of_types(labels_of, {"type 3": "blue", "type 0": "green"})
    assert (look.colour(3), look.colour(0)) == (LIGHT.named["blue"], LIGHT.named["green"])
    assert sorted(look.palette) == sorted(LIGHT.palette)
    assert [look.colour(place) for place in (1, 2)] == [LIGHT.colour(place) for place in (1, 2)]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
