"""The report by its own door: exports, import, `outcomes report`; as HTML and as PDF, read again and held against the
store.
"""

from __future__ import annotations

import datetime
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader

import data
from dashboard.charts.style import LIGHT
from dashboard.cli import main
from dashboard.filters import Filters
from dashboard.report import to_html, to_pdf
from dashboard.report.content import Bullets, Method, Part, Report, Section, Table, Text
from dashboard.store import Store, definition, open_snapshot
from tests.conftest import RandomSnapshot
from tests.data.pollution.naughty import NAUGHTY
from tests.drawing import Exports, Row, on, write_exports

MADE_AT = "2026-11-26T09:00"
MARKUP = ("<script>alert(1)</script>", '#eval("1")', "$1$ *bold* _it_ @ref", "\\#let x = 1 // `raw`", "]](<b>&amp;")


def run(snapshot: Path, output: Path, *arguments: str) -> Result:
    given = ["report", "--snapshot", str(snapshot), "--output", str(output), "--made-at", MADE_AT, *arguments]
    return CliRunner().invoke(main, given)


def reported(snapshot: Path, output: Path, *arguments: str) -> bytes:
    outcome = run(snapshot, output, *arguments)
    assert (outcome.exit_code, outcome.stdout) == (0, ""), outcome.stderr
    return output.read_bytes()


