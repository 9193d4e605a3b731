"""What every format becomes: columns of text by name, records with the line each begins on, an account of all lines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data.refusal import ImportRefused

LINE_COLUMN = "__line"
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Settings:
    """What a mapping declares of how a file is written; None where it is to be found out."""

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    header_row: int | None = None
    header_rows: int | None = None


@dataclass(frozen=True)
class RejectedLines:
    """Lines of a file that are no record: the first line, how many, and why."""

    line: int
    lines: int
    reason: str


@dataclass
class Ledger:
    """The account of a file's lines, and the records that run over more than one of them (first line: lines)."""

    preamble_lines: int = 0
    header_lines: int = 0
    blank_lines: int = 0
    record_lines: int = 0
    lines: int = 0
    rejected: list[RejectedLines] = field(default_factory=list)
    spans: dict[int, int] = field(default_factory=dict)

    def close(self, name: str) -> None:
        """Assert that no line of the file is unaccounted for."""
        rejected_lines = sum(rejected.lines for rejected in self.rejected)
        accounted = self.preamble_lines + self.header_lines + self.blank_lines + self.record_lines + rejected_lines
        assert accounted == self.lines, f"{name}: {accounted} lines accounted for, {self.lines} in the file"


@dataclass(frozen=True)
class ExportFile(ABC):
    """A file (or a sheet of one) that has been looked at once: what its columns are called and where they begin.

    name: what reports call it
    notes: what had to be guessed
    twice: names that several columns have, which are therefore numbered
    has_open_columns: a column that no record has is empty and not missing, as a key of JSON may be
    has_typed_cells: the file itself knows days from texts; they are ISO here
    day_zero: of a spreadsheet, the day that its day numbers count from

    Line numbers count from 1: lines of a text, rows of a sheet, elements of a JSON array.
    """

    path: Path
    name: str
    sha256: str
    size: int
    headers: tuple[str, ...]
    modified_ns: int
    notes: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    has_open_columns: bool = False
    has_typed_cells: bool = False
    day_zero: date | None = None

    @abstractmethod
    def records(self, ledger: Ledger, progress: Progress = lambda done: None) -> Iterator[pa.Table]:
        """The records in batches: `__line` (bigint) and one text column per header, cells verbatim.

        The batches follow the file; within one, order is by kind of line. `ledger` is filled on the way, `progress`
        is told the bytes read.
        """

    @abstractmethod
    def raw_lines(self, spans: dict[int, int]) -> dict[int, str]:
        """The text of the records that begin on these lines (line: number of lines), as it stands in the file."""

    @property
    @abstractmethod
    def raw_dialect(self) -> tuple[str, str] | None:
        """The delimiter and the quote with which `raw_lines` writes cells; None where it writes JSON."""

    def require_unchanged(self) -> None:
        """Raise ImportRefused where the file has changed since it was looked at."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise ImportRefused(f"{self.name} cannot be read: {error.strerror}.") from error
        if (status.st_size, status.st_mtime_ns) != (self.size, self.modified_ns):
            raise ImportRefused(f"{self.name} changed while it was read. Import it again when it is complete.")


def trimmed(batch: pa.Table) -> pa.Table:
    """A batch of records with its texts trimmed."""
    numbers, *texts = batch.columns
    return pa.table([numbers, *map(pc.utf8_trim_whitespace, texts)], schema=batch.schema)
