"""Pages in the states that matter, in both themes and on a phone: axe finds nothing serious, and Tab reaches all.

The sample is imported in two parts, so that there is something that changed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import data
from dashboard.store import first_look, open_snapshot
from tests.browser.test_browser import address, browser, kept, pytestmark, serious, settle, visit

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["address", "browser", "kept", "pytestmark", "visit"]

SAMPLE = Path(data.__file__).parent / "sample"
FIRST_PART = "2025-01-01"
STATES = (
    "compare?comparison_groups_technique=Cannula&comparison_groups_technique=Needle"
    "&comparison_strata_technique=Treatment+type&panel_comparison-side-effects-difference=Command",
    "face-map?face_area=Lips&face_sides=Apart",
    "watch?watch_by=Practitioner&panel_lot_signals-lots=SQL&panel_lot_exposed=Link",
    "what-changed",
    "patients?patient_pseudonym=",
    "data",
)
"""What pages come to when somebody uses them; as they open, each is looked at where every page is."""

# What takes part in the order of Tab; of options side by side only one does, and the arrow keys lead to the others.
_CONTROLS = """() => {
    window.reached = new Set();
    document.addEventListener("focusin", (event) => window.reached.add(event.target));
    const every = document.querySelectorAll('button, a[href], input, textarea, summary, [tabindex="0"]');
    window.controls = [...every].filter(
        one => one.checkVisibility({visibilityProperty: true}) && one.tabIndex >= 0 && !one.disabled
            && one.getAttribute("role") !== "radio" && !one.matches("main, canvas, .dvn-scroller"));
    return window.controls.length;
}"""
_MISSED = "() => window.controls.filter(one => !window.reached.has(one)).map(one => one.outerHTML.slice(0, 200))"
_MOST_TABS = 400


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample up to the end of 2024, and then all of it."""
    folder = tmp_path_factory.mktemp("accessibility")
    early = folder / "early"
    early.mkdir()
    treatments, follow_ups, side_effects = (
        pd.read_csv(SAMPLE / f"{table}.csv", dtype=str, keep_default_na=False)
        for table in ("treatments", "follow_ups", "side_effects")
    )
    treatments = treatments[treatments["treated_on"] < FIRST_PART]
    follow_ups = follow_ups[follow_ups["followed_up_on"] < FIRST_PART]
    side_effects = side_effects[side_effects["onset_on"] < FIRST_PART]
    for table, rows in (("treatments", treatments), ("follow_ups", follow_ups), ("side_effects", side_effects)):
        of_these = rows["treatment_id"].isin(treatments["treatment_id"])
        rows[of_these].to_csv(early / f"{table}.csv", index=False)
    shutil.copy(SAMPLE / "patients.csv", early)
    for part in (early, SAMPLE):
        data.import_exports([part], into=folder / "snapshot.json", figures=first_look)
    return folder / "snapshot.json"


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_serious_and_tab_reaches_everything(
    visit: Callable[..., Page], address: str, snapshot: Path, width: int, scheme: str
) -> None:
    page = visit("", width, scheme)
    found: dict[str, list[str]] = {}
    somebody = open_snapshot(snapshot).pseudonym("SYN-P000010")
    for state in STATES:
        page.goto(f"{address}/{state}{somebody if state.endswith('pseudonym=') else ''}")
        complete(page)
        found[state] = serious(page)
        if width > 1000:
            found[state] += not_reached(page)
    assert not any(found.values()), {state: each for state, each in found.items() if each}


def test_what_is_too_wide_for_a_phone_is_scrolled_by_the_arrow_keys(visit: Callable[..., Page]) -> None:
    page = visit("side-effects", 390)
    wide = page.get_by_role("group", name="Scrolls sideways")
    wide.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")


def test_groups_are_compared_by_keyboard(visit: Callable[..., Page]) -> None:
    page = visit("compare")
    for group in ("Cannula", "Needle"):
        page.get_by_role("combobox", name="Groups").focus()
        page.keyboard.type(group)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**comparison_groups_technique={group}*")
    page.keyboard.press("Escape")
    settle(page)
    page.get_by_role("radio", name="Sessions").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.wait_for_url("**comparison_unit=Records*")
    settle(page)
    page.get_by_role("radio", name="Definition").first.focus()
    page.keyboard.press("Space")
    page.get_by_test_id("stTable").first.wait_for()


def test_a_treatment_type_is_edited_by_keyboard(visit: Callable[..., Page]) -> None:
    page = visit("data")
    page.locator("summary").filter(has_text="Neuromodulator").focus()
    page.keyboard.press("Enter")
    colour = page.get_by_role("combobox", name="Colour").first
    colour.focus()
    stands_still(colour)  # a list closes when what is below it moves
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name="Olive").wait_for()
    page.keyboard.press("Escape")
    page.get_by_label("Touch-up window, days").first.focus()
    page.keyboard.press("ArrowUp")
    maintained = page.get_by_role("checkbox").first
    was = maintained.is_checked()
    maintained.focus()
    page.keyboard.press("Space")
    assert maintained.is_checked() != was
    page.keyboard.press("Space")
    page.get_by_label("Touch-up window, days").first.focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Save and derive again").focus()
    page.keyboard.press("Enter")
    page.get_by_text("No treatment type was changed.").wait_for()


def stands_still(control: Locator) -> None:
    """Waits until the control has been in one place for a while, as when a fold has opened and is scrolled to."""
    places = [control.bounding_box()]
    while len(places) < 4 or places[-1] != places[-4]:
        control.page.wait_for_timeout(100)
        places.append(control.bounding_box())


def complete(page: Page) -> None:
    """Waits until nothing is being counted any more, and all is drawn; limits that come later change no control."""
    settle(page)
    page.wait_for_function("() => !/being counted/.test(document.body.textContent)")
    settle(page)


def not_reached(page: Page) -> list[str]:
    """The controls that Tab does not come to."""
    missed = ["as many as there are"] * page.evaluate(_CONTROLS)
    pressed = 0
    while missed and pressed < _MOST_TABS:
        for _ in missed:
            page.keyboard.press("Tab")
        pressed += len(missed)
        missed = page.evaluate(_MISSED)
    return missed
