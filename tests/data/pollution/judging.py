"""Polluted files are imported by the real door, several at once, and held against what was expected of each."""

from __future__ import annotations

import csv
import itertools
import os
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb

import data
from data import ImportRefused, ImportReport
from data.contract import TABLES
from data.reporting import Reject
from tests.data.pollution.clean import clean
from tests.data.pollution.writing import ASIDE, LOADED, REJECTED, SKIPPED, Expected, Part, Polluted

BATCH = 64
BATCH_THAT_MAY_BE_REFUSED = 4
LONGEST_IMPORT_SECONDS = 120
LINKED = ("follow_ups", "side_effects")
Row = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What an import made of a polluted file: its report and the rows of each table, or the refusal."""

    report: ImportReport | None = None
    tables: dict[str, list[Row]] | None = None
    refusal: str | None = None


@contextmanager
def bounded(seconds: float = LONGEST_IMPORT_SECONDS) -> Iterator[None]:
    """Ends what takes longer than this."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    began = time.monotonic()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - began < seconds


class Importer:
    """Imports polluted files, each time into a snapshot that holds something else; `folder` is its place to work."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        export = folder / "treatments.csv"
        export.write_text("treatment_id,patient_id,treated_on,treatment_type\nE,E,2018-01-01,skincare\n")
        data.import_exports([export], folder / "earlier" / "outcomes.json")

    def outcomes(self, cases: Sequence[Polluted]) -> dict[str, Outcome]:
        """What becomes of each case, by its name: imported together, or, where that is refused, in halves."""
        together = self.outcome(cases)
        if together.refusal is None or len(cases) == 1:
            return {case.name: together for case in cases}
        half = len(cases) // 2
        return self.outcomes(cases[:half]) | self.outcomes(cases[half:])

    def outcome(self, cases: Sequence[Polluted]) -> Outcome:
        """What an import of these files at once makes of them."""
        exports, snapshot = self.folder / "exports", self.folder / "snapshot"
        for place in (exports, snapshot):
            shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.folder / "earlier", snapshot, copy_function=os.link)
        exports.mkdir()
        for case in cases:
            (exports / case.file).write_bytes(case.content)
        _write_companions(cases, exports / "companion_treatments.csv")
        mapping = None
        if cases[0].section is not None:
            mapping = self.folder / "mapping.toml"
            mapping.write_text(_mapping(cases), encoding="utf-8")
        pointer, before = snapshot / "outcomes.json", _content(snapshot)
        try:
            with bounded():
                report = data.import_exports([exports], pointer, mapping=mapping, replace=True)
        except ImportRefused as refusal:
            assert _content(snapshot) == before, "refused, but something was changed or left behind"
            return Outcome(refusal=str(refusal))
        with duckdb.connect(str(data.current(pointer).path), read_only=True) as connection:
            tables = {name: _rows(connection, name) for name in TABLES}
        for name, rows in tables.items():
            assert sum(account.rows_loaded for account in report.files if account.table == name) == len(rows)
        return Outcome(report, tables)


class Batches:
    """Cases that are imported several at once, when the first of them is asked for.

    Those read through a mapping are imported apart from the others; those that have to be refused, one by one.
    """

    def __init__(self, cases: Sequence[Polluted], folder: Path) -> None:
        self.importer = Importer(folder)
        self.cases = {case.name: case for case in cases}
        self.known: dict[str, Outcome] = {}
        self.together: dict[str, Sequence[Polluted]] = {case.name: [case] for case in cases}
        for is_mapped, may_be_refused in itertools.product((False, True), repeat=2):
            group = [
                case
                for case in cases
                if case.refusal is None
                and (case.section is not None) == is_mapped
                and case.may_be_refused == may_be_refused
            ]
            size = BATCH_THAT_MAY_BE_REFUSED if may_be_refused else BATCH
            for first in range(0, len(group), size):
                batch = group[first : first + size]
                self.together |= dict.fromkeys((case.name for case in batch), batch)

    def outcome(self, case: Polluted) -> Outcome:
        """What became of a case."""
        if case.name not in self.known:
            self.known |= self.importer.outcomes(self.together[case.name])
        return self.known[case.name]


def _content(folder: Path) -> dict[str, tuple[int, int]]:
    """The files of a folder, with the size and the time of each; locks, which hold nothing, are left out."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[Row]:
    names = TABLES[table].column_names
    found = connection.execute(f"select {', '.join(names)} from {table}").fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def _write_companions(cases: Sequence[Polluted], path: Path) -> None:
    """The treatments that polluted follow-ups and side effects belong to."""
    marks = [
        case.mark for case in cases if {part.table for part in case.parts} & {*LINKED} and not _has_treatments(case)
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TABLES["treatments"].column_names)
        for mark in ("companion", *marks):
            writer.writerows(row.values() for row in clean("treatments", mark, 1 if mark == "companion" else 80).rows)


def _has_treatments(case: Polluted) -> bool:
    return any(part.table == "treatments" for part in case.parts)


