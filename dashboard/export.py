"""Tables become files: CSV, Parquet, Excel and JSON, the same from a page as from the command line."""

from __future__ import annotations

import datetime
import io
import math
from decimal import Decimal
from typing import BinaryIO, TypeAlias

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
EXCEL_CHARACTERS = 32_767
EXCEL_DIGITS = 10**15
EXCEL_YEAR = 1900
# A spreadsheet runs a text that begins like this as a formula; full-width forms count too.
FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"


class ExportError(ValueError):
    """A table that a format cannot hold; the message says why and what can."""


Rows: TypeAlias = pa.Table | pa.RecordBatchReader | pd.DataFrame


def to_bytes(rows: Rows, file_format: str) -> bytes:
    """The file that `write` writes."""
    file = io.BytesIO()
    write(rows, file_format, file)
    return file.getvalue()


def write(rows: Rows, file_format: str, file: BinaryIO) -> None:
    """Writes rows in one of FORMATS, batch after batch, with empty cells where there is no value.

    CSV and Excel: a text that a spreadsheet would run as a formula is neutralised (a leading ' in CSV, a plain text in
    Excel). Parquet and JSON hold every value as it is. Raises ExportError for more rows than Excel holds, KeyError for
    another format.
    """
    writers = {"csv": _write_csv, "parquet": _write_parquet, "xlsx": _write_xlsx, "json": _write_json}
    writers[file_format](_batches(rows), file)


def _batches(rows: Rows) -> pa.RecordBatchReader:
    """The rows in batches of one plain schema: texts are texts, and no metadata."""
    if isinstance(rows, pd.DataFrame):
        rows = pa.Table.from_pandas(rows, preserve_index=False)
    reader = rows.to_reader() if isinstance(rows, pa.Table) else rows
    texts = (pa.types.is_dictionary, pa.types.is_large_string, pa.types.is_string_view)
    schema = pa.schema(
        (field.name, pa.string() if any(is_text(field.type) for is_text in texts) else field.type)
        for field in reader.schema
    )
    plain = (batch.replace_schema_metadata(None).cast(schema) for batch in reader)
    return pa.RecordBatchReader.from_batches(schema, plain)


def _write_csv(batches: pa.RecordBatchReader, file: BinaryIO) -> None:
    from pyarrow import csv

    file.write(",".join(batches.schema.names).encode() + b"\n")
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    for batch in batches:
        cells = [_neutralised(column) if pa.types.is_string(column.type) else column for column in batch.columns]
        csv.write_csv(pa.record_batch(cells, names=batch.schema.names), file, options)


def _neutralised(texts: pa.Array) -> pa.Array:
    is_formula = pc.fill_null(pc.match_substring_regex(texts, FORMULA), False)
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", texts, ""), texts)


def _write_parquet(batches: pa.RecordBatchReader, file: BinaryIO) -> None:
    from pyarrow import parquet

    with parquet.ParquetWriter(file, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _write_json(batches: pa.RecordBatchReader, file: BinaryIO) -> None:
    file.write(b"[")
    for index, row in enumerate(row for batch in batches for row in batch.to_pylist()):
        file.write(b",\n" if index else b"\n")
        file.write(orjson.dumps(row, default=_number))
    file.write(b"\n]\n")


def _number(value: Decimal) -> float | str:
    """A decimal as a number, or as its text where a number cannot hold all of its digits."""
    return float(value) if Decimal(str(float(value))) == value else str(value)


def _write_xlsx(batches: pa.RecordBatchReader, file: BinaryIO) -> None:
    import xlsxwriter

    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        for column in batch.columns:
            if pa.types.is_string(column.type) and (pc.max(pc.utf8_length(column)).as_py() or 0) > EXCEL_CHARACTERS:
                raise ExportError(
                    f"a cell of Excel holds {EXCEL_CHARACTERS:,} characters, and one here is longer: "
                    "choose csv or parquet"
                )
        if sum(one.num_rows for one in held) > EXCEL_ROWS:
            raise ExportError(f"a sheet of Excel holds {EXCEL_ROWS:,} rows, and these are more: choose csv or parquet")
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
    for position, name in enumerate(batches.schema.names):
        sheet.write_string(0, position, name, bold)
        sheet.set_column(position, position, max(10, min(len(name) + 2, 32)))
    row_number = 0
    for batch in held:
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            row_number += 1
            for position, value in enumerate(row):
                if value is None or value != value:
                    continue
                if isinstance(value, Decimal):
                    value = _number(value)
                if isinstance(value, bool):
                    sheet.write_boolean(row_number, position, value)
                elif (isinstance(value, int) and abs(value) > EXCEL_DIGITS) or (
                    isinstance(value, float) and math.isinf(value)
                ):
                    sheet.write_string(row_number, position, str(value))
                elif isinstance(value, int | float):
                    sheet.write_number(row_number, position, value)
                elif isinstance(value, datetime.date) and value.year < EXCEL_YEAR:
                    sheet.write_string(row_number, position, value.isoformat())
                elif isinstance(value, datetime.datetime):
                    sheet.write_datetime(row_number, position, value, time)
                elif isinstance(value, datetime.date):
                    sheet.write_datetime(row_number, position, datetime.datetime.combine(value, datetime.time()), date)
                else:
                    sheet.write_string(row_number, position, value)
    workbook.close()
