"""A real Chromium walks the real app over the bundled sample: no error, no other host, files that equal the exports."""

from __future__ import annotations

import datetime
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from dashboard.cli import main
from dashboard.pages import PAGES, SECTIONS
from dashboard.store import default_snapshot, open_snapshot

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, Request

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 120_000  # milliseconds; other work on the machine may make everything slow
# Each page is looked at once: scripts are run as they are, as to make them fast costs more than it gives.
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--js-flags=--no-opt --no-maglev"]
PATHS = ["" if page is PAGES[0] else page.URL_PATH for page in PAGES]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("CI") != "true", reason="there is no Chromium (apt-get install chromium)"
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return default_snapshot(tmp_path_factory.mktemp("browser") / "snapshot.json")[0]


@pytest.fixture(scope="module")
def address(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app, served on a free port; it may not have logged a failure by the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("log") / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    environment = {**os.environ, "OUTCOMES_SNAPSHOT": str(snapshot)}
    with log.open("w") as written:
        server = subprocess.Popen(
            [*command, "--server.port", str(port)], cwd=ROOT, env=environment, stdout=written, stderr=written
        )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                    break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "there is no Chromium, and CI=true says that there must be one"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def kept(browser: Browser) -> Page:
    """The page that a test opens first: one for all of a module, so that the app's scripts are compiled once."""
    page = browser.new_context(accept_downloads=True).new_page()
    page.context.set_default_timeout(PATIENCE)
    return page


@pytest.fixture
def visit(browser: Browser, kept: Page, address: str) -> Iterator[Callable[..., Page]]:
    """Opens a path of the app; whatever the page asks of another host, or complains of, is a failure."""
    wrong: list[str] = []

    def judge(message: ConsoleMessage) -> None:
        # On a deep link Streamlit first looks for its own server below that path: a 404 that means nothing.
        if message.type in ("error", "warning") and "/_stcore/" not in message.location["url"]:
            wrong.append(f"{message.type}: {message.text} {message.location['url']}")

    def uncaught(error: Error) -> None:
        wrong.append(f"uncaught: {error}")

    def foreign(asked: Request) -> None:
        if not asked.url.startswith((address, address.replace("http", "ws"), "data:", "blob:")):
            wrong.append(f"another host: {asked.url}")

    opened: list[Page] = []

    def open_path(path: str, width: int = 1440, scheme: str = "light", has_touch: bool = False) -> Page:
        if has_touch:
            phone = browser.new_context(viewport={"width": width, "height": 1000}, has_touch=True, is_mobile=True)
            phone.set_default_timeout(PATIENCE)
            page = phone.new_page()
        else:
            page = kept.context.new_page() if kept in opened else kept
        opened.append(page)
        page.set_viewport_size({"width": width, "height": 1000})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.on("console", judge)
        page.on("pageerror", uncaught)
        page.on("request", foreign)
        page.goto(f"{address}/{path}")
        settle(page)
        return page

    yield open_path
    # Nothing of this visit is left for the next: no cookie, nothing stored, no session at the server.
    if kept in opened:
        kept.remove_listener("console", judge)
        kept.remove_listener("pageerror", uncaught)
        kept.remove_listener("request", foreign)
        kept.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        kept.goto("about:blank")
        kept.context.clear_cookies()
    for page in (page for each in browser.contexts for page in each.pages):
        if page is not kept:
            page.close()
    assert not wrong, wrong


DRAWN = """
() => [...document.querySelectorAll('.js-plotly-plot .main-svg:first-child')].every(
    (drawing) => drawing.getBoundingClientRect().width > 0
)
"""
"""Asked of the charts that are there at the time: one of those that were counted before may be gone meanwhile."""


MENDED = """() => [...document.querySelectorAll('[data-testid="stSidebarNavItems"]')].every(
    one => one.getAttribute("role") === "none" || !one.querySelector(":scope > div"))"""


def settle(page: Page) -> None:
    """Waits until the app has run and everything is drawn."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_selector("h1")
    page.wait_for_function('() => !document.querySelector(\'[data-stale="true"], [data-testid="stSkeleton"]\')')
    page.wait_for_function(DRAWN)


def heading(page: Page, title: str) -> Locator:
    """The page's heading, once it is this one; asked for by its tag, as roles of all elements are dear to tell."""
    return page.locator("h1", has_text=re.compile(f"^{re.escape(title)}$"))


def by_menu(page: Page, title: str) -> None:
    """Goes to another page by the menu at the top."""
    section = next(name for name, pages in SECTIONS.items() if title in [each.TITLE for each in pages])
    if section:
        page.get_by_test_id("stTopNavSection").filter(has_text=section).click()
    page.get_by_role("menuitem" if section else "link", name=title, exact=True).click()


def serious(page: Page) -> list[str]:
    """What axe finds wrong that is serious or worse, once our own script has mended the menu."""
    page.wait_for_function(MENDED)
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_every_page(visit: Callable[..., Page], address: str, width: int, scheme: str) -> None:
    page = visit("", width, scheme)
    for path, module in zip(PATHS, PAGES, strict=True):
        if width < 1000:
            page.goto(f"{address}/{path}")
        else:
            by_menu(page, module.TITLE)
        heading(page, module.TITLE).wait_for()
        settle(page)
        assert page.locator("h1").inner_text() == module.TITLE
        assert path == "audit" or page.get_by_text("Synthetic sample data").is_visible()
        assert (
            path in ("records", "patients", "what-changed", "sql", "audit") or page.locator(".js-plotly-plot").count()
        )
        text = page.locator("body").inner_text()
        assert "Traceback" not in text
        assert "could not be shown" not in text
        sideways = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(sideways), f"{path} is wider than {width}"
        ground = page.evaluate("() => getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        assert (int(re.findall(r"\d+", ground)[0]) < 128) == (scheme == "dark")
        assert not serious(page)


def test_filters_stay_from_page_to_page_and_in_the_address(visit: Callable[..., Page], address: str) -> None:
    page = visit("")
    page.get_by_role("combobox", name="Treatment type").fill("Dermal")
    page.get_by_role("option", name="Dermal filler").click()
    page.wait_for_url(re.compile("treatment_type=Dermal"))
    page.keyboard.press("Escape")
    by_menu(page, "Side effects")
    page.get_by_role("heading", name="Side effects", exact=True).wait_for()
    settle(page)
    assert "treatment_type=Dermal" in page.url
    size = page.get_by_text(re.compile(r"of 12,500 treatment records")).first.inner_text()
    assert page.title() == "Side effects · treatment type Dermal filler · Outcomes"
    page.get_by_role("radio", name="Patients", exact=True).click()
    page.wait_for_url(re.compile("rates_unit=Patients"))
    page.get_by_role("radio", name="Link", exact=True).last.click()
    link = page.get_by_test_id("stCode").filter(has_text="rates_unit=Patients").inner_text().strip()
    again = visit(link.removeprefix(address).lstrip("/"))
    assert again.get_by_role("radio", name="Patients", exact=True).is_checked()
    again.wait_for_function(
        "() => { const at = document.getElementById('effect-by-effect').getBoundingClientRect().top;"
        " return at >= 0 && at < innerHeight - 100; }"
    )
    assert again.get_by_text(re.compile(r"of 12,500 treatment records")).first.inner_text() == size
    assert not size.startswith("12,500")
    again.get_by_role("button", name="Reset filters").click()
    again.get_by_text("12,500 of 12,500 treatment records").first.wait_for()
    assert "treatment_type" not in again.url


def test_a_download_is_what_the_command_line_exports(
    visit: Callable[..., Page], snapshot: Path, tmp_path: Path
) -> None:
    link = "treatment_type=dermal_filler&treated_from=2024-01-01"
    selection = ["--where", "treatment_type=dermal_filler", "--from", "2024-01-01", "--snapshot", str(snapshot)]
    page = visit(f"side-effects?{link}")
    page.get_by_text("Download").first.click()
    assert downloaded(page) == exported("side_effect_rates", "--by", "treatment_type", *selection)
    page = visit(f"records?{link}")
    assert downloaded(page) == exported("treatments", *selection)


def test_the_recall_list_is_what_the_command_line_exports(visit: Callable[..., Page], snapshot: Path) -> None:
    page = visit("maintenance?treatment_type=neuromodulator&maintenance_horizon=60+days")
    page.get_by_text("Download").last.click()
    options = ["--horizon-days", "60", "--where", "treatment_type=neuromodulator", "--snapshot", str(snapshot)]
    assert downloaded(page) == exported("recall_list", *options)


def test_a_patient_is_found_by_keyboard_and_printed(visit: Callable[..., Page], snapshot: Path) -> None:

    page = visit("patients", scheme="dark")
    page.get_by_label("Find a patient").fill("p00001")
    page.get_by_text("10 with this in the id").wait_for()
    page.keyboard.press("Tab")
    page.get_by_role("combobox", name="10 with this in the id").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name="SYN-P000010").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="SYN-P000010", exact=True).wait_for()
    settle(page)
    assert open_snapshot(snapshot).pseudonym("SYN-P000010") in page.url
    assert "SYN-P" not in page.url
    assert not serious(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="One page to print").click()
    printed = visit("patients").context.new_page()
    printed.set_content(Path(download.value.path()).read_text(encoding="utf-8"))
    assert printed.locator("h1").inner_text() == "Patient SYN-P000010"
    for width in (794, 816, 390):  # A4 and Letter at 96 dots per inch, and a phone
        printed.set_viewport_size({"width": width, "height": 1000})
        assert printed.evaluate("() => document.documentElement.scrollWidth") == width
    page.get_by_text("Download").first.click()
    options = ["--patient-id", "SYN-P000010", "--snapshot", str(snapshot)]
    assert downloaded(page) == exported("patient_timeline", *options)


