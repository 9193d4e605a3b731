"""Exports become a snapshot: planned, read, checked, built, and only then published."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from data import publishing, values
from data.building import Look, build
from data.catalogue import NAME as CATALOGUE
from data.catalogue import Catalogue, catalogue_of
from data.contract import Table
from data.deriving import derive
from data.expressions import literal, quoted
from data.generations import Generation, current
from data.history import totals
from data.mapping import Section, read_mapping
from data.reading import Reading
from data.refusal import ImportRefused
from data.reporting import (
    REJECT_COLUMNS,
    SHOWN,
    TOLD,
    FileAccount,
    ImportReport,
    ImportWarning,
    Reject,
    WarningKind,
    write_rejects,
)
from data.sources import Plan, given_files, plan_import

Progress = Callable[[str, int, int], None]
Figures = list[tuple[str, str, str, str, bytes]]
"""Selection, measure, groups, the fingerprint of the code that made it, and the figure as bytes."""
Counting = Callable[[Path, Callable[[float], None]], Figures]
"""Counts the figures to store with the snapshot in this file, and tells which share of them it has."""

LARGEST_SHARE_OF_MEMORY = 4
SMALLEST_MEMORY = 500_000_000
BESIDE_THE_DATABASE = 650_000_000
"""Of the memory to work in, what the program itself and the pieces of files take that it reads."""
ROWS_AT_ONCE = 10_000
WHOLE = 1_000
# What part of the whole reading takes, all files together, and each other step; measured on ten million records.
READING = 130
CHECKING = {
    "checking treatments": 160,
    "checking follow_ups": 110,
    "checking side_effects": 40,
    "checking patients": 10,
    "writing the account": 10,
}
DONE = {"done": 0}
CHECK_STEPS = {**CHECKING, **DONE}
STEPS = {**CHECKING, "linking and deriving": 300, "counting": 220, "publishing": 20, **DONE}
UNFOLDED = "unfolded"


def import_exports(
    sources: Sequence[str | Path],
    into: str | Path,
    mapping: str | Path | None = None,
    replace: bool = False,
    as_of: date | None = None,
    progress: Progress | None = None,
    figures: Counting | None = None,
    memory: int | None = None,
    rejects: Path | None = None,
) -> ImportReport:
    """Add exports to the snapshot at `into` (a pointer file), or make it; `replace` starts afresh.

    `sources` are folders and files, `mapping` a TOML file or the name of one that is saved or shipped. `figures`
    counts those to store with the new snapshot before it is published. `memory` bounds, in bytes, what the import works
    in; `rejects` is the file to write rejected rows to, if there are some. Where the exports change nothing, the
    snapshot stays as it is. Raises ImportRefused, with the snapshot unchanged, for anything that its user can mend.
    """
    told = Share(progress, STEPS, READING)
    given, sections = given_files(sources), _sections(mapping, into)
    with publishing.staging(into, told) as place, _whole(rejects) as unfinished:
        plan = plan_import(given, sections, place.staging / UNFOLDED)
        earlier = None if replace else place.earlier()
        with database(place.path, place.staging, earlier, memory) as connection:
            catalogue = catalogue_of(into)
            report, treatments = _imported(connection, plan, catalogue, earlier is not None, as_of, told, unfinished)
            if not treatments:
                first = "".join(f"\n  {one.file}:{one.line} {one.reason}" for one in report.rejects[:3])
                raise ImportRefused(f"No treatment record could be loaded, so nothing was changed.{first}")
            if not report.is_nothing_new:
                derive(connection, partial(told, "linking and deriving"))
                finish(connection)
        if not report.is_nothing_new:
            if figures:
                store(figures(place.path, partial(told, "counting")), place.path)
            told("publishing")
            place.commit(treatments, report.as_of, [account.file for account in report.files])
    told("done")
    return report


def finish(connection: duckdb.DuckDBPyConnection) -> None:
    """Write what was built to the end, and let go of its file."""
    connection.execute("use memory")
    connection.execute("checkpoint built")
    connection.execute("detach built")


def store(figures: Figures, place: Path) -> None:
    """Store figures in the snapshot that was built in this file."""
    with duckdb.connect(str(place)) as connection:
        connection.executemany("insert into figures values (?, ?, ?, ?, ?)", figures)


def check_exports(
    sources: Sequence[str | Path],
    mapping: str | Path | None = None,
    into: str | Path | None = None,
    as_of: date | None = None,
    progress: Progress | None = None,
    look: Look | None = None,
    memory: int | None = None,
    rejects: Path | None = None,
) -> ImportReport:
    """What adding these exports to the snapshot at `into`, or to none, would report; nothing else is kept.

    `look` may look at the rows of each table once they are checked; `memory` and `rejects` are those of an import.
    """
    told = Share(progress, CHECK_STEPS, READING)
    given, sections = given_files(sources), _sections(mapping, into)
    earlier = current(into) if into is not None else None
    with (
        publishing.working_folder() as folder,
        _whole(rejects) as unfinished,
        database(folder / "check.duckdb", folder, earlier, memory) as connection,
    ):
        plan = plan_import(given, sections, folder / UNFOLDED)
        catalogue = catalogue_of(into)
        report, _ = _imported(connection, plan, catalogue, earlier is not None, as_of, told, unfinished, look)
    told("done")
    return report


class Share:
    """Tells how far the work is, as one share of the whole that never falls; files are read between other steps.

    `steps` are those of the work, in order, each with its part of the whole; `reading` is the part of reading.
    """

    def __init__(self, progress: Progress | None, steps: Mapping[str, int], reading: int = 0) -> None:
        self.progress = progress
        self.steps = list(steps)
        self.parts = list(steps.values())
        self.part_of_reading = reading
        self.whole = reading + sum(self.parts)
        self.begun = -1
        self.read = self.worked = 0.0
        self.reached = 0

    def __call__(self, step: str, share: float = 0) -> None:
        """At this share of a step; a step that takes no time of its own leaves the whole where it was."""
        if step in self.steps:
            self.begun = self.steps.index(step)
            self.worked = sum(self.parts[: self.begun]) + share * self.parts[self.begun]
        self._tell(step)

    def reading(self, table: Table, share: float) -> None:
        """Reading for a table, at this share of all files; the step that was begun before is done by now."""
        self.worked = sum(self.parts[: self.begun + 1])
        self.read = share * self.part_of_reading
        self._tell(f"reading {table.name}")

    def _tell(self, step: str) -> None:
        self.reached = max(self.reached, min(int(WHOLE * (self.read + self.worked) / self.whole), WHOLE))
        if self.progress:
            self.progress(step, self.reached, WHOLE)


@contextmanager
def _whole(place: Path | None) -> Iterator[Path | None]:
    """A place to write to first: what is written there is at `place` once all went well, and else nowhere."""
    if place is None:
        yield None
        return
    unfinished = place.with_name(f"{place.name}.unfinished")
    try:
        yield unfinished
        if unfinished.exists():
            unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)


def _sections(mapping: str | Path | None, snapshot: str | Path | None) -> tuple[Section, ...] | None:
    return read_mapping(mapping, snapshot) if mapping is not None else None


@contextmanager
def database(
    built: Path, folder: Path, earlier: Generation | None, memory: int | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that builds in `built` and spills to `folder`, and can reach no other file."""
    if memory is None:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // LARGEST_SHARE_OF_MEMORY
    elif memory < SMALLEST_MEMORY:
        raise ImportRefused(f"--memory has to be at least {SMALLEST_MEMORY // 1_000_000} MB.")
    connection = duckdb.connect(
        config={
            "temp_directory": str(folder / "spill"),
            "memory_limit": f"{max(memory - BESIDE_THE_DATABASE, memory // 2)}B",
            # An order is asked for wherever it matters.
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        }
    )
    try:
        # Nothing of a half-built snapshot is ever recovered.
        connection.execute(f"attach {literal(str(built))} as built (recovery_mode no_wal_writes)")
        if earlier:
            connection.execute(f"attach {literal(str(earlier.path))} as previous (read_only)")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        connection.execute("use built")
        yield connection
    except duckdb.OutOfMemoryException as error:
        raise ImportRefused(f"There is too little memory or disk: {str(error).splitlines()[0]}") from error
    finally:
        connection.close()


