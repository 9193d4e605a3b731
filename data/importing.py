"""Exports become a snapshot: planned, read, checked, built, and only then published."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from data import publishing, staging
from data.building import Look, build, totals
from data.generations import Generation, current
from data.mapping import Section, read_mapping
from data.refusal import ImportRefused
from data.reporting import FileAccount, ImportReport, ImportWarning, Reject
from data.sources import Plan, given_files, literal, plan_import

Progress = Callable[[str, int, int], None]
Figures = list[tuple[str, str, str, bytes]]
"""Measure, groups, the fingerprint of the code that made it, and the figure as bytes."""

LARGEST_SHARE_OF_MEMORY = 4
UNFOLDED = "unfolded"


def import_exports(
    sources: Sequence[str | Path],
    into: str | Path,
    mapping: str | Path | None = None,
    replace: bool = False,
    as_of: date | None = None,
    progress: Progress | None = None,
    figures: Callable[[Path], Figures] | None = None,
) -> ImportReport:
    """Add exports to the snapshot at `into` (a pointer file), or make it; `replace` starts afresh.

    `sources` are folders and files, `mapping` a TOML file or the name of one that is saved or shipped. `figures` is
    asked for the figures to store with the new snapshot, given its file, before it is published. Raises
    ImportRefused, with the snapshot unchanged, for anything that its user can mend.
    """
    told = progress or _silent
    given, sections = given_files(sources), _sections(mapping, into)
    with publishing.staging(into, lambda message: told(message, 0, 1)) as place:
        plan = plan_import(given, sections, place.staging / UNFOLDED)
        earlier = None if replace else place.earlier()
        with _database(place.path, place.staging, earlier) as connection:
            report, treatments = _imported(connection, plan, earlier is not None, as_of, told)
            if not treatments:
                first = "".join(f"\n  {one.file}:{one.line} {one.reason}" for one in report.rejects[:3])
                raise ImportRefused(f"No treatment record could be loaded, so nothing was changed.{first}")
            told("publishing", 0, 1)
            connection.execute("use memory")
            connection.execute("checkpoint built")
            connection.execute("detach built")
        if figures:
            _store(figures(place.path), place.path)
        place.commit(treatments, report.as_of, [account.file for account in report.files])
    told("done", 1, 1)
    return report


def _store(figures: Figures, place: Path) -> None:
    with duckdb.connect(str(place)) as connection:
        connection.executemany("insert into figures values (?, ?, ?, ?)", figures)


def check_exports(
    sources: Sequence[str | Path],
    mapping: str | Path | None = None,
    into: str | Path | None = None,
    as_of: date | None = None,
    progress: Progress | None = None,
    look: Look | None = None,
) -> ImportReport:
    """What adding these exports to the snapshot at `into`, or to none, would report; nothing is kept.

    `look` may look at the rows of each table once they are checked.
    """
    given, sections = given_files(sources), _sections(mapping, into)
    earlier = current(into) if into is not None else None
    with (
        publishing.working_folder() as folder,
        _database(folder / "check.duckdb", folder, earlier) as connection,
    ):
        plan = plan_import(given, sections, folder / UNFOLDED)
        return _imported(connection, plan, earlier is not None, as_of, progress or _silent, look)[0]


def _sections(mapping: str | Path | None, snapshot: str | Path | None) -> tuple[Section, ...] | None:
    return read_mapping(mapping, snapshot) if mapping is not None else None


@contextmanager
def _database(built: Path, folder: Path, earlier: Generation | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that builds in `built` and spills to `folder`, and can reach no other file."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // LARGEST_SHARE_OF_MEMORY
    connection = duckdb.connect(
        config={
            "temp_directory": str(folder / "spill"),
            "memory_limit": f"{memory}B",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        }
    )
    try:
        connection.execute(f"attach {literal(str(built))} as built")
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
    has_previous: bool,
    as_of: date | None,
    told: Progress,
    look: Look | None = None,
) -> tuple[ImportReport, int]:
    """Read and build; the report, and the number of treatment records."""
    size = sum(file.size for file, _ in plan.files)
    staging.prepare(connection)
    staged = staging.read_text(connection, plan, lambda done: told("reading", done, size))
    looking = {"look": look} if look else {}
    built = build(connection, staged, has_previous, as_of, lambda step: told(step, 0, 1), **looking)
    files = [FileAccount(file, table, **counts) for (file, table), counts in totals(staged).items()]
    of_this = "where import_no = $import_no"
    warnings = [
        ImportWarning(
            name,
            None,
            None,
            None,
            "left out: no table of the contract, nor in the mapping",
        )
        for name in plan.left_out
    ]
    warnings += [
        ImportWarning(*row)
        for row in connection.execute(
            f'select file, line, "column", value, reason from import_warnings {of_this} order by rowid',
            {"import_no": built.import_no},
        ).fetchall()
    ]
    rejects = [
        Reject(*row)
        for row in connection.execute(
            f'select file, line, "table", "column", value, reason, raw from rejects {of_this} order by rowid',
            {"import_no": built.import_no},
        ).fetchall()
    ]
    return ImportReport(built.as_of, files, warnings, rejects), built.treatments


def _silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""
