"""Every format becomes the same records: what is read from one is read from all, with the line that each begins on."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
import xlsxwriter
import xlwt

from data import ImportRefused, ImportReport
from data.reporting import FileAccount
from tests.data.conftest import Practice, reasons

HEADERS = ("treatment_id", "patient_id", "treated_on", "treatment_type", "dose", "product")
ROWS = (
    ("0001", "P1", "2024-01-10", "neuromodulator", "20", "A, or B"),
    ("0002", "P2", "2024-02-01", "dermal_filler", "1.5", 'the "new" one'),
    ("0003", "P1", "2024-05-10", "neuromodulator", "", "Produit é"),
)
LOADED = [
    ("0001", "P1", date(2024, 1, 10), "neuromodulator", 20.0, "A, or B"),
    ("0002", "P2", date(2024, 2, 1), "dermal_filler", 1.5, 'the "new" one'),
    ("0003", "P1", date(2024, 5, 10), "neuromodulator", None, "Produit é"),
]
SELECT = "select treatment_id, patient_id, treated_on, treatment_type, dose, product from treatments order by 1"
Rows = Sequence[Sequence[str]]


@pytest.fixture
def empty(practice: Practice) -> Practice:
    """A practice that has exported nothing yet."""
    practice.exports.joinpath("treatments.csv").unlink()
    return practice


def delimited(
    rows: Rows = ROWS, delimiter: str = ",", quote: str = '"', end: str = "\n", escape: str = "", every: bool = False
) -> str:
    """The rows as text, with quotes around every cell or only where they are needed."""

    def cell(text: str) -> str:
        if every or any(sign in text for sign in (delimiter, quote, *escape)):
            return quote + text.replace(quote, (escape or quote) + quote) + quote
        return text

    return "".join(delimiter.join(map(cell, row)) + end for row in (HEADERS, *rows))


def workbook(*sheets: tuple[str, Sequence[Sequence[Any]]]) -> bytes:
    """A workbook of these sheets; days are real ones, a tuple is a formula and what it gives."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"default_date_format": "dd/mm/yyyy"}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, tuple):
                        sheet.write_formula(at, column, cell[0], None, cell[1])
                    elif isinstance(cell, str):
                        sheet.write_string(at, column, cell)
                    else:
                        sheet.write(at, column, cell)
    return content.getvalue()