@dataclass
class Page(HTMLParser):
    """What a page of HTML says: its tables by their captions, its other words, and every tag with its attributes."""

    html: str
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._caption, self._rows = "", list[list[str]]()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "wbr":
            return
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self._caption, self._rows = "", []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("th", "td"):
            self._rows[-1].append("")
        elif tag == "small":
            self._rows[-1][-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.tables[self._caption] = self._rows

    def handle_data(self, text: str) -> None:
        inner = self.tags[-1][0] if self.tags else ""
        if inner == "caption":
            self._caption += text.strip()
        elif inner in ("th", "td", "small") and text.strip():
            self._rows[-1][-1] += text
        if inner != "style":
            self.words.append(text)

    def rows(self, caption: str) -> dict[str, list[str]]:
        """The rows of a table by what they are called, without its heads."""
        return {row[0]: row[1:] for row in self.tables[caption][1:]}


def pages_of(pdf: bytes) -> list[str]:
    """What each page of a PDF says, with single spaces."""
    return [" ".join(page.extract_text().replace("\u200b", "").split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def pointer_of(store: Store) -> Path:
    return store.generation.path.parent.with_suffix("")


@pytest.fixture(scope="module")
def many(random_snapshot: RandomSnapshot) -> tuple[Exports, Store]:
    return random_snapshot(1)


@pytest.fixture(scope="module")
def page(many: tuple[Exports, Store], tmp_path_factory: pytest.TempPathFactory) -> Page:
    place = tmp_path_factory.mktemp("report") / "report.html"
    compared = ("--compare", "technique", "--practice", "Praxis <am> Park")
    return Page(reported(pointer_of(many[1]), place, *compared).decode())


def is_shown(written: str, value: float, scale: float = 1.0) -> bool:
    """Whether a number is written to the digits that it has: half a step of the last one off at most."""
    number = re.sub(r"[^\d.−+]", "", written).replace("−", "-").rstrip(".")
    step = 10.0 ** -len(number.partition(".")[2])
    return abs(float(number) - scale * value) <= step / 2 * (1 + 1e-9)


def ends(limits: str) -> list[str]:
    """Both limits; a dash stands for both."""
    return limits.split(" to ") if " to " in limits else [limits, limits]


def each(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples())


def test_rates_are_those_of_the_store(page: Page, many: tuple[Exports, Store]) -> None:
    _, store = many
    look = LIGHT.of_types({one.code: one.label for one in store.treatment_types})
    rates = store.measure("side_effect_rates")
    rows = page.rows("At least one side effect, by treatment type")
    singles = page.tables["Single side effects: rate, 95 % limits, affected of followed up"]
    assert len(rows) == rates["treatment_type"].nunique() > 2
    for rate in each(rates):
        name, effect = look.name("treatment_type", str(rate.treatment_type)), str(rate.effect)
        if effect == "any":
            treated, followed_up, affected, share, limits, best, worst = rows[name]
            assert [treated, affected] == [f"{rate.treated:,}", f"{rate.affected:,}"]
            assert followed_up.startswith(f"{rate.evaluable:,} (")
            written = [followed_up.split("(")[1], share, *ends(limits), best, worst]
            values = [getattr(rate, column) for column in ("completeness", "rate", "rate_low", "rate_high")]
            values += [rate.rate_best_case, rate.rate_worst_case]
        else:
            row = next(row for row in singles if row[0] == look.name("effect", effect))
            share, *more = row[singles[0].index(name)].split("\n")
            assert more[-1] == f"{rate.affected}/{rate.evaluable}"
            written = [share, *more[0].split("–")] if rate.evaluable else []
            values = [rate.rate, rate.rate_low, rate.rate_high] if rate.evaluable else []
        for text, value in zip(written, values, strict=True):
            assert (text == "–" and value != value) or is_shown(text, value, 100), (name, effect, text, value)


@pytest.mark.parametrize(
    ("name", "days", "shares", "counts"),
    [
        (
            "time_to_resolution_summary",
            "Days until side effects had resolved",
            "Share resolved by day, with 95 % limits",
            ("side_effects", "resolved"),
        ),
        (
            "maintenance_summary",
            "Days from one course to the next",
            "Share returned by day, with 95 % limits",
            ("patients", "courses", "completed"),
        ),
    ],
)
def test_curves_are_those_of_the_store(
    page: Page, many: tuple[Exports, Store], name: str, days: str, shares: str, counts: tuple[str, ...]
) -> None:
    _, store = many
    look = LIGHT.of_types({one.code: one.label for one in store.treatment_types})
    summary = store.measure(name)
    prefix = "resolved_by" if "resolved_by_1" in summary else "returned_by"
    assert len(page.rows(days)) == len(summary) > 1
    for row in summary.to_dict("records"):
        called = look.name("treatment_type", row["treatment_type"])
        written = page.rows(days)[called]
        assert written[: len(counts)] == [f"{row[count]:,.0f}" for count in counts]
        median, limits, first, third = written[len(counts) :]
        for text, value in zip(
            (median, first, third), (row["median_days"], row["q1_days"], row["q3_days"]), strict=True
        ):
            assert text == "not reached" if value != value else is_shown(text.split("\u00a0")[0], value)
        if row["median_low"] == row["median_low"]:
            assert is_shown(limits.removeprefix("at least ").split(" to ")[0], row["median_low"])
        heads = page.tables[shares][0]
        for head, cell in zip(heads[2:], page.rows(shares)[called][1:], strict=True):
            share = row[f"{prefix}_{head.removeprefix('Day').strip()}"]
            assert cell == "–" if share != share else is_shown(cell.split("\n")[0], share, 100)


def test_the_comparison_is_that_of_the_store(page: Page, many: tuple[Exports, Store]) -> None:
    """Of the two techniques with the most followed up; none of those that nobody recorded."""
    _, store = many
    sizes = store.measure("follow_up_completeness", by=("technique",))
    two = tuple(sizes[sizes["technique"] != ""].sort_values("evaluable", ascending=False)["technique"][:2])
    compared = store.measure("comparison", Filters(technique=two), ("technique",))
    (caption,) = (one for one in page.tables if " against " in one)
    rows = page.rows(caption)
    assert "Comparison by technique" in page.words
    occurred = compared[(compared["affected"] > 0) | (compared["reference_affected"] > 0)]
    assert len(rows) == len(occurred) > 1
    for row in each(occurred):
        cells = rows[LIGHT.name("effect", str(row.effect))]
        assert cells[0].endswith(f"\n{row.affected}/{row.evaluable}")
        assert cells[1].endswith(f"\n{row.reference_affected}/{row.reference_evaluable}")
        low, high = cells[3].split(" to ")
        for text, value in ((cells[2], row.risk_difference), (low, row.risk_difference_low)):
            assert is_shown(text, value, 100)
        assert is_shown(high, row.risk_difference_high, 100)
        assert is_shown(cells[4], row.risk_ratio)


def test_pictures_are_drawn_where_the_figures_are(page: Page, many: tuple[Exports, Store]) -> None:
    """The dots of the rates stand where the labels of the axis say."""
    _, store = many
    rates = store.measure("side_effect_rates")
    rates = rates[(rates["effect"] == "any") & rates["rate"].notna()]
    pictures = re.findall(r"<svg.*?</svg>", page.html, re.DOTALL)
    assert len(pictures) == 4
    drawings = [ET.fromstring(picture) for picture in pictures]
    space = "{http://www.w3.org/2000/svg}"
    for drawing in drawings:
        told = drawing.attrib["aria-labelledby"].split()
        titles = {part.attrib["id"]: part.text for part in drawing if part.tag in (f"{space}title", f"{space}desc")}
        assert all(titles[name] for name in told)
    ticks = [
        (float(text.attrib["x"]), float("".join(text.itertext()).removesuffix("%").strip()))
        for text in drawings[0].iter(f"{space}text")
        if text.attrib["text-anchor"] == "middle"
    ]
    (left, zero), (right, top) = ticks[0], ticks[-1]
    assert zero == 0
    dots = sorted((float(dot.attrib["cx"]) - left) / (right - left) * top for dot in drawings[0].iter(f"{space}circle"))
    assert dots == pytest.approx(sorted(100 * rates["rate"]), abs=0.05)


def test_the_page_runs_nothing_and_asks_nobody(page: Page) -> None:
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "base", "form", "a"}
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name in ("xmlns",) or not re.search(r"https?:|//|url\((?!#)|javascript:", value or ""), (tag, value)
    (style,) = re.findall(r"<style>(.*?)</style>", page.html, re.DOTALL)
    assert not re.search(r"url\(|@import|//", style)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids)) > 4
    assert "Praxis <am> Park" in page.words


