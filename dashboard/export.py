"""Tables become files: CSV, Parquet, Excel and JSON, the same from a page as from the command line."""

from __future__ import annotations

import datetime
import io
import math
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO, TypeAlias

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.refusal import Refusal

FORMATS = ("csv", "parquet", "xlsx", "json")
MEDIA_TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
BATCH_ROWS = 50_000
BATCHES_AHEAD = 4
EXCEL_ROWS = 1_048_575
EXCEL_CHARACTERS = 32_767
EXCEL_DIGITS = 10**15
EXCEL_FIRST_YEAR = 1900
# A spreadsheet runs a text that begins like this as a formula; full-width forms count too.
FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
# A text that has such a beginning after ' gets one more, so that taking one away gives every text again.
NEUTRALISED = r"^'*[=+\-@\t\r\n＝＋－＠]"
NO_XML = str.maketrans({"\ufffe": "\ufffd", "\uffff": "\ufffd"})


class ExportError(Refusal):
    """A table that a format cannot hold; the message says why and what can."""


Rows: TypeAlias = pa.Table | pa.RecordBatchReader | pd.DataFrame
Progress: TypeAlias = Callable[[int], None]


@dataclass
class Written:
    """What was written: rows, and of which columns how many cells were kept from being run as formulas."""

    rows: int = 0
    neutralised: Counter[str] = field(default_factory=Counter)


class File(bytes):
    """The contents of a file, and how many rows they are."""

    rows = 0


def to_file(rows: Rows, file_format: str) -> File:
    """The file that `write` writes."""
    file = io.BytesIO()
    written = write(rows, file_format, file)
    content = File(file.getvalue())
    content.rows = written.rows
    return content


def to_bytes(rows: Rows, file_format: str) -> bytes:
    """The same as bytes and nothing else, which some readers insist on."""
    return bytes(to_file(rows, file_format))


def write(rows: Rows, file_format: str, file: BinaryIO, progress: Progress | None = None) -> Written:
    """Writes rows in one of FORMATS, batch after batch, with empty cells where there is no value.

    CSV and Excel: a text that a spreadsheet would run as a formula is neutralised (a leading ' in CSV, a plain text in
    Excel). Parquet and JSON hold every value as it is. The same rows give the same bytes. `progress` is told how many
    rows are written. Raises ExportError for more rows, or a longer text, than Excel holds, KeyError for another format.
    """
    writers = {"csv": _write_csv, "parquet": _write_parquet, "xlsx": _write_xlsx, "json": _write_json}
    schema, batches = plain(rows)
    written = Written()

    def counted() -> Iterator[pa.RecordBatch]:
        for batch in _ahead(batches):
            yield batch
            written.rows += batch.num_rows
            if progress:
                progress(written.rows)

    writers[file_format](schema, counted(), file, written.neutralised)
    return written


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches: while one is written, the next few are read."""
    with ThreadPoolExecutor(1) as reader:
        coming = deque(reader.submit(next, batches, None) for _ in range(BATCHES_AHEAD))
        while (batch := coming.popleft().result()) is not None:
            coming.append(reader.submit(next, batches, None))
            yield batch


def plain(rows: Rows) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The rows in batches of BATCH_ROWS, and their one plain schema: texts are texts, and no metadata."""
    if isinstance(rows, pd.DataFrame):
        rows = pa.Table.from_pandas(rows, preserve_index=False)
    reader = rows.to_reader() if isinstance(rows, pa.Table) else rows
    texts = (pa.types.is_dictionary, pa.types.is_large_string, pa.types.is_string_view)
    schema = pa.schema(
        (column.name, pa.string() if any(is_text(column.type) for is_text in texts) else column.type)
        for column in reader.schema
    )
    return schema, _of_size(schema, (batch.replace_schema_metadata(None).cast(schema) for batch in reader))


