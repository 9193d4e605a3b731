"""A new user with nothing but a practice's raw file: from drop to chart, then mended rows, then the same again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.leistungen import UNREADABLE, leistungen
from tests.browser.test_browser import address, browser, kept, pytestmark, serious, settle, visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["address", "browser", "kept", "pytestmark", "visit"]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place where there is no snapshot yet: the server builds the synthetic sample there by itself."""
    return tmp_path_factory.mktemp("new") / "snapshot.json"


def drop(page: Page, file: Path) -> None:
    page.locator('[data-testid="stFileUploaderDropzone"] input[type=file]').set_input_files(str(file))


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def heading(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("heading", name=name).first.wait_for()
    settle(page)


def test_from_a_raw_file_to_a_chart(visit: Callable[..., Page], tmp_path: Path) -> None:
    raw = tmp_path / "Leistungen 2024.csv"
    raw.write_bytes(leistungen())
    page = visit("data")
    assert page.get_by_text("Synthetic sample data").is_visible()
    assert not serious(page)

    drop(page, raw)
    page.get_by_role("button", name="Continue").wait_for()
    settle(page)
    assert page.get_by_text("Name (names of people)").is_visible()
    press(page, "Continue")
    heading(page, re.compile("Treatments, from"))
    page.get_by_text("L10000 · L10001").first.wait_for()
    assert not serious(page)
    press(page, "Continue")
    page.get_by_text("Day of treatment (Datum)").wait_for()
    assert page.get_by_text("08.01.2024 → 8 January 2024").first.is_visible()
    assert not serious(page)
    press(page, "Continue")
    heading(page, "Import these records?")
    assert page.get_by_text("no date that can be read").count() or page.get_by_text("2 rejected").count()
    assert not serious(page)
    page.get_by_role("textbox", name="Save these answers under a name").fill("Praxis Müller")
    page.keyboard.press("Enter")
    settle(page)
    press(page, "Import")
    page.get_by_text("See the side effects").wait_for()
    settle(page)
    assert not page.get_by_text("Synthetic sample data").count()
    assert not serious(page)

    with page.expect_download() as download:
        press(page, "Download these rows to mend them")
    rejected = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert UNREADABLE in rejected
    rows = [row for row in rejected.replace(UNREADABLE, "28.02.2024").splitlines() if "Summe" not in row]
    mended = tmp_path / download.value.suggested_filename
    mended.write_text("\n".join(rows) + "\n", encoding="utf-8-sig")
    press(page, "Bring in more files")
    settle(page)
    drop(page, mended)
    heading(page, "Import these records?")
    assert page.get_by_text("Read as last time").is_visible()
    press(page, "Import")
    page.get_by_text("1 treatment record loaded").first.wait_for()

    page.get_by_text("See the side effects").click()
    page.get_by_role("heading", name="Side effects", exact=True, level=1).wait_for()
    settle(page)
    assert page.locator(".js-plotly-plot").count()
    assert page.get_by_text("Bruising").count()