def test_the_address_is_always_that_of_the_patient_shown(visit: Callable[..., Page], snapshot: Path) -> None:
    pseudonym = open_snapshot(snapshot).pseudonym
    page = visit(f"patients?patient_pseudonym={pseudonym('SYN-P000001')}")
    page.get_by_role("combobox", name="Show").click()
    page.get_by_role("option").last.click()
    page.wait_for_url(re.compile("patient_span=90"))
    for patient_id in ("SYN-P000002", "SYN-P000003"):
        page.get_by_label("Find a patient").fill(patient_id)
        page.get_by_role("heading", name=patient_id, exact=True).wait_for()
        page.wait_for_url(re.compile(rf"patient_pseudonym={pseudonym(patient_id)}$"))
    page.go_back()
    page.get_by_role("heading", name="SYN-P000002", exact=True).wait_for()


def downloaded(page: Page) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).first.click()
    return Path(download.value.path()).read_bytes()


def exported(*arguments: str) -> bytes:
    done = CliRunner().invoke(main, ["export", *arguments, "--format", "csv"])
    assert done.exit_code == 0, done.output
    return done.stdout_bytes


def test_the_report_is_what_the_command_line_writes_and_can_be_printed(
    visit: Callable[..., Page], snapshot: Path, tmp_path: Path
) -> None:
    page = visit("?treatment_type=fat_transfer&treated_from=2024-01-01")
    page.get_by_role("button", name="Report", exact=True).click()
    page.get_by_label("Practice").fill("Praxis am Park")
    page.get_by_label("Practice").press("Tab")
    settle(page)
    page.get_by_role("button", name="Make the report").click()
    page.get_by_role("button", name="HTML", exact=True).wait_for()
    assert not serious(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML", exact=True).click()
    html = Path(download.value.path()).read_text(encoding="utf-8")
    (when,) = re.findall(r"Made (\d+ \w+ \d{4}, \d\d:\d\d), by", html)
    made_at = datetime.datetime.strptime(when, "%d %B %Y, %H:%M").isoformat(timespec="minutes")
    selection = ["--where", "treatment_type=fat_transfer", "--from", "2024-01-01", "--practice", "Praxis am Park"]
    command = ["report", *selection, "--made-at", made_at, "--snapshot", str(snapshot), "--output"]
    assert CliRunner().invoke(main, [*command, str(tmp_path / "r.html")]).exit_code == 0
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == html
    read = page.context.new_page()
    read.set_content(html)
    assert not serious(read)
    for width in (794, 816, 390):
        read.set_viewport_size({"width": width, "height": 1000})
        assert read.evaluate("() => document.documentElement.scrollWidth") == width
    for paper in ("A4", "Letter"):
        printed = PdfReader(io.BytesIO(read.pdf(format=paper))).pages
        assert len(printed) > 2
        for number, one in enumerate(printed, start=1):
            words = one.extract_text()
            assert "Synthetic sample data, no real patients" in words
            assert f"{number} / {len(printed)}" in words
