"""Tables as files: what was in a cell is in the cell, whatever program opens it."""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
from decimal import Decimal

import orjson
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from dashboard.export import FORMATS, NO_XML, ExportError, to_bytes, write
from tests.data.pollution.naughty import NAUGHTY

TABLE = pa.table(
    {
        "patient_id": pa.array(["007", "=1+1", "@cmd", "-2", 'a, "b"\nc', None]),
        "treated_on": pa.array([datetime.date(2024, 2, day) for day in range(1, 6)] + [None]),
        "dose": pa.array([0.1, 20.0, None, 1e-7, 12.5, 3.0]),
        "gais": pa.array([1, 2, None, 4, 5, 1], pa.int64()),
        "smoker": pa.array([True, False, None, True, False, True]),
    }
)


def test_csv_neutralises_formulas_in_texts_and_nothing_else() -> None:
    rows = list(csv.DictReader(io.StringIO(to_bytes(TABLE, "csv").decode())))
    assert [row["patient_id"] for row in rows] == ["007", "'=1+1", "'@cmd", "'-2", 'a, "b"\nc', ""]
    assert [row["treated_on"] for row in rows] == [
        "2024-02-01",
        "2024-02-02",
        "2024-02-03",
        "2024-02-04",
        "2024-02-05",
        "",
    ]
    assert [row["dose"] for row in rows] == ["0.1", "20", "", "1e-7", "12.5", "3"]
    assert [row["gais"] for row in rows] == ["1", "2", "", "4", "5", "1"]
    assert [row["smoker"] for row in rows] == ["true", "false", "", "true", "false", "true"]


def test_parquet_and_json_keep_every_value_as_it_is() -> None:
    assert parquet.read_table(io.BytesIO(to_bytes(TABLE, "parquet"))).to_pylist() == TABLE.to_pylist()
    texts = [row | {"treated_on": str(row["treated_on"]) if row["treated_on"] else None} for row in TABLE.to_pylist()]
    assert orjson.loads(to_bytes(TABLE, "json")) == texts


def test_excel_has_dates_numbers_and_texts_but_no_formula() -> None:
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(to_bytes(TABLE, "xlsx"))).get_sheet_by_index(0).to_python()
    assert sheet[0] == TABLE.column_names
    assert sheet[1] == ["007", datetime.date(2024, 2, 1), 0.1, 1.0, True]
    assert sheet[2][0] == "=1+1"
    assert sheet[6] == ["", "", 3.0, 1.0, True]


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_same_table_gives_the_same_bytes(file_format: str) -> None:
    assert to_bytes(TABLE, file_format) == to_bytes(TABLE, file_format)


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_table_without_rows_still_has_its_columns(file_format: str) -> None:
    written = to_bytes(TABLE.slice(0, 0), file_format)
    assert orjson.loads(written) == [] if file_format == "json" else written


def test_frames_of_measures_are_written_like_tables() -> None:
    frame = pd.DataFrame({"treatment_type": ["skincare", ""], "rate": [0.25, float("nan")], "treated": [4, 0]})
    written = to_bytes(frame, "csv").decode().splitlines()
    assert written == ["treatment_type,rate,treated", '"skincare",0.25,4', '"",,0']


def test_excel_refuses_more_rows_than_it_holds() -> None:
    with pytest.raises(ExportError, match="choose csv or parquet"):
        to_bytes(pa.table({"n": pa.nulls(1_048_576)}), "xlsx")


def test_full_width_signs_are_formulas_too() -> None:
    written = to_bytes(pa.table({"text": ["＝1", "1", "\tx", "plain"]}), "csv").decode()
    assert list(csv.reader(io.StringIO(written)))[1:] == [["'＝1"], ["1"], ["'\tx"], ["plain"]]


def test_excel_refuses_a_cell_that_it_would_cut() -> None:
    with pytest.raises(ExportError, match="choose csv or parquet"):
        to_bytes(pa.table({"raw": ["x" * 32_768]}), "xlsx")


def test_excel_keeps_every_digit_of_a_large_number() -> None:
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(to_bytes(pa.table({"n": [10**16 + 1]}), "xlsx")))
    assert sheet.get_sheet_by_index(0).to_python()[1] == ["10000000000000001"]


