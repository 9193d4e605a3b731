"""The face map in a real Chromium: a click chooses, another one leads back, and who cannot see hears the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.test_browser import address, browser, kept, pytestmark, serious, settle, snapshot, visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["address", "browser", "kept", "pytestmark", "snapshot", "visit"]

# Where a marker of the area stands in the window.
_MARKER = """(area) => {
    const plot = document.querySelector('.js-plotly-plot');
    const markers = plot._fullData.find(trace => trace.name === 'areas');
    const at = markers.customdata.indexOf(area);
    const {xaxis, yaxis} = plot._fullLayout;
    const box = plot.getBoundingClientRect();
    return [box.left + xaxis._offset + xaxis.l2p(markers.x[at]), box.top + yaxis._offset + yaxis.l2p(markers.y[at])];
}"""


def marker(page: Page, area: str) -> tuple[float, float]:
    page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
    x, y = page.evaluate(_MARKER, area)
    return x, y


def click(page: Page, area: str) -> None:
    page.mouse.move(0, 0)
    page.mouse.move(*marker(page, area))
    page.locator(".hoverlayer .hovertext").first.wait_for()
    page.mouse.down()
    page.mouse.up()


def tap(page: Page, area: str) -> None:
    page.touchscreen.tap(*marker(page, area))


@pytest.mark.parametrize(("width", "choose"), [(1440, click), (390, tap)])
def test_a_click_or_a_tap_chooses_an_area_and_another_leads_back(
    visit: Callable[..., Page], width: int, choose: Callable[[Page, str], None]
) -> None:
    page = visit("face-map", width, has_touch=choose is tap)
    for area in ("lips", "chin"):
        choose(page, area)
        page.wait_for_url(f"**face_area={area.capitalize()}*")
        page.get_by_test_id("stMarkdownContainer").filter(has_text=f"{area.capitalize()}, ").first.wait_for()
        settle(page)
    choose(page, "chin")
    page.get_by_text("The whole face.").wait_for()
    settle(page)
    assert "face_area" not in page.url
    sideways = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(sideways)


def test_the_list_and_the_way_back_need_no_mouse(visit: Callable[..., Page]) -> None:
    page = visit("face-map?face_sides=Apart")
    chosen = page.get_by_role("combobox", name="Area", exact=True).last
    chosen.focus()
    page.keyboard.type("Nasolab")
    page.keyboard.press("Enter")
    page.wait_for_url("**face_area=Nasolabial*")
    settle(page)
    back = page.get_by_role("button", name="Back to the whole face")
    back.focus()
    page.keyboard.press("Enter")
    page.get_by_text("The whole face.").wait_for()
    settle(page)
    assert not serious(page)
