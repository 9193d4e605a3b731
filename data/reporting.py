"""What an import did, told in three ways: as text, as JSON, and as a file of the rejected rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
SHOWN = 5
TOLD = 10_000
"""As many rejected rows, and as many warnings, a report holds itself; it counts all, and the snapshot has all."""
REJECT_COLUMNS = ("file", "line", "table", "column", "value", "reason", "raw")


@dataclass(frozen=True)
class FileAccount:
    """What became of the rows of one file for one table."""

    file: str
    table: str
    rows_read: int
    rows_loaded: int
    rows_duplicate: int
    rows_skipped: int
    rows_rejected: int
    rows_replaced: int
    warnings: int


@dataclass(frozen=True)
class ImportWarning:
    """A value that was left empty or looks wrong; `line` is None where it concerns several rows or the file."""

    file: str
    line: int | None
    column: str | None
    value: str | None
    reason: str


@dataclass(frozen=True)
class Reject:
    """A row that was not loaded, and why; `raw` is its text in the file."""

    file: str
    line: int | None
    table: str
    column: str | None
    value: str | None
    reason: str
    raw: str | None


@dataclass(frozen=True)
class WarningKind:
    """How often one kind of warning was given of a file."""

    file: str
    column: str | None
    reason: str
    count: int


@dataclass(frozen=True)
class ImportReport:
    """The account of one import (or of a check): every row of every file, and what was wrong.

    `warnings` and `rejects` are the first 10,000 of each (TOLD), `warning_count` and `reject_count` all of them;
    `kinds` are the most frequent kinds of warnings. `is_nothing_new` where the snapshot holds all of it already.
    """

    as_of: date | None
    files: Sequence[FileAccount]
    warnings: Sequence[ImportWarning] = ()
    rejects: Sequence[Reject] = ()
    warning_count: int = 0
    reject_count: int = 0
    kinds: Sequence[WarningKind] = ()
    is_nothing_new: bool = False

    def to_json(self, rejects: str | None = None) -> str:
        """The report as JSON; `rejects` is the name of the file of rejected rows, if one was written."""
        content: dict[str, Any] = {
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "nothing_new": self.is_nothing_new,
            "files": [vars(account) for account in self.files],
            "rejects": rejects,
            "warnings": [vars(warning) for warning in self.warnings],
            "warnings_left_out": self.warning_count - len(self.warnings),
        }
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

    def text(self) -> str:
        """The report as it is printed: a row per file and table, the first rejected rows, warnings by reason."""
        counts = ("read", "loaded", "duplicate", "skipped", "rejected")
        rows = [
            (account.file, account.table, *(getattr(account, f"rows_{count}") for count in counts), account.warnings)
            for account in self.files
        ]
        lines = _aligned([("file", "table", *counts, "warnings"), *rows, ("total", "", *_sums(rows))])
        replaced = sum(account.rows_replaced for account in self.files)
        if replaced:
            lines += ["", f"{replaced:,} {_plural('row', replaced)} replaced one of the same id with other content."]
        if self.is_nothing_new:
            lines += ["", "Nothing new: the snapshot holds all of this already, and stays as it is."]
        if self.reject_count:
            lines += ["", f"Rejected: {self.reject_count:,}"]
            lines += [f"  {_told(reject)}" for reject in self.rejects[:SHOWN]]
            if self.reject_count > SHOWN:
                lines += [f"  ... and {self.reject_count - SHOWN:,} more"]
        if self.warning_count:
            lines += ["", f"Warnings: {self.warning_count:,}"]
            for kind in self.kinds:
                place = f"{kind.file}{f', {kind.column}' if kind.column else ''}"
                lines += [f"  {kind.count:,} x {place}: {kind.reason}"]
            others = self.warning_count - sum(kind.count for kind in self.kinds)
            if others:
                lines += [f"  ... and {others:,} of other kinds"]
        lines += ["", f"Data as of {self.as_of}." if self.as_of else "No record was loaded."]
        return "\n".join(lines) + "\n"


def write_rejects(rows: Iterable[Sequence[object]], path: Path) -> None:
    """Write rejected rows (REJECT_COLUMNS) as CSV that opens in a spreadsheet; no text in it becomes a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(REJECT_COLUMNS)
        writer.writerows([_spreadsheet_safe(cell) for cell in row] for row in rows)


def _told(reject: Reject) -> str:
    place = f"{reject.file}:{reject.line}" if reject.line else reject.file
    column = f" {reject.column}" if reject.column else ""
    value = f" '{reject.value[:60]}'" if reject.value else ""
    return f"{place}{column}{value}: {reject.reason}"


def _spreadsheet_safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def _sums(rows: Sequence[tuple[Any, ...]]) -> list[int]:
    return [sum(row[place] for row in rows) for place in range(2, 8)]


def _aligned(rows: Sequence[tuple[Any, ...]]) -> list[str]:
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    return [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