# What a round trip may lose is what the README's table says, and nothing else.
HARD = pa.table(
    {
        "text": pa.array([*NAUGHTY, "", None, "007", "0012.50", "1e5", "2024-01-31", "true", "a\r\nb"]),
    }
)
ODD = pa.table(
    {
        "day": pa.array(
            [datetime.date(1990, 1, 1), datetime.date(2100, 12, 31), datetime.date(1899, 12, 31), None]
            + [datetime.date(2000, 2, 29)] * 2
        ),
        "at": pa.array([datetime.datetime(2024, 2, 29, 23, 59, 59), None] * 3, pa.timestamp("us")),
        "number": pa.array([0.1 + 0.2, 1e-300, 1 / 3, -0.0, 123456789.123456789, None]),
        "whole": pa.array([2**53 + 1, -(2**63), 2**63 - 1, 0, 10**15, None], pa.int64()),
        "decimal": pa.array([Decimal("0.30"), Decimal("12345678901234567.89"), Decimal("-1.10"), None] + [None] * 2),
        "yes": pa.array([True, False, None, True, False, None]),
    }
)


def unquoted(text: str) -> str:
    """The text that a CSV cell holds: one ' less, where what follows would be run."""
    return text[1:] if re.match(r"^'+[=+\-@\t\r\n＝＋－＠]", text) else text


def test_naughty_texts_survive_every_format() -> None:
    texts = HARD["text"].to_pylist()
    assert parquet.read_table(io.BytesIO(to_bytes(HARD, "parquet"))).equals(HARD)
    assert [row["text"] for row in orjson.loads(to_bytes(HARD, "json"))] == texts
    rows = list(csv.reader(io.StringIO(to_bytes(HARD, "csv").decode(), newline="")))[1:]
    assert [unquoted(row[0]) if row else "" for row in rows] == [text or "" for text in texts]
    assert not [row for row in rows if row and re.match(r"[=+\-@\t\r\n＝＋－＠]", row[0])]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(to_bytes(HARD, "xlsx"))).get_sheet_by_index(0).to_python()
    held = [str(row[0]) for row in sheet[1:]]
    assert held == [(text or "").translate(NO_XML) for text in texts][: len(held)]
    assert all(not text for text in texts[len(held) :])


def test_no_value_and_an_empty_text_differ_where_a_format_can_tell_them_apart() -> None:
    table = pa.table({"a": ["", None, "x"], "b": [1, 2, 3]})
    assert to_bytes(table, "csv") == b'a,b\n"",1\n,2\n"x",3\n'
    assert [row["a"] for row in orjson.loads(to_bytes(table, "json"))] == ["", None, "x"]
    assert parquet.read_table(io.BytesIO(to_bytes(table, "parquet"))).equals(table)


def test_numbers_and_days_keep_all_their_digits() -> None:
    assert parquet.read_table(io.BytesIO(to_bytes(ODD, "parquet"))).equals(ODD)
    days, times, numbers, wholes, decimals, truths = (column.to_pylist() for column in ODD.columns)

    told = json.loads(to_bytes(ODD, "json"), parse_float=Decimal)
    assert [row["day"] for row in told] == [day and day.isoformat() for day in days]
    assert [row["at"] for row in told] == [time and time.isoformat() for time in times]
    assert [row["number"] is not None and float(row["number"]) for row in told[:5]] == numbers[:5]
    assert [row["whole"] for row in told] == wholes
    assert [row["decimal"] for row in told] == decimals
    assert [row["yes"] for row in told] == truths

    rows = list(csv.reader(io.StringIO(to_bytes(ODD, "csv").decode())))[1:]
    assert [row[0] for row in rows] == [str(day or "") for day in days]
    assert [float(row[2]) for row in rows[:5]] == numbers[:5]
    assert [int(row[3]) for row in rows[:5]] == wholes[:5]
    assert [Decimal(row[4]) for row in rows[:3]] == decimals[:3]

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(to_bytes(ODD, "xlsx"))).get_sheet_by_index(0).to_python()[1:]
    # Excel has no day before 1900, and no whole number beyond 15 digits: they are texts there.
    assert [row[0] for row in sheet] == [days[0], days[1], "1899-12-31", "", *days[4:]]
    assert [row[1] for row in sheet] == [time or "" for time in times]
    assert [row[2] for row in sheet[:5]] == numbers[:5]
    assert [row[3] for row in sheet[:5]] == [str(wholes[0]), str(wholes[1]), str(wholes[2]), 0, 1e15]
    assert [row[4] for row in sheet[:3]] == [0.3, "12345678901234567.89", -1.1]
    assert [row[5] for row in sheet] == [truth if truth is not None else "" for truth in truths]


def test_what_was_written_is_counted() -> None:
    told: list[int] = []
    table = pa.table({"text": ["=1", "plain", "'=1"] * 40_000})
    written = write(table.to_reader(7_000), "csv", io.BytesIO(), told.append)
    assert (written.rows, written.neutralised, told) == (120_000, {"text": 80_000}, [50_000, 100_000, 120_000])


def test_how_the_rows_arrive_changes_no_byte() -> None:
    table = pa.table({"n": range(120_000)})
    for file_format in ("csv", "parquet", "json"):
        assert to_bytes(table.to_reader(7_000), file_format) == to_bytes(table, file_format)