def test_every_figure_has_its_method_and_no_patient_is_told(page: Page, many: tuple[Exports, Store]) -> None:
    exports, _ = many
    text = " ".join(page.words)
    for name in ("side_effect_rates", "time_to_resolution", "maintenance_intervals", "comparison"):
        assert definition(name).sentence in text
    ids = {str(row[column]) for row in exports.treatments for column in ("patient_id", "treatment_id") if row[column]}
    assert len(ids) > 20
    assert not ids & set(re.findall(r"[\w-]+", text))


def test_the_same_report_is_the_same_file(many: tuple[Exports, Store], tmp_path: Path) -> None:
    pointer = pointer_of(many[1])
    made = [
        [reported(pointer, tmp_path / f"{name}{ending}", "--compare", "technique") for ending in (".html", ".pdf")]
        for name in "ab"
    ]
    assert made[0] == made[1]
    told = pages_of(made[0][1])
    assert len(told) > 2
    for number, words in enumerate(told, start=1):
        assert f"{number} / {len(told)}" in words
        assert "Synthetic" not in words
    html = Page(made[0][0].decode())
    everything = " ".join(told)
    for rows in html.tables.values():
        for row in rows[1:]:
            assert all(" ".join(cell.split()) in everything for cell in row), row


@dataclass(frozen=True)
class Both:
    """The words of a report, as HTML and as PDF."""

    html: Page
    pdf: list[str]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Both]:
    """Reports of exports whose names are markup of both languages, imported once."""
    place = tmp_path_factory.mktemp("hostile")
    treatments, side_effects, follow_ups = [], [], []
    for patient in range(60):
        which = patient % 2
        treatments.append(
            {
                "treatment_id": f"t{patient}",
                "patient_id": f"PATIENT-{patient}-SECRET",
                "treated_on": on(patient),
                "treatment_type": MARKUP[2],
                "technique": MARKUP[which],
            }
        )
        follow_ups.append({"treatment_id": f"t{patient}", "followed_up_on": on(patient + 9)})
        if patient % 3 == 0:
            day = on(patient)
            side_effects.append(
                {"treatment_id": f"t{patient}", "effect": MARKUP[3 + which], "onset_on": day, "resolved_on": day}
            )
    exports = Exports(treatments, [], follow_ups, side_effects)
    report = data.import_exports([write_exports(exports, place / "exports")], into=place / "outcomes.json")
    assert not report.rejects

    def made(*arguments: str) -> Both:
        html, pdf = (
            reported(place / "outcomes.json", place / f"r{ending}", *arguments) for ending in (".html", ".pdf")
        )
        return Both(Page(html.decode()), pages_of(pdf))

    return made


