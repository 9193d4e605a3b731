"""Tables become files: CSV, Parquet, Excel and JSON, the same from a page as from the command line."""

from __future__ import annotations

import datetime
import io
from typing import BinaryIO

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

FORMATS = ("csv", "parquet", "xlsx", "json")
MEDIA_TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
EXCEL_ROWS = 1_048_575
# A spreadsheet runs a text that begins like this as a formula; full-width forms count too.
FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"


class ExportError(ValueError):
    """A table that a format cannot hold; the message says why and what can."""


def to_bytes(table: pa.Table | pd.DataFrame, file_format: str) -> bytes:
    """The file that `write` writes."""
    file = io.BytesIO()
    write(table, file_format, file)
    return file.getvalue()


def write(table: pa.Table | pd.DataFrame, file_format: str, file: BinaryIO) -> None:
    """Writes a table in one of FORMATS, empty cells where there is no value.

    CSV and Excel: a text that a spreadsheet would run as a formula is neutralised (a leading ' in CSV, a plain text in
    Excel). Parquet and JSON hold every value as it is. Raises ExportError for more rows than Excel holds, KeyError for
    another format.
    """
    arrow = _arrow(table)
    {"csv": _write_csv, "parquet": _write_parquet, "xlsx": _write_xlsx, "json": _write_json}[file_format](arrow, file)


def _arrow(table: pa.Table | pd.DataFrame) -> pa.Table:
    arrow = pa.Table.from_pandas(table, preserve_index=False) if isinstance(table, pd.DataFrame) else table
    columns = [
        column.cast(pa.string())
        if pa.types.is_dictionary(column.type) or pa.types.is_large_string(column.type)
        else column
        for column in arrow.columns
    ]
    return pa.table(dict(zip(arrow.column_names, columns, strict=True))).replace_schema_metadata(None)


def _write_csv(table: pa.Table, file: BinaryIO) -> None:
    from pyarrow import csv

    columns = [_neutralised(column) if pa.types.is_string(column.type) else column for column in table.columns]
    harmless = pa.table(dict(zip(table.column_names, columns, strict=True)))
    file.write(",".join(table.column_names).encode() + b"\n")
    csv.write_csv(harmless, file, csv.WriteOptions(include_header=False, quoting_style="needed"))


def _neutralised(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    is_formula = pc.fill_null(pc.match_substring_regex(texts, FORMULA), False)
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", texts, ""), texts)


def _write_parquet(table: pa.Table, file: BinaryIO) -> None:
    from pyarrow import parquet

    parquet.write_table(table, file, compression="zstd")


def _write_json(table: pa.Table, file: BinaryIO) -> None:
    file.write(b"[")
    for index, row in enumerate(row for batch in table.to_batches(10_000) for row in batch.to_pylist()):
        file.write(b",\n" if index else b"\n")
        file.write(orjson.dumps(row, option=orjson.OPT_NAIVE_UTC))
    file.write(b"\n]\n")


def _write_xlsx(table: pa.Table, file: BinaryIO) -> None:
    import xlsxwriter

    if table.num_rows > EXCEL_ROWS:
        raise ExportError(
            f"a sheet of Excel holds {EXCEL_ROWS:,} rows, and this table has {table.num_rows:,}: choose csv or parquet"
        )
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": False,
    }
    # The same table gives the same bytes whenever it is written.
    workbook = xlsxwriter.Workbook(file, options)
    workbook.set_properties({"created": datetime.datetime(2000, 1, 1)})
    bold, date = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "yyyy-mm-dd"})
    time = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = workbook.add_worksheet()
    sheet.freeze_panes(1, 0)
    for position, name in enumerate(table.column_names):
        sheet.write_string(0, position, name, bold)
        sheet.set_column(position, position, max(10, min(len(name) + 2, 32)))
    row_number = 0
    for batch in table.to_batches(10_000):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            row_number += 1
            for position, value in enumerate(row):
                if value is None or value != value:
                    continue
                if isinstance(value, bool):
                    sheet.write_boolean(row_number, position, value)
                elif isinstance(value, int | float):
                    sheet.write_number(row_number, position, value)
                elif isinstance(value, datetime.datetime):
                    sheet.write_datetime(row_number, position, value, time)
                elif isinstance(value, datetime.date):
                    sheet.write_datetime(row_number, position, datetime.datetime.combine(value, datetime.time()), date)
                else:
                    sheet.write_string(row_number, position, value)
    workbook.close()
