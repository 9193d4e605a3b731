"""Tables as files: what was in a cell is in the cell, whatever program opens it."""

from __future__ import annotations

import csv
import datetime
import io

import orjson
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from dashboard.export import FORMATS, ExportError, to_bytes

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