def plain(text: str) -> str:
    """A text without spaces and underscores, which names in words do without, and without capitals."""
    return re.sub(r"[\s_]", "", text).casefold()


def test_names_are_text_in_both(hostile: Callable[..., Both]) -> None:
    both = hostile("--compare", "technique", "--practice", MARKUP[1])
    told = [plain(" ".join(both.html.words)), plain(" ".join(both.pdf))]
    for name in MARKUP:
        assert all(plain(name) in words for words in told), name
    assert not {tag for tag, _ in both.html.tags} & {"script", "b"}
    assert not any("secret" in words for words in told)


def test_every_naughty_text_can_be_reported() -> None:
    """As headings, sentences, cells and methods, without becoming a tag or stopping the setting of the PDF."""
    text = NAUGHTY
    parts: tuple[Part, ...] = (
        Bullets(text[0], text),
        Table("t", ("a", "b"), tuple((one, one) for one in text)),
        *(Text(one, Text.NOTE) for one in text),
        Method("m", "s", tuple((one, one) for one in text)),
    )
    made_at = datetime.datetime(2026, 11, 26)
    report = Report("T", "", text[0], (("f", text[1]),), text[2], "", made_at, (Section(text[3], parts),))
    page = Page(to_html(report))
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "main", "header", "p", "h1", "h2", "h3", "dl", "div", "dt",
        "dd", "section", "ul", "li", "table", "caption", "thead", "tbody", "tr", "th", "td", "small", "footer",
    }  # fmt: skip
    assert to_pdf(report).startswith(b"%PDF")


def test_an_empty_selection_says_so(hostile: Callable[..., Both]) -> None:
    both = hostile("--from", "1999-01-01", "--to", "1999-12-31", "--compare", "technique")
    assert len(both.pdf) == 1
    for words in (" ".join(both.html.words), *both.pdf):
        assert "No treatment record matches this selection" in words
        assert "Choose a longer period" in words
        assert not re.search(r"\bnan\b", words)
    assert not both.html.tables


def test_one_record_and_nobody_followed_up(hostile: Callable[..., Both]) -> None:
    words = " ".join(hostile("--from", "2023-01-02", "--to", "2023-01-02").html.words)
    assert "No side effect is recorded in this selection." in words
    assert not re.search(r"\bnan\b|None", words)


def test_what_is_suppressed_stays_so(many: tuple[Exports, Store], tmp_path: Path) -> None:
    pointer = pointer_of(many[1])
    told = open_snapshot(pointer, 5)
    page = Page(reported(pointer, tmp_path / "r.html", "--suppress-below", "5").decode())
    look = LIGHT.of_types({one.code: one.label for one in told.treatment_types})
    rates = told.measure("side_effect_rates")
    singles = page.tables["Single side effects: rate, 95 % limits, affected of followed up"]
    hidden = 0
    for rate in each(rates):
        name = look.name("treatment_type", str(rate.treatment_type))
        is_hidden = rate.affected != rate.affected or rate.evaluable != rate.evaluable
        hidden += is_hidden
        if str(rate.effect) == "any":
            row = page.rows("At least one side effect, by treatment type")[name]
            assert (row[2] == "suppressed") == (rate.affected != rate.affected)
            assert (row[3] == "suppressed") == (rate.rate != rate.rate)
        else:
            row = next(row for row in singles if row[0] == look.name("effect", str(rate.effect)))
            assert (row[singles[0].index(name)] == "suppressed") == is_hidden
    assert hidden > 3
    resolution = told.measure("time_to_resolution_summary")
    for summary in each(resolution):
        row = page.rows("Days until side effects had resolved")[
            look.name("treatment_type", str(summary.treatment_type))
        ]
        assert (row[0] == "suppressed") == (summary.side_effects != summary.side_effects)
        assert (row[1] == "suppressed") == (summary.resolved != summary.resolved)
    outcome = run(pointer, tmp_path / "x.html", "--suppress-below", "5", "--compare", "technique")
    assert outcome.exit_code == 2
    assert "comparison is withheld" in outcome.stderr
    assert not (tmp_path / "x.html").exists()


