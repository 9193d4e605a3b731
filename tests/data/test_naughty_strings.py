"""Texts that break programs are texts: every column of text holds them exactly, whatever format they come in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from data import ImportReport
from tests.data.conftest import Practice
from tests.data.pollution.clean import Clean, clean
from tests.data.pollution.formats import as_parquet
from tests.data.pollution.judging import bounded
from tests.data.pollution.naughty import NAUGHTY
from tests.data.pollution.workbooks import Sheet, book

LONGEST_EXCEL_TEXT = 32_767
TEXTS = {
    "treatments": ("product", "lot", "area", "dose_unit", "technique", "practitioner", "clinic", "indication"),
    "side_effects": ("action", "area"),
}


def naughty(table: str, mark: str, texts: Sequence[str]) -> Clean:
    """A table with one of the texts in each row, in every column of text; the mark stands in every id."""
    made = clean(table, mark, len(texts))
    rows = [row | dict.fromkeys(TEXTS[table], text) for row, text in zip(made.rows, texts, strict=True)]
    return replace(made, rows=tuple(rows))


def delimited(delimiter: str, quoting: int, end: str) -> Callable[[Clean], bytes]:
    def write(made: Clean) -> bytes:
        place = io.StringIO()
        writer = csv.writer(place, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
        writer.writerow(made.headers)
        writer.writerows(row.values() for row in made.rows)
        return place.getvalue().encode()

    return write


def ndjson(made: Clean) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in made.rows).encode()


def json_array(made: Clean) -> bytes:
    return json.dumps(made.rows, indent=1).encode()


def parquet(made: Clean) -> bytes:
    return as_parquet(pa.table({name: [row[name] for row in made.rows] for name in made.headers}))


def workbook(made: Clean) -> bytes:
    sheet = Sheet(made, made.table)
    sheet.header()
    sheet.all_rows()
    return book([sheet])


FORMATS: dict[str, Callable[[Clean], bytes]] = {
    "comma.csv": delimited(",", csv.QUOTE_MINIMAL, "\n"),
    "semicolon.csv": delimited(";", csv.QUOTE_ALL, "\r\n"),
    "tab.tsv": delimited("\t", csv.QUOTE_MINIMAL, "\r\n"),
    "pipe.csv": delimited("|", csv.QUOTE_ALL, "\n"),
    "lines.ndjson": ndjson,
    "array.json": json_array,
    "table.parquet": parquet,
    "book.xlsx": workbook,
}


def texts_of(format_name: str) -> list[str]:
    """The texts that a format can hold: a workbook has no longer ones, and XML no such characters as U+FFFE."""
    if not format_name.endswith(".xlsx"):
        return list(NAUGHTY)
    return [text for text in NAUGHTY if len(text) <= LONGEST_EXCEL_TEXT and "\ufffe" not in text and "\r" not in text]


def mark_of(name: str) -> str:
    return f"n{list(FORMATS).index(name)}"


def in_every_format(practice: Practice, table: str, texts: Mapping[str, Sequence[str]]) -> ImportReport:
    """Imports the texts of each format in a file of that format, all files at once."""
    for name, written in texts.items():
        practice.write(f"{table}_{name}", FORMATS[name](naughty(table, mark_of(name), written)))
        if table != "treatments":
            treatments = clean("treatments", mark_of(name), len(written))
            practice.write(f"{name}_treatments.csv", delimited(",", csv.QUOTE_MINIMAL, "\n")(treatments))
    with bounded():
        return practice.imports()


@pytest.mark.parametrize("table", TEXTS)
def test_naughty_texts_are_held_exactly(tmp_path: Path, table: str) -> None:
    practice = Practice(tmp_path)
    texts = {name: texts_of(name) for name in FORMATS}
    report = in_every_format(practice, table, texts)
    assert not report.rejects
    columns = TEXTS[table]
    for name, written in texts.items():
        made = naughty(table, mark_of(name), written)
        of_it = f"where starts_with({made.id_column}, '{made.mark}-')"
        select = f"select {made.id_column}, {', '.join(columns)} from {table} {of_it}"
        by_id = {row[0]: row[1:] for row in practice.rows(select)}
        assert len(by_id) == len(written)
        for row, text in zip(made.rows, written, strict=True):
            found = dict(zip(columns, by_id[row[made.id_column]], strict=True))
            assert found == dict.fromkeys(columns, text), f"{name}: {text[:50]!a} became {str(found)[:200]!a}"


@pytest.mark.parametrize("name", ["comma.csv", "array.json", "table.parquet", "book.xlsx"])
def test_naughty_ids_are_held_exactly(tmp_path: Path, name: str) -> None:
    """Ids tell rows apart, so none may be changed, nor two be made one (a row called total is one of totals)."""
    practice = Practice(tmp_path)
    texts = sorted({text for text in texts_of(name) if not text.startswith("SYN-") and text != "total"})
    made = clean("treatments", "n", len(texts))
    rows = [row | {"treatment_id": text, "patient_id": text} for row, text in zip(made.rows, texts, strict=True)]
    made = replace(made, rows=tuple(rows))
    practice.write(f"treatments_{name}", FORMATS[name](made))
    with bounded():
        report = practice.imports()
    assert not report.rejects
    assert practice.rows("select treatment_id, patient_id from treatments order by treated_on") == [
        (text, text) for text in texts
    ]


WHITE = (
    "",
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\u00a0",
    " \u00a0\t",
    "\u2003",
    "\u3000",
    "\u2009 ",
    "\x0b",
    "\x0c",
    "\u2028",
)


def test_white_space_around_a_text_is_trimmed_and_alone_is_nothing(tmp_path: Path) -> None:
    practice = Practice(tmp_path)
    texts = [*WHITE, *(f"{white}a {white}b{white}" for white in WHITE)]
    formats = ("comma.csv", "semicolon.csv", "lines.ndjson", "table.parquet", "book.xlsx")
    in_every_format(practice, "treatments", dict.fromkeys(formats, texts))
    for name in formats:
        of_it = f"where starts_with(treatment_id, '{mark_of(name)}-')"
        found = practice.rows(f"select product from treatments {of_it} order by treated_on")
        assert [product for (product,) in found] == [text.strip() or None for text in texts], name
