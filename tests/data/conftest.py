"""A practice: a folder of export files, imported by the real door and read with DuckDB."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

import data
from data import ImportReport
from data.reporting import ImportWarning, Reject

Told = tuple[int | None, str | None, str | None, str]
TREATMENTS = """
treatment_id,patient_id,treated_on,treatment_type,area,dose
T1,P1,2024-01-10,neuromodulator,glabella,20
T2,P1,2024-01-10,neuromodulator,forehead,10
T3,P2,2024-02-01,dermal_filler,lips,1.5
T4,P1,2024-05-10,neuromodulator,glabella,20
""".lstrip()


@dataclass
class Practice:
    """Its exports, and the snapshot that they are imported into."""

    folder: Path

    @property
    def exports(self) -> Path:
        return self.folder / "exports"

    @property
    def pointer(self) -> Path:
        return self.folder / "outcomes.json"

    @property
    def rejects(self) -> Path:
        """The file of rejected rows, written by an import where there are some."""
        return self.folder / "rejects.csv"

    def write(self, name: str, content: str | bytes) -> Path:
        """An export file; text begins at the first character that is not blank."""
        self.exports.mkdir(parents=True, exist_ok=True)
        path = self.exports / name
        path.write_bytes(content.lstrip().encode() if isinstance(content, str) else content)
        return path

    def mapping(self, content: str) -> Path:
        path = self.folder / "mapping.toml"
        path.write_text(content, encoding="utf-8")
        return path

    def imports(
        self, mapping: Path | str | None = None, replace: bool = False, as_of: date | None = None
    ) -> ImportReport:
        report = data.import_exports(
            [self.exports], self.pointer, mapping=mapping, replace=replace, as_of=as_of, rejects=self.rejects
        )
        for account in report.files:
            rows = account.rows_loaded + account.rows_duplicate + account.rows_skipped + account.rows_rejected
            assert account.rows_read == rows
        assert report.reject_count >= sum(account.rows_rejected for account in report.files)
        return report

    def becomes(self, imported: Callable[[Practice], object]) -> None:
        """Becomes what these imports make of it: done by one practice, whose folder the others of the run copy."""
        once = self.folder.parent / f"once_{imported.__name__}"
        if not once.exists():
            imported(first := Practice(once.with_suffix(".unfinished")))
            first.folder.rename(once)
        shutil.copytree(once, self.folder, dirs_exist_ok=True)

    def rows(self, select: str) -> Sequence[tuple[Any, ...]]:
        with duckdb.connect(str(data.current(self.pointer).path), read_only=True) as connection:
            return connection.execute(select).fetchall()


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    """A practice with four treatment records of two patients: P1 on two days, first in two areas."""
    practice = Practice(tmp_path)
    practice.write("treatments.csv", TREATMENTS)
    return practice


def four_records(practice: Practice) -> None:
    """The four treatment records, imported."""
    practice.write("treatments.csv", TREATMENTS)
    practice.imports()


def told(rows: Sequence[Reject] | Sequence[ImportWarning], file: str) -> list[Told]:
    """Line, column, value and reason of what a report tells of one file's rows: those rejected, or its warnings."""
    return [(one.line, one.column, one.value, one.reason) for one in rows if one.file == file]


def reasons(report: ImportReport) -> list[Told]:
    """Line, column, value and reason of every rejected row."""
    return [(reject.line, reject.column, reject.value, reject.reason) for reject in report.rejects]


def warned(report: ImportReport) -> list[tuple[int | None, str | None, str | None]]:
    """Line, column and value of every warning."""
    return [(warning.line, warning.column, warning.value) for warning in report.warnings]