def _of_size(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows, BATCH_ROWS at a time, however they arrive."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        while rows >= BATCH_ROWS:
            together = pa.Table.from_batches(held, schema)
            yield together.slice(0, BATCH_ROWS).combine_chunks().to_batches()[0]
            held = together.slice(BATCH_ROWS).to_batches()
            rows -= BATCH_ROWS
    if rows:
        yield pa.Table.from_batches(held, schema).combine_chunks().to_batches()[0]


def _write_csv(schema: pa.Schema, batches: Iterator[pa.RecordBatch], file: BinaryIO, neutralised: Counter[str]) -> None:
    from pyarrow import csv

    file.write(",".join(schema.names).encode() + b"\n")
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    for batch in batches:
        cells = [_neutralised(batch, name, neutralised) for name in schema.names]
        csv.write_csv(pa.record_batch(cells, names=batch.schema.names), file, options)


def _formulas(column: pa.Array, pattern: str) -> tuple[pa.Array, int]:
    """Which texts of a column begin like a formula, and how many they are; none of what is no text."""
    if not pa.types.is_string(column.type):
        return column, 0
    found = pc.fill_null(pc.match_substring_regex(column, pattern), False)
    return found, found.true_count


def _neutralised(batch: pa.RecordBatch, name: str, neutralised: Counter[str]) -> pa.Array:
    column = batch.column(name)
    is_formula, cells = _formulas(column, NEUTRALISED)
    if not cells:
        return column
    neutralised[name] += cells
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", column, ""), column)


def _write_parquet(
    schema: pa.Schema, batches: Iterator[pa.RecordBatch], file: BinaryIO, neutralised: Counter[str]
) -> None:
    from pyarrow import parquet

    # What costs time and helps no reader: a dictionary of ids, which are all different, and bounds of texts.
    repeated = [name for name in schema.names if not name.endswith("_id")]
    bounded = [column.name for column in schema if not pa.types.is_string(column.type)]
    with parquet.ParquetWriter(
        file, schema, compression="zstd", use_dictionary=repeated, write_statistics=bounded
    ) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _write_json(
    schema: pa.Schema, batches: Iterator[pa.RecordBatch], file: BinaryIO, neutralised: Counter[str]
) -> None:
    file.write(b"[")
    between = b"\n"
    for batch in batches:
        rows = [orjson.dumps(row, default=_number) for row in batch.to_pylist()]
        file.write(between + b",\n".join(rows))
        between = b",\n"
    file.write(b"\n]\n")


def _number(value: object) -> orjson.Fragment:
    """A decimal number with the digits that it has."""
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(type(value))


class _Exact(float):
    """A number that a workbook is given with all its digits: 0.1 + 0.2 has 17, and xlsxwriter writes 16."""

    def __format__(self, digits: str) -> str:
        return repr(float(self))


def _write_xlsx(
    schema: pa.Schema, batches: Iterator[pa.RecordBatch], file: BinaryIO, neutralised: Counter[str]
) -> None:
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": False,
    }
    # A workbook that is not closed leaves files behind, so it is closed whatever happens.
    with xlsxwriter.Workbook(file, options) as workbook:
        # The same table gives the same bytes whenever it is written.
        workbook.set_properties({"created": datetime.datetime(2000, 1, 1)})
        bold, date = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "yyyy-mm-dd"})
        time = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = workbook.add_worksheet()
        sheet.freeze_panes(1, 0)
        for position, name in enumerate(schema.names):
            sheet.write_string(0, position, name, bold)
            sheet.set_column(position, position, max(10, min(len(name) + 2, 32)))
        row_number = 0
        for batch in batches:
            _require_excel(batch, row_number)
            for name, column in zip(schema.names, batch.columns, strict=True):
                neutralised[name] += _formulas(column, FORMULA)[1]
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                row_number += 1
                for position, value in enumerate(row):
                    if value is not None and value == value:
                        _write_cell(sheet, row_number, position, value, date, time)


def _require_excel(batch: pa.RecordBatch, written: int) -> None:
    if written + batch.num_rows > EXCEL_ROWS:
        raise ExportError(f"a sheet of Excel holds {EXCEL_ROWS:,} rows, and these are more: choose csv or parquet")
    for column in batch.columns:
        if pa.types.is_string(column.type) and (pc.max(pc.utf8_length(column)).as_py() or 0) > EXCEL_CHARACTERS:
            raise ExportError(
                f"a cell of Excel holds {EXCEL_CHARACTERS:,} characters, and one here is longer: choose csv or parquet"
            )


def _is_number(value: Any) -> bool:
    """Whether Excel, whose numbers are those of floating point, holds this one exactly."""
    if isinstance(value, Decimal):
        return Decimal(repr(float(value))) == value
    return isinstance(value, float) and math.isfinite(value)


def _write_cell(sheet: Any, row: int, column: int, value: Any, date: Any, time: Any) -> None:
    """A date is a date, a number a number; a text is never run, and what Excel cannot hold as itself is a text."""
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int) and abs(value) <= EXCEL_DIGITS:
        sheet.write_number(row, column, value)
    elif _is_number(value):
        sheet.write_number(row, column, _Exact(value))
    elif isinstance(value, datetime.datetime) and value.year >= EXCEL_FIRST_YEAR:
        sheet.write_datetime(row, column, value, time)
    elif type(value) is datetime.date and value.year >= EXCEL_FIRST_YEAR:
        sheet.write_datetime(row, column, datetime.datetime.combine(value, datetime.time()), date)
    else:
        sheet.write_string(row, column, str(value).translate(NO_XML))