def old_workbook(rows: Rows) -> bytes:
    """The rows as a workbook of before 2007, with real days."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Treatments")
    for at, row in enumerate((HEADERS, *map(typed, rows))):
        for column, cell in enumerate(row):
            if cell is not None:
                sheet.write(at, column, cell, xlwt.easyxf(num_format_str="DD/MM/YYYY" if column == 2 else "General"))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in members.items():
            archive.writestr(name.replace("_csv", ".csv"), inside)
    return content.getvalue()


def typed(row: Sequence[str]) -> list[Any]:
    """A row with a real day and number."""
    return [*row[:2], datetime.fromisoformat(row[2]), row[3], float(row[4]) if row[4] else None, row[5]]


def objects(rows: Rows = ROWS) -> list[dict[str, str]]:
    return [dict(zip(HEADERS, row, strict=True)) for row in rows]


def parquet(rows: Rows = ROWS) -> bytes:
    content = io.BytesIO()
    columns = list(zip(*map(typed, rows), strict=True))
    pyarrow.parquet.write_table(pa.table(dict(zip(HEADERS, columns, strict=True))), content)
    return content.getvalue()


def text(rows: Rows, encoding: str = "utf-8", **how: Any) -> bytes:
    return delimited(rows, **how).encode(encoding)


FORMATS: dict[str, tuple[str, Callable[[Rows], bytes], tuple[int, ...]]] = {
    **{
        f"delimiter {delimiter}": ("treatments.csv", partial(text, delimiter=delimiter), (2, 3, 4))
        for delimiter in (",", ";", "\t", "|", "^", "~", "\x1f", "¦", "§", "||")
    },
    "apostrophes": ("treatments.csv", partial(text, quote="'", every=True), (2, 3, 4)),
    "every cell quoted": ("treatments.csv", partial(text, every=True), (2, 3, 4)),
    "escapes": ("treatments.csv", partial(text, escape="\\"), (2, 3, 4)),
    "tabs in .txt": ("treatments.txt", partial(text, delimiter="\t"), (2, 3, 4)),
    **{
        f"{encoding} {end!r}": ("treatments.csv", partial(text, encoding=encoding, end=end), (2, 3, 4))
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252")
        for end in ("\n", "\r\n", "\r")
    },
    "title": ("treatments.csv", lambda rows: b"Exported on 1.6.2024\n\nPage 1 of 1\n" + text(rows), (5, 6, 7)),
    "sep=": ("treatments.csv", lambda rows: b"sep=;\r\n" + text(rows, delimiter=";"), (3, 4, 5)),
    "trailing delimiters": (
        "treatments.csv",
        lambda rows: text(rows, end=",\n").replace(b"product,", b"product"),
        (2, 3, 4),
    ),
    "other spelling of headers": (
        "treatments.csv",
        lambda rows: (
            delimited(rows).replace("treatment_id", " Treatment ID\u00a0").replace("patient_id", "PATIENT-ID").encode()
        ),
        (2, 3, 4),
    ),
    "header in two rows": (
        "treatments.csv",
        lambda rows: (
            delimited(rows)
            .replace(",".join(HEADERS), "treatment,patient,treated,treatment,,\nid,id,on,type,dose,product")
            .encode()
        ),
        (3, 4, 5),
    ),
    "gzip in capitals": ("TREATMENTS.CSV.GZ", lambda rows: gzip.compress(text(rows)), (2, 3, 4)),
    "gzip": ("treatments.csv.gz", lambda rows: gzip.compress(text(rows)), (2, 3, 4)),
    "zip": ("exports.zip", lambda rows: zipped(**{"a/treatments.csv": text(rows), "__MACOSX/._x": b"x"}), (2, 3, 4)),
    "array": ("treatments.json", lambda rows: json.dumps(objects(rows)).encode(), (1, 2, 3)),
    "arrays by name": (
        "all.json",
        lambda rows: json.dumps({"treatments": objects(rows), "n": 3}).encode(),
        (1, 2, 3),
    ),
    "ndjson": ("treatments.ndjson", lambda rows: "\n".join(map(json.dumps, objects(rows))).encode(), (1, 2, 3)),
    "parquet": ("treatments.parquet", parquet, (1, 2, 3)),
    "workbook": ("book.xlsx", lambda rows: workbook(("Treatments", [HEADERS, *map(typed, rows)])), (2, 3, 4)),
    "old workbook": ("book.xls", old_workbook, (2, 3, 4)),
    "workbook with a title": (
        "treatments.xlsx",
        lambda rows: workbook(("Sheet1", [["My practice"], [], HEADERS, *map(typed, rows)])),
        (4, 5, 6),
    ),
    "zipped workbook": (
        "a.zip",
        lambda rows: zipped(**{"t.xlsx": workbook(("treatments", [HEADERS, *rows]))}),
        (2, 3, 4),
    ),
}

# Ways of writing that only the contract's own names are recognised in; a mapping names columns to the letter.
CONTRACTS = ("arrays by name", "other spelling of headers", "header in two rows", "zip")


def rows_of(way: str) -> list[tuple[str, ...]]:
    """The rows, with numbers that no other way of writing has."""
    return [(f"{list(FORMATS).index(way):03}{at}", *row[1:]) for at, row in enumerate(ROWS)]


@dataclass(frozen=True)
class Imported:
    """Files of every format, imported at once: the practice, its report, and each file's name in it."""

    practice: Practice
    report: ImportReport
    names: dict[str, str]

    def file(self, way: str) -> FileAccount:
        """The account of the file that is written in this way."""
        (account,) = (one for one in self.report.files if one.file.startswith(self.names[way]))
        return account