def synthetic(rows: Sequence[Row]) -> list[Row]:
    """The rows as synthetic ones, which is what their treatments' ids say."""
    return [row | {"treatment_id": f"SYN-{row['treatment_id']}"} if row.get("treatment_id") else row for row in rows]


def test_what_changed_in_synthetic_data(many: tuple[Exports, Store], tmp_path: Path) -> None:
    """What differs from the previous snapshot; and what is synthetic is called so, on every page."""
    real, _ = many
    exports = Exports(
        *(synthetic(rows) for rows in (real.treatments, real.patients, real.follow_ups, real.side_effects))
    )
    pointer = tmp_path / "outcomes.json"
    half = Exports(exports.treatments[::2], exports.patients)
    data.import_exports([write_exports(half, tmp_path / "1")], into=pointer)
    assert "What changed" not in Page(reported(pointer, tmp_path / "1.html").decode()).words
    data.import_exports([write_exports(exports, tmp_path / "2")], into=pointer)
    html = reported(pointer, tmp_path / "2.html").decode()
    page = Page(html)
    table = page.rows("Records, whatever is selected")
    added = len(exports.treatments) - len(half.treatments)
    assert [table["Treatments"][place] for place in (0, 2, 3)] == [f"{added:,}", "0", "0"]
    assert table["Follow ups"][0] == f"{len(exports.follow_ups):,}"
    assert any("figures moved by more than their limits" in words for words in page.words)
    banner = "Synthetic sample data, no real patients"
    assert html.count(banner) == 3  # at the top, at the foot, and in the margin of each printed page
    told = pages_of(reported(pointer, tmp_path / "2.pdf", "--paper", "letter"))
    assert len(told) > 2
    assert all(banner in words for words in told)
    first = PdfReader(tmp_path / "2.pdf").pages[0]
    assert [round(float(side)) for side in first.mediabox[2:]] == [612, 792]
    withheld = run(pointer, tmp_path / "x.html", "--since", "1", "--suppress-below", "5")
    assert withheld.exit_code == 2
    assert "withheld" in withheld.stderr
    assert "which are: 1" in run(pointer, tmp_path / "x.html", "--since", "7").stderr


@pytest.mark.parametrize(
    ("output", "arguments", "said"),
    [
        ("r.txt", (), "has to end in .html or .pdf"),
        ("r", (), "has to end in .html or .pdf"),
        ("no/such/folder/r.pdf", (), "cannot be written"),
        ("r.html", ("--where", "technique=nobody's"), "occurs nowhere"),
        ("r.html", ("--where", "shoe_size=44"), "there is no column"),
        ("r.html", ("--compare", "month"), "cannot be compared"),
        ("r.html", ("--since", "3"), "there is no earlier snapshot"),
        ("r.pdf", ("--from", "2024-02-01", "--to", "2024-01-01"), "before it begins"),
    ],
)
def test_what_cannot_be_reported_is_said(
    many: tuple[Exports, Store], tmp_path: Path, output: str, arguments: tuple[str, ...], said: str
) -> None:
    outcome = run(pointer_of(many[1]), tmp_path / output, *arguments)
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert said in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert not list(tmp_path.iterdir())
