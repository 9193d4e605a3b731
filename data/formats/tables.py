"""Excel, JSON and Parquet: turned into tables of text by a process of its own, and read from those."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.formats.export_file import LINE_COLUMN, ExportFile, Ledger, Progress, RejectedLines, Settings
from data.formats.headers import SEARCHED_ROWS, find_header
from data.formats.rows import REFUSED
from data.refusal import ImportRefused

WHAT = {"excel": "a workbook", "json": "JSON", "parquet": "Parquet"}
PATIENCE_SECONDS = 3_600


@dataclass(frozen=True)
class ConvertedSheet:
    """A sheet of a file as a table of text (Arrow); `columns` is None where a row of it holds the column names."""

    path: Path
    name: str
    sheet: str
    table: Path
    columns: tuple[str, ...] | None
    rows: int
    sha256: str
    size: int
    modified_ns: int
    kind: str
    notes: tuple[str, ...]
    day_zero: date | None

    def headed(self, wanted: Collection[str], settings: Settings) -> TableFile:
        """The sheet with its column names, found by those wanted. ImportRefused where there are none."""
        columns, first, last, twice = self.columns, 0, 0, tuple[str, ...]()
        if columns is None:
            header = find_header(list(self._first_rows()), wanted, settings, self.name)
            columns, first, last, twice = header.names, header.first, header.last, header.twice
        return TableFile(
            self.path,
            self.name,
            self.sha256,
            self.size,
            columns,
            self.modified_ns,
            self.notes,
            twice,
            has_open_columns=self.kind == "json",
            has_typed_cells=self.kind in ("excel", "parquet"),
            day_zero=self.day_zero,
            sheet=self,
            header_first=first,
            header_last=last,
        )

    def _first_rows(self) -> Iterator[tuple[int, list[str]]]:
        found = 0
        for batch in _batches(self.table):
            for row in batch.to_pylist():
                line, _, _, *cells = row.values()
                if any(cell.strip() for cell in cells):
                    yield line, cells
                    found += 1
                    if found > 4 * SEARCHED_ROWS:
                        return


@dataclass(frozen=True, kw_only=True)
class TableFile(ExportFile):
    """A converted sheet with its column names; the rows down to `header_last` are no records."""

    sheet: ConvertedSheet
    header_first: int
    header_last: int

    def records(self, ledger: Ledger, progress: Progress = lambda done: None) -> Iterator[pa.Table]:
        names = [LINE_COLUMN, *self.headers]
        for batch in _batches(self.sheet.table):
            table = pa.Table.from_batches([batch])
            ledger.lines += table.num_rows
            lines = table["__line"]
            ledger.preamble_lines += pc.sum(pc.less(lines, self.header_first)).as_py() or 0
            is_header = pc.and_(pc.greater_equal(lines, self.header_first), pc.less_equal(lines, self.header_last))
            ledger.header_lines += pc.sum(is_header).as_py() or 0
            table = table.filter(pc.greater(lines, self.header_last))
            is_rejected = pc.not_equal(table["__reason"], "")
            for row in table.filter(is_rejected).select(["__line", "__reason"]).to_pylist():
                ledger.rejected.append(RejectedLines(row["__line"], 1, row["__reason"]))
            table = table.filter(pc.invert(is_rejected)).drop_columns(["__raw", "__reason"])
            is_blank = pa.chunked_array([pa.array([True] * table.num_rows, pa.bool_())])
            for column in table.columns[1:]:
                is_blank = pc.and_(is_blank, pc.equal(pc.utf8_trim_whitespace(column), ""))
            blank = pc.sum(is_blank).as_py() or 0
            ledger.blank_lines += blank
            if blank:
                table = table.filter(pc.invert(is_blank))
            ledger.record_lines += table.num_rows
            if table.num_rows:
                yield table.rename_columns(names)
            progress(round(self.size * ledger.lines / max(self.sheet.rows, 1)))
        ledger.close(self.name)

    def raw_lines(self, spans: dict[int, int]) -> dict[int, str]:
        wanted = pa.array(list(spans), pa.int64())
        texts: dict[int, str] = {}
        for batch in _batches(self.sheet.table):
            found = batch.filter(pc.is_in(batch["__line"], wanted))
            texts.update(zip(found["__line"].to_pylist(), found["__raw"].to_pylist(), strict=True))
        return texts

    @property
    def raw_dialect(self) -> tuple[str, str] | None:
        return ("\t", '"') if self.sheet.kind == "excel" else None


def converted(kind: str, path: Path, name: str, folder: Path) -> list[ConvertedSheet]:
    """The sheets of a file, converted into `folder` by a process with limits of its own.

    Raises ImportRefused for what cannot be read, or not within the limits.
    """
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "data.formats.converting"]
    # Told on stdin: everybody on the machine can read the arguments of a process, and a file's name may name somebody.
    asked = json.dumps([kind, str(path.resolve()), str(folder.resolve())])
    try:
        status = path.stat()
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        done = subprocess.run(
            command, input=asked, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
    except OSError as error:
        raise ImportRefused(f"{name} cannot be read: {error.strerror}.") from error
    except subprocess.TimeoutExpired:
        raise ImportRefused(f"{name} took more than an hour to read. Export it as CSV.") from None
    if done.returncode == REFUSED:
        raise ImportRefused(f"{name} {done.stdout.strip()}")
    if done.returncode:
        raise ImportRefused(
            f"{name} cannot be read as {WHAT[kind]}: it is damaged, or needs more memory or time than an import may "
            "take. Export it as CSV."
        )
    sheets: list[dict[str, Any]] = json.loads(done.stdout)
    return [
        ConvertedSheet(
            path,
            f"{name}/{sheet['name']}" if sheet["name"] else name,
            sheet["name"],
            folder / sheet["file"],
            None if sheet["columns"] is None else tuple(sheet["columns"]),
            sheet["rows"],
            sha256,
            status.st_size,
            status.st_mtime_ns,
            kind,
            tuple(sheet["notes"]),
            date.fromisoformat(sheet["day_zero"]) if sheet["day_zero"] else None,
        )
        for sheet in sheets
    ]


def _batches(table: Path) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(table)) as source, pa.ipc.open_file(source) as file:
        for at in range(file.num_record_batches):
            yield file.get_batch(at)