def imported(folder: Path, ways: Iterable[str], mapping: str | None = None) -> Imported:
    practice, names = Practice(folder), {}
    for way in ways:
        name, content, _ = FORMATS[way]
        names[way] = f"{list(FORMATS).index(way)}_{name}"
        practice.write(names[way], content(rows_of(way)))
    return Imported(practice, practice.imports(practice.mapping(mapping) if mapping else None), names)


@pytest.fixture(scope="module")
def all_formats(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return imported(tmp_path_factory.mktemp("formats"), FORMATS)


@pytest.fixture(scope="module")
def second_rows_broken(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """All formats, read by a mapping that finds no patient in the second row of each file."""
    patient = "case when treatment_id not like '%1' then patient_id end"
    mapping = f'[treatments]\nfile = "*"\ncolumns = {{ patient_id = {{ sql = "{patient}" }} }}\n'
    ways = [way for way in FORMATS if way not in CONTRACTS]
    return imported(tmp_path_factory.mktemp("broken"), ways, mapping)


@pytest.mark.parametrize("way", FORMATS)
def test_the_same_records_from_every_format(all_formats: Imported, way: str) -> None:
    account = all_formats.file(way)
    ids = [treatment_id for treatment_id, *_ in rows_of(way)]
    loaded = all_formats.practice.rows(SELECT.replace("order by", f"where treatment_id in {tuple(ids)} order by"))
    assert loaded == [(treatment_id, *row[1:]) for treatment_id, row in zip(ids, LOADED, strict=True)]
    assert (account.rows_read, account.rows_loaded) == (3, 3)
    warnings = [one.reason for one in all_formats.report.warnings if one.file == account.file]
    assert not [reason for reason in warnings if "windows-1252" not in reason]


def test_of_every_format_nothing_but_its_rows_is_read(all_formats: Imported) -> None:
    assert len(all_formats.report.files) == len(FORMATS)
    assert all_formats.practice.rows("select count(*) from treatments") == [(3 * len(FORMATS),)]


@pytest.mark.parametrize("way", [way for way in FORMATS if way not in CONTRACTS])
def test_a_rejected_row_is_told_by_its_line(second_rows_broken: Imported, way: str) -> None:
    file, (_, second, _) = second_rows_broken.file(way).file, rows_of(way)
    rejects = [one for one in second_rows_broken.report.rejects if one.file == file]
    assert [(one.line, one.reason) for one in rejects] == [(FORMATS[way][2][1], "patient_id is missing")]
    assert second[0] in (rejects[0].raw or "")


def test_nested_json_is_read_by_its_paths(empty: Practice) -> None:
    records = [
        {"id": "1", "who": {"ref": "Patient/7"}, "when": {"start": "2024-01-10"}, "code": [{"name": "skincare"}]},
        {
            "id": 12345678901234567890123,
            "who": {"ref": "Patient/8"},
            "at": "2024-01-11",
            "code": [{}, {"name": "peel"}],
        },
    ]
    empty.write("visits.ndjson", "\n".join(map(json.dumps, records)).encode() + b'\n\n{"id": 3,\n[]\n')
    report = empty.imports(
        empty.mapping("""
        [treatments]
        file = "*.ndjson"
        [treatments.columns]
        treatment_id = "id"
        patient_id = { sql = "split_part(\\"who.ref\\", '/', 2)" }
        treated_on = { column = ["when.start", "at"] }
        treatment_type = { column = ["code[0].name", "code[1].name"] }
        lot = "batch.number"
        area = { sql = "nullif(\\"body.site\\", '')" }
        """)
    )
    assert empty.rows("select treatment_id, patient_id, treated_on, treatment_type, lot, area from treatments") == [
        ("1", "7", date(2024, 1, 10), "skincare", None, None),
        ("12345678901234567890123", "8", date(2024, 1, 11), "peel", None, None),
    ]
    assert [(line, why[:17]) for line, _, _, why in reasons(report)] == [
        (4, "not JSON (Expecti"),
        (5, "not a JSON object"),
    ]
    assert "lot is empty: no record has batch.number" in [warning.reason for warning in report.warnings]


def test_a_key_that_stands_twice_is_not_guessed(empty: Practice) -> None:
    good = json.dumps(objects()[0])
    empty.write("treatments.ndjson", (good + "\n" + good.replace("{", '{"dose": "7", ') + "\n").encode())
    assert [why for *_, why in reasons(empty.imports())] == ["the key 'dose' stands twice in one object"]


def test_a_workbook_holds_days_numbers_formulas_and_errors(empty: Practice) -> None:
    rows: list[list[Any]] = [
        ["Treatment", "", "", "", ""],
        ["id", "patient_id", "treated_on", "treatment_type", "dose"],
        [7.0, "P1", datetime(2024, 1, 10, 13, 30), "skincare", ("=20*2", 40)],
        [8, "P1", 45301, "skincare", ("=1/0", "#DIV/0!")],
        [9, "P1", "2024-01-12", "skincare", 0.1 + 0.2],
    ]
    empty.write("book.xlsx", workbook(("2024 treatments", rows), ("notes", [["a note"]])))
    mapping = '[treatments]\nfile = "book.xlsx"\nsheet = "*treat*"\ncolumns = { treatment_id = "Treatment id" }\n'
    report = empty.imports(empty.mapping(mapping))
    assert empty.rows("select treatment_id, treated_on, dose from treatments order by 1") == [
        ("7", date(2024, 1, 10), 40.0),
        ("8", date(2024, 1, 10), None),
        ("9", date(2024, 1, 12), 0.3),
    ]
    assert any("E4" in warning.reason for warning in report.warnings)


def test_which_sheet_is_meant_is_asked_for(empty: Practice) -> None:
    empty.write("book.xlsx", workbook(("A", [HEADERS, *ROWS]), ("B", [HEADERS, *ROWS])))
    with pytest.raises(ImportRefused, match=r'several sheets: A, B\. Say which is meant: sheet = "A"'):
        empty.imports(empty.mapping('[treatments]\nfile = "*.xlsx"\n'))
    with pytest.raises(ImportRefused, match=r"has no sheet C\. Its sheets are: A, B"):
        empty.imports(empty.mapping('[treatments]\nfile = "*.xlsx"\nsheet = "C"\n'))


def test_a_column_that_stands_twice_is_read_by_its_number(empty: Practice) -> None:
    empty.write("t.csv", "id,date,date,note,Note\n1,2024-01-10,2024-03-01,a,b\n")
    columns = 'treatment_id = "id", patient_id = "id", treatment_type = { value = "skincare" }'
    with pytest.raises(ImportRefused, match=r'two columns called date.*"date \(1\)" is the first'):
        empty.imports(empty.mapping(f'[treatments]\nfile = "t.csv"\ncolumns = {{ {columns}, treated_on = "date" }}\n'))
    empty.imports(empty.mapping(f'[treatments]\nfile = "t.csv"\ncolumns = {{ {columns}, treated_on = "date (2)" }}\n'))
    assert empty.rows("select treated_on from treatments") == [(date(2024, 3, 1),)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("treatments.csv.gz", lambda: gzip.compress(delimited().encode())[:-9], "damaged archive"),
        ("treatments.csv.gz", lambda: gzip.compress(b"0" * 200_000_000, 9), "more than 100 times its size"),
        ("a.zip", lambda: zipped(treatments_csv=b"0" * 200_000_000), "more than 100 times its size"),
        ("a.zip", lambda: zipped(b=zipped(treatments_csv=b"")), "archive within an archive"),
        ("a.zip", lambda: zipped(treatments_csv=delimited().encode())[:60], "damaged archive"),
        (
            "treatments.parquet",
            lambda: parquet()[:-60] + parquet()[-8:],
            "damaged Parquet file|cannot be read as Parquet",
        ),
        ("treatments.xlsx", lambda: workbook(("A", [HEADERS]))[:-200], "damaged archive|no workbook"),
        ("treatments.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "no workbook|as a workbook"),
        ("treatments.json", lambda: b"[" * 100_000, "nested too deeply"),
        ("treatments.json", lambda: b"[{" + b'"a":{' * 100_000, "nested too deeply"),
        ("treatments.json", lambda: b'[{"a": 1}', "not JSON"),
    ],
    ids=range(11),
)
def test_what_cannot_be_read_is_refused_with_its_name(
    empty: Practice, name: str, content: Callable[[], bytes], message: str
) -> None:
    empty.write(name, content())
    with pytest.raises(ImportRefused, match=message) as refused:
        empty.imports()
    assert name in str(refused.value)


def test_a_line_of_json_that_is_nested_too_deeply_costs_no_other(empty: Practice) -> None:
    good = json.dumps(objects()[0])
    empty.write("treatments.ndjson", f"{good}\n{'[' * 100_000}\n{good.replace('0001', '4')}\n".encode())
    report = empty.imports()
    assert [(line, why) for line, _, _, why in reasons(report)] == [(2, "not JSON (nested too deeply)")]
    assert report.files[0].rows_loaded == 2


def test_a_workbook_that_unpacks_into_far_more_than_it_is_is_refused(empty: Practice) -> None:
    book = io.BytesIO(workbook(("Treatments", [HEADERS, *ROWS])))
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b"<a/>" * 30_000_000)
    empty.write("treatments.xlsx", book.getvalue())
    with pytest.raises(ImportRefused, match="more than a workbook of its size holds"):
        empty.imports()


def test_an_overlong_line_costs_no_other(empty: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.formats.physical_lines.CHUNK_BYTES", 1_000)
    monkeypatch.setattr("data.formats.physical_lines.LONGEST_LINE_BYTES", 5_000)
    lines = delimited().splitlines()
    for end in ("\n", "\r\n", "\r"):
        empty.write("treatments.csv", end.join([*lines[:2], "x" * 50_003, *lines[2:], "y" * 5_500]).encode())
        report = empty.imports(replace=True)
        assert [(line, why[:9]) for line, _, _, why in reasons(report)] == [(3, "a line of"), (6, "a line of")]
        assert empty.rows(SELECT) == LOADED


def test_words_in_apostrophes_are_words(practice: Practice) -> None:
    clean = "treatment_id,patient_id,treated_on,treatment_type,area,indication\n"
    rows = [f"T{at},P1,2024-01-{at:02},Visit for 'check-up',patients' choice,'tis\n" for at in range(1, 20)]
    practice.write("treatments.csv", clean + "".join(rows))
    report = practice.imports()
    assert not report.rejects
    assert practice.rows("select treatment_type, area, indication, count(*) from treatments group by all") == [
        ("Visit for 'check-up'", "patients' choice", "'tis", 19)
    ]


def test_of_too_many_paths_the_usual_ones_are_read_and_that_is_told(empty: Practice) -> None:
    strange = [objects()[0] | {"treatment_id": "0", "answers": {f"q{n}": "x" for n in range(6_000)}}]
    empty.write("treatments.ndjson", "\n".join(map(json.dumps, [*strange, *objects()])).encode())
    report = empty.imports()
    assert empty.rows(SELECT)[1:] == LOADED
    assert [warning.reason for warning in report.warnings] == [
        "of 6,006 paths the 5,000 most frequent are read, the others taken for absent"
    ]


def test_of_too_many_parquet_columns_the_first_are_read_and_that_is_told(empty: Practice) -> None:
    columns = {name: [row[name] for row in objects()] for name in objects()[0]}
    strange = {f"q{n}": ["x"] * len(objects()) for n in range(6_000)}
    pyarrow.parquet.write_table(pa.table(columns | strange), empty.exports / "treatments.parquet")
    report = empty.imports()
    assert empty.rows(SELECT) == LOADED
    assert [warning.reason for warning in report.warnings] == [
        "of 6,006 columns the first 5,000 are read, the others taken for absent"
    ]


def test_rows_of_separators_take_no_time(empty: Practice) -> None:
    lines = delimited().splitlines()
    empty.write("treatments.csv", "\n".join([*lines, *["T1" + "," * 500_000] * 2]).encode())
    assert [(line, why) for line, _, _, why in reasons(empty.imports())] == [
        (5, "500001 cells where the header has 6"),
        (6, "500001 cells where the header has 6"),
    ]