def _imported(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    catalogue: Catalogue,
    has_previous: bool,
    as_of: date | None,
    told: Share,
    rejects: Path | None,
    look: Look | None = None,
) -> tuple[ImportReport, int]:
    """Read and build; the report, and the number of treatment records."""
    values.define(connection)
    reading = Reading(connection, plan, told.reading)
    looking = {"look": look} if look else {}
    built = build(connection, reading, catalogue.types, has_previous, as_of, told, **looking)
    of_no_row = [
        ImportWarning(name, None, None, None, "left out: no table of the contract, nor in the mapping")
        for name in plan.left_out
    ]
    if catalogue.problem:
        of_no_row.append(ImportWarning(CATALOGUE, None, None, None, catalogue.problem))
    kinds = [WarningKind(one.file, None, one.reason, 1) for one in of_no_row]
    of_this = {"import_no": built.import_no}
    warnings = f'select file, line, "column", value, reason from import_warnings {OF_THIS} order by rowid limit {TOLD}'
    counted = f'select file, "column", reason, count(*) from import_warnings {OF_THIS} group by all'
    rejected = f"select {', '.join(map(quoted, REJECT_COLUMNS))} from rejects {OF_THIS} order by rowid"
    report = ImportReport(
        built.as_of,
        [FileAccount(file, table, **counts) for (file, table), counts in totals(reading).items()],
        of_no_row + [ImportWarning(*row) for row in connection.execute(warnings, of_this).fetchall()],
        [Reject(*row) for row in connection.execute(f"{rejected} limit {TOLD}", of_this).fetchall()],
        len(of_no_row) + _count(connection, "import_warnings", built.import_no),
        _count(connection, "rejects", built.import_no),
        kinds
        + [
            WarningKind(*row)
            for row in connection.execute(f"{counted} order by 4 desc, 1, 2, 3 limit {2 * SHOWN}", of_this).fetchall()
        ],
        built.is_nothing_new,
    )
    if rejects and report.reject_count:
        write_rejects(_rows(connection.execute(rejected, of_this)), rejects)
    return report, built.treatments


OF_THIS = "where import_no = $import_no"


def _count(connection: duckdb.DuckDBPyConnection, table: str, import_no: int) -> int:
    counted = connection.execute(f"select count(*) from {table} {OF_THIS}", {"import_no": import_no}).fetchall()
    return int(counted[0][0])


def _rows(selected: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := selected.fetchmany(ROWS_AT_ONCE):
        yield from rows
