"""Every format becomes the same records: what is read from one is read from all, with the line that each begins on."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
import xlsxwriter
import xlwt

from data import ImportRefused
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
Written = Callable[[], bytes]


@pytest.fixture
def empty(practice: Practice) -> Practice:
    """A practice that has exported nothing yet."""
    practice.exports.joinpath("treatments.csv").unlink()
    return practice


def delimited(delimiter: str = ",", quote: str = '"', end: str = "\n", escape: str = "", every: bool = False) -> str:
    """The rows as text, with quotes around every cell or only where they are needed."""

    def cell(text: str) -> str:
        if every or any(sign in text for sign in (delimiter, quote, *escape)):
            return quote + text.replace(quote, (escape or quote) + quote) + quote
        return text

    return "".join(delimiter.join(map(cell, row)) + end for row in (HEADERS, *ROWS))


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


def old_workbook() -> bytes:
    """The rows as a workbook of before 2007, with real days."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Treatments")
    for at, row in enumerate((HEADERS, *map(typed, ROWS))):
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


def objects() -> list[dict[str, str]]:
    return [dict(zip(HEADERS, row, strict=True)) for row in ROWS]


def parquet() -> bytes:
    content = io.BytesIO()
    columns = list(zip(*map(typed, ROWS), strict=True))
    pyarrow.parquet.write_table(pa.table(dict(zip(HEADERS, columns, strict=True))), content)
    return content.getvalue()


FORMATS: dict[str, tuple[str, bytes, tuple[int, ...]]] = {
    **{
        f"delimiter {delimiter}": ("treatments.csv", delimited(delimiter).encode(), (2, 3, 4))
        for delimiter in (",", ";", "\t", "|", "^", "~", "\x1f", "¦", "§", "||")
    },
    "apostrophes": ("treatments.csv", delimited(quote="'", every=True).encode(), (2, 3, 4)),
    "every cell quoted": ("treatments.csv", delimited(every=True).encode(), (2, 3, 4)),
    "escapes": ("treatments.csv", delimited(escape="\\").encode(), (2, 3, 4)),
    "tabs in .txt": ("treatments.txt", delimited("\t").encode(), (2, 3, 4)),
    **{
        f"{encoding} {end!r}": ("treatments.csv", delimited(end=end).encode(encoding), (2, 3, 4))
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252")
        for end in ("\n", "\r\n", "\r")
    },
    "title": ("treatments.csv", ("Exported on 1.6.2024\n\nPage 1 of 1\n" + delimited()).encode(), (5, 6, 7)),
    "sep=": ("treatments.csv", ("sep=;\r\n" + delimited(";")).encode(), (3, 4, 5)),
    "trailing delimiters": ("treatments.csv", delimited(end=",\n").replace("product,", "product").encode(), (2, 3, 4)),
    "other spelling of headers": (
        "treatments.csv",
        delimited().replace("treatment_id", " Treatment ID\u00a0").replace("patient_id", "PATIENT-ID").encode(),
        (2, 3, 4),
    ),
    "header in two rows": (
        "treatments.csv",
        delimited()
        .replace(",".join(HEADERS), "treatment,patient,treated,treatment,,\nid,id,on,type,dose,product")
        .encode(),
        (3, 4, 5),
    ),
    "gzip in capitals": ("TREATMENTS.CSV.GZ", gzip.compress(delimited().encode()), (2, 3, 4)),
    "gzip": ("treatments.csv.gz", gzip.compress(delimited().encode()), (2, 3, 4)),
    "zip": ("exports.zip", zipped(**{"a/treatments.csv": delimited().encode(), "__MACOSX/._x": b"x"}), (2, 3, 4)),
    "array": ("treatments.json", json.dumps(objects()).encode(), (1, 2, 3)),
    "arrays by name": ("all.json", json.dumps({"treatments": objects(), "n": 3}).encode(), (1, 2, 3)),
    "ndjson": ("treatments.ndjson", "\n".join(map(json.dumps, objects())).encode(), (1, 2, 3)),
    "parquet": ("treatments.parquet", parquet(), (1, 2, 3)),
    "workbook": ("book.xlsx", workbook(("Treatments", [HEADERS, *map(typed, ROWS)])), (2, 3, 4)),
    "old workbook": ("book.xls", old_workbook(), (2, 3, 4)),
    "workbook with a title": (
        "treatments.xlsx",
        workbook(("Sheet1", [["My practice"], [], HEADERS, *map(typed, ROWS)])),
        (4, 5, 6),
    ),
    "zipped workbook": ("a.zip", zipped(**{"t.xlsx": workbook(("treatments", [HEADERS, *ROWS]))}), (2, 3, 4)),
}

# Ways of writing that only the contract's own names are recognised in; a mapping names columns to the letter.
CONTRACTS = ("arrays by name", "other spelling of headers", "header in two rows", "zip")


@pytest.mark.parametrize("way", FORMATS)
def test_the_same_records_from_every_format(empty: Practice, way: str) -> None:
    name, content, _ = FORMATS[way]
    empty.write(name, content)
    report = empty.imports()
    assert empty.rows(SELECT) == LOADED
    assert (report.files[0].rows_read, report.files[0].rows_loaded) == (3, 3)
    assert not [warning.reason for warning in report.warnings if "windows-1252" not in warning.reason]


@pytest.mark.parametrize("way", [way for way in FORMATS if way not in CONTRACTS])
def test_a_rejected_row_is_told_by_its_line(empty: Practice, way: str) -> None:
    name, content, lines = FORMATS[way]
    empty.write(name, content)
    patient = "case when treatment_id <> '0002' then patient_id end"
    mapping = f'[treatments]\nfile = "*"\ncolumns = {{ patient_id = {{ sql = "{patient}" }} }}\n'
    report = empty.imports(empty.mapping(mapping))
    assert [(line, why) for line, _, _, why in reasons(report)] == [(lines[1], "patient_id is missing")]
    assert "0002" in (report.rejects[0].raw or "")


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
        ("treatments.csv.gz", gzip.compress(delimited().encode())[:-9], "damaged archive"),
        ("treatments.csv.gz", gzip.compress(b"0" * 200_000_000, 9), "more than 100 times its size"),
        ("a.zip", zipped(treatments_csv=b"0" * 200_000_000), "more than 100 times its size"),
        ("a.zip", zipped(b=zipped(treatments_csv=b"")), "archive within an archive"),
        ("a.zip", zipped(treatments_csv=delimited().encode())[:60], "damaged archive"),
        ("treatments.parquet", parquet()[:-60] + parquet()[-8:], "damaged Parquet file|cannot be read as Parquet"),
        ("treatments.xlsx", workbook(("A", [HEADERS]))[:-200], "damaged archive|no workbook"),
        ("treatments.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "no workbook|as a workbook"),
        ("treatments.json", b"[" * 100_000, "nested too deeply"),
        ("treatments.json", b"[{" + b'"a":{' * 100_000, "nested too deeply"),
        ("treatments.json", b'[{"a": 1}', "not JSON"),
    ],
    ids=range(11),
)
def test_what_cannot_be_read_is_refused_with_its_name(empty: Practice, name: str, content: bytes, message: str) -> None:
    empty.write(name, content)
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
