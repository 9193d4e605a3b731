"""A file of Excel, JSON or Parquet becomes tables of text; run as a process of its own, with limits.

    python -m data.formats.converting KIND FILE FOLDER

Each sheet becomes one Arrow file in the folder: `__line`, `__raw` (the row as it stands in the file), `__reason` (why
it is no record, else empty), and its cells as text. Standard output tells the sheets, or why the file is refused.
"""

from __future__ import annotations

import ctypes
import json
import resource
import signal
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import accumulate, zip_longest
from pathlib import Path

import pyarrow as pa

from data.formats.rows import REFUSED, Row, Rows
from data.refusal import ImportRefused

MEMORY_BYTES = 4_000_000_000
CPU_SECONDS = 1_800
FILE_BYTES = 50_000_000_000
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
BATCH_ROWS = 20_000
BATCH_BYTES = 20_000_000
# Each with the libraries that it needs, of which a file needs one.
READERS = {"excel": "data.formats.excel_rows", "json": "data.formats.json_rows", "parquet": "data.formats.parquet_rows"}


@dataclass(frozen=True)
class Sheet:
    """A table of text: its name in the file, its Arrow file, its columns (None where a row of it names them)."""

    name: str
    file: str
    columns: tuple[str, ...] | None
    rows: int
    notes: tuple[str, ...]
    day_zero: str | None


def convert(kind: str, path: Path, folder: Path) -> list[Sheet]:
    """Write every sheet of a file into the folder, and what there is of them."""
    made: list[Sheet] = []
    sheets: Callable[[Path], Iterator[Rows]] = import_module(READERS[kind]).sheets
    for rows in sheets(path):
        file = f"{len(made)}.arrow"
        count = _write(rows, folder / file)
        if count:
            made.append(Sheet(rows.name, file, rows.columns, count, tuple(rows.notes), rows.day_zero))
    return made


def _write(rows: Rows, place: Path) -> int:
    width = len(rows.columns) if rows.columns is not None else rows.width
    schema = pa.schema(
        [("__line", pa.int64()), ("__raw", pa.string()), ("__reason", pa.string())]
        + [(f"c{at}", pa.string()) for at in range(width)]
    )
    count = 0
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(place), "wb") as sink, pa.ipc.new_file(sink, schema, options=options) as writer:
        for batch in _batches(rows):
            count += len(batch)
            lines, raws, reasons, cells = zip(*batch, strict=True)
            columns = (*zip_longest(*cells, fillvalue=""), *[("",) * len(batch)] * width)[:width]
            texts = [_texts(column) for column in (raws, reasons, *columns)]
            writer.write(pa.record_batch([_numbers(lines), *texts], schema=schema))
    return count


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row[1])
        if len(batch) >= BATCH_ROWS or size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


# Arrays are made of buffers, for pa.array() imports pandas, and that takes a second.
def _numbers(numbers: Sequence[int]) -> pa.Array:
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(array("q", numbers))])


def _texts(texts: Sequence[str]) -> pa.Array:
    """The texts; what cannot be written as UTF-8 (half a character of UTF-16) is written out."""
    encoded = [text.encode("utf-8", "backslashreplace") for text in texts]
    ends = array("i", accumulate(map(len, encoded), initial=0))
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))


def main(kind: str, path: str, folder: str) -> None:
    """Convert within limits, and no longer than whoever asked for it lives; tell the sheets as JSON."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sheets = convert(kind, Path(path), Path(folder))
    except ImportRefused as refused:
        print(str(refused))
        sys.exit(REFUSED)
    print(json.dumps([vars(sheet) for sheet in sheets]))


if __name__ == "__main__":
    main(*json.load(sys.stdin))
