"""The rows of a Parquet file as text: days and times as ISO, members of a struct under their path."""

from __future__ import annotations

import datetime
import decimal
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from data.formats.json_rows import flattened
from data.formats.rows import Row, Rows
from data.refusal import ImportRefused

BATCH_ROWS = 10_000
MOST_COLUMNS = 5_000


def sheets(path: Path) -> Iterator[Rows]:
    """The one table of a Parquet file. ImportRefused where it cannot be read."""
    try:
        file = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True)
        names: dict[str, None] = {}
        for field in file.schema_arrow:
            if not pa.types.is_nested(field.type):
                names[field.name] = None
        if len(names) < len(file.schema_arrow.names):
            for _, _, _, cells in _flat(file):
                names.update(dict.fromkeys(cells))
        read, notes = tuple(names)[:MOST_COLUMNS], []
        if len(names) > MOST_COLUMNS:
            notes = [f"of {len(names):,} columns the first {MOST_COLUMNS:,} are read, the others taken for absent"]
        yield Rows("", read, lambda: _rows(file, read), notes=notes)
    except (pa.ArrowException, OSError) as error:
        raise ImportRefused(f"is a damaged Parquet file ({str(error).splitlines()[0]}). Export it again.") from None


def _rows(file: pyarrow.parquet.ParquetFile, names: tuple[str, ...]) -> Iterator[Row]:
    for line, raw, reason, cells in _flat(file):
        yield line, raw, reason, [cells.get(name, "") for name in names]


def _flat(file: pyarrow.parquet.ParquetFile) -> Iterator[tuple[int, str, str, dict[str, str]]]:
    line = 0
    for batch in file.iter_batches(BATCH_ROWS):
        for row in batch.to_pylist():
            line += 1
            texts = {name: _text(value) for name, value in row.items()}
            nested = {name: value for name, value in texts.items() if isinstance(value, dict | list)}
            cells = {name: value for name, value in texts.items() if value is not None and name not in nested}
            cells |= flattened(nested)
            yield line, json.dumps(texts, ensure_ascii=False), "", cells


def _text(value: Any) -> Any:
    """A value as text; structs and lists keep their shape."""
    if isinstance(value, dict):
        return {key: _text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_text(inner) for inner in value]
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="auto")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)