def _mapping(cases: Sequence[Polluted]) -> str:
    """A mapping with one section for each table of each case."""
    lines = ["[[treatments]]", 'file = "companion_treatments.csv"']
    for case in cases:
        for part in case.parts:
            settings = dict(case.section or {})
            columns: Mapping[str, Any] = settings.pop("columns", {})
            lines += [f"[[{part.table}]]", f"file = {_toml(case.file)}"]
            lines += [f"{key} = {_toml(value)}" for key, value in settings.items()]
            if columns:
                lines += [f"[{part.table}.columns]", *(f"{key} = {_toml(value)}" for key, value in columns.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    escaped = "".join(f"\\u{ord(c):04x}" if c in '"\\' or ord(c) < 32 or ord(c) == 127 else c for c in str(value))
    return f'"{escaped}"'


def judge(case: Polluted, outcome: Outcome) -> None:
    """Asserts that what became of a file is what was expected of it, row by row and value by value."""
    if case.may_be_left_out and _is_left_out(case, outcome):
        return
    if case.refusal is not None:
        assert outcome.refusal is not None, "loaded, where it had to be refused"
        assert re.search(case.refusal, outcome.refusal, re.DOTALL), outcome.refusal
    if outcome.refusal is not None:
        assert case.refusal is not None or case.may_be_refused, outcome.refusal
        assert len(outcome.refusal) > 40, outcome.refusal
        return
    for part in case.parts:
        judge_part(case, part, outcome)


def _is_left_out(case: Polluted, outcome: Outcome) -> bool:
    """Whether the report says that the file was left out, and nothing of it was read."""
    if outcome.report is None:
        return False
    is_told = any(one.file == case.file and "left out" in one.reason for one in outcome.report.warnings)
    return is_told and not any(one.file.startswith(case.file) for one in outcome.report.files)


def judge_part(case: Polluted, part: Part, outcome: Outcome) -> None:
    """Asserts the account, the rejected lines and every loaded value of one table of a file."""
    report, tables = outcome.report, outcome.tables
    assert report is not None
    assert tables is not None
    accounts = [one for one in report.files if one.table == part.table and _is_of(one.file, case, part)]
    assert len(accounts) == 1, [one.file for one in report.files if case.mark in one.file] or report.warnings
    (account,) = accounts
    rejects = {
        one.line: one for one in report.rejects if one.file == account.file and one.table == part.table and one.line
    }
    warned = {(one.line, one.column) for one in report.warnings if one.file == account.file}
    told = {one.line: (one.column, one.value, one.reason) for one in rejects.values()}
    by_line = {row.line: row for row in part.rows}
    id_column = TABLES[part.table].id_column

    absorbed = _absorbed(part.rows, rejects)
    must_be_rejected = {row.line for row in part.rows if row.fates == {REJECTED} and row.line not in absorbed}
    may_be_rejected = {row.line for row in part.rows if REJECTED in row.fates}
    assert must_be_rejected <= rejects.keys(), f"not rejected: lines {sorted(must_be_rejected - rejects.keys())}"
    assert rejects.keys() <= may_be_rejected, (
        f"rejected: { {line: told[line] for line in rejects.keys() - may_be_rejected} }"
    )
    assert account.rows_rejected == len(rejects)
    for line, reject in rejects.items():
        _judge_reject(by_line[line], reject.raw, reject.reason, line in absorbed.values())

    kept = [row for row in part.rows if row.line not in rejects and row.fates & {LOADED}]
    skipped = [row for row in part.rows if row.fates == {SKIPPED}]
    ids = Counter(row.cells[id_column] for row in kept)
    assert account.rows_read == len(kept) + len(skipped) + len(rejects), "rows_read is not the number of rows there are"
    assert account.rows_loaded == len(ids)
    assert account.rows_duplicate == len(kept) - len(ids)
    assert account.rows_skipped == len(skipped)
    assert account.rows_read == (
        account.rows_loaded + account.rows_duplicate + account.rows_skipped + account.rows_rejected
    )

    loaded = {row[id_column]: row for row in tables[part.table] if str(row[id_column]).startswith(f"{case.mark}-")}
    assert loaded.keys() == ids.keys(), "other ids were loaded than the file has"
    is_told_of_a_guess = case.is_guessed and any(line is None for line, _ in warned)
    for row in {row.cells[id_column]: row for row in kept}.values():
        _judge_values(row, loaded[row.cells[id_column]], warned, is_told_of_a_guess)


def _absorbed(rows: Sequence[Expected], rejects: Mapping[int, Reject]) -> dict[int, int]:
    """The damaged rows that were rejected together with the damaged row before them, and the line of that.

    Of two damaged rows side by side, the first may open a quote that the second closes.
    """
    found = {}
    for before, row in itertools.pairwise(rows):
        raw = rejects[before.line].raw if before.line in rejects else None
        is_kept = raw is not None and row.raw is not None and raw.endswith(row.raw)
        if before.fates == row.fates == {REJECTED} and row.line not in rejects and is_kept:
            found[row.line] = before.line
    return found


def _judge_reject(row: Expected, raw: str | None, reason: str, has_absorbed: bool) -> None:
    assert reason.strip()
    if ASIDE in row.fates:
        return
    assert raw is not None, f"line {row.line} was not kept"
    if row.raw is not None:
        is_exact = raw.startswith(row.raw) if has_absorbed else raw == row.raw
        assert is_exact, f"line {row.line} is not kept as it stood: {raw[:300]!r}"
    assert row.told in raw, f"line {row.line} is not kept: {raw[:300]!r}"


def _judge_values(row: Expected, found: Row, warned: set[tuple[int | None, str | None]], is_guessed: bool) -> None:
    for column, value in found.items():
        allowed = row.values.get(column, (None,))
        told = f"line {row.line}, {column}: {value!r} where {row.cells.get(column)!r} stood"
        if is_guessed and isinstance(value, str) and isinstance(allowed[0], str):
            assert value.startswith(_ascii_start(allowed[0])), told
            continue
        assert any(value == one and type(value) is type(one) for one in allowed), told
        if value is None and row.cells.get(column, "").strip():
            assert (row.line, column) in warned, f"{told}, and no warning tells of it"


def _ascii_start(text: str) -> str:
    return re.match("[\x00-\x7f]*", text)[0]  # type: ignore[index]


def _is_of(name: str, case: Polluted, part: Part) -> bool:
    """Whether a file of the report is this part of this case."""
    if part.member:
        return name == f"{case.file}/{part.member}"
    return name == case.file or name.startswith(f"{case.file}/")
