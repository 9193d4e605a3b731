"""Records become text under the contract's names (`text_<table>`), and that becomes typed (`staged_<table>`).

Both are temporary tables of the build; (source_no, line) names a row in either. Of the text only `unread_<table>` is
kept: the rows with a value that cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import duckdb

import queries
from data import lookups, values
from data.contract import TABLES, Table
from data.dates import normalise_dates
from data.expressions import BATCH, literal, quoted
from data.formats.export_file import ExportFile, Ledger, trimmed
from data.refusal import ImportRefused
from data.sources import Plan, Source

LINKED = ("follow_ups", "side_effects")


@dataclass
class Account:
    """What became of the rows of one file for one table, and of the lines that were no rows."""

    file: ExportFile
    table: Table
    rows_read: int = 0
    rows_loaded: int = 0
    rows_duplicate: int = 0
    rows_skipped: int = 0
    rows_rejected: int = 0
    rows_replaced: int = 0
    warnings: int = 0

    def close(self) -> None:
        """Assert that no row is unaccounted for."""
        accounted = self.rows_loaded + self.rows_duplicate + self.rows_skipped + self.rows_rejected
        assert self.rows_read == accounted, f"{self.file.name}, {self.table.name}: {accounted} of {self.rows_read}"


@dataclass
class Staged:
    """The sources of an import by number, the account of each, and the ledger of each file."""

    sources: dict[int, Source] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    ledgers: dict[str, Ledger] = field(default_factory=dict)


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros by which text is read, and the empty tables of text."""
    values.define(connection)
    for table in TABLES.values():
        columns = ", ".join(f"{name} varchar" for name in table.column_names)
        connection.execute(
            f"create temp table text_{table.name} (source_no integer, line bigint, made_id varchar, {columns})"
        )


def read_text(
    connection: duckdb.DuckDBPyConnection, plan: Plan, progress: Callable[[int], None] = lambda done: None
) -> Staged:
    """Read all files of a plan into the tables of text; `progress` is told the bytes read."""
    staged = Staged()
    done = 0
    planned = [source for _, sources in plan.files for source in sources]
    tables, told = lookups.load(connection, {source.no: source.lookups for source in planned})
    for file, sources in plan.files:
        ledger = Ledger()
        accounts = [Account(file, source.section.table) for source in sources]
        for batch in file.records(ledger, partial(_added, progress, done)):
            connection.register(BATCH, trimmed(batch))
            for source, account in zip(sources, accounts, strict=True):
                kept = _insert(connection, source, tables.get(source.no, ()))
                account.rows_read += batch.num_rows
                account.rows_skipped += batch.num_rows - kept
            connection.unregister(BATCH)
        file.require_unchanged()
        for source, account in zip(sources, accounts, strict=True):
            account.rows_read += len(ledger.rejected)
            staged.sources[source.no] = replace(source, notes=(*source.notes, *told.get(source.no, ())))
            staged.accounts[source.no] = account
            normalise_dates(connection, source)
        staged.ledgers[file.name] = ledger
        done += file.size
    return staged


def stage(connection: duckdb.DuckDBPyConnection, table: Table, staged: Staged, previous: str | None) -> None:
    """Create `staged_<table>` from its text, and `unread_<table>`, the text of its rows with an unreadable value.

    `previous` names the schema that holds the earlier snapshot, if any; its rows are source 0, so that they come
    before all others. Beside a row that names its treatment record stand the number, day and patient of that record
    (`its_...`).
    """
    of_table = [source for source in staged.sources.values() if source.section.table is table]
    values.find_decimal_marks(connection, table, of_table)
    rows = queries.read(f"staging/{table.name}")
    if previous:
        names = ", ".join(table.column_names)
        rows = (
            f"select * from ({rows}) as these union all by name "
            f"select 0 as source_no, rowid + 1 as line, {names}, false as is_unread from {previous}.{table.name}"
        )
    if table.name in LINKED:
        rows = (
            "select these.*, treatment_no as its_treatment_no, treated_on as its_treated_on, "
            "treatments.patient_id as its_patient_id "
            f"from ({rows}) as these left join treatments using (treatment_id)"
        )
    connection.execute(f"create temp table staged_{table.name} as {rows}")
    connection.execute(
        f"create temp table unread_{table.name} as select * from text_{table.name} "
        f"where (source_no, line) in (select (source_no, line) from staged_{table.name} where is_unread)"
    )
    connection.execute(f"drop table text_{table.name}")


def _added(progress: Callable[[int], None], before: int, done: int) -> None:
    progress(before + done)


def _insert(connection: duckdb.DuckDBPyConnection, source: Source, tables: Sequence[str]) -> int:
    """Insert the batch as one source reads it; how many rows its `where` kept."""
    table = source.section.table
    made = f'{literal(source.file.name + ":")} || "__line"'
    if source.again:
        made += f" || ':{source.again + 1}'"
    if table.column(table.id_column).required:
        made = "null"
    where = f"where (\n{source.where}\n)" if source.where else ""
    try:
        kept = connection.execute(
            f"insert into text_{table.name} "
            f"(source_no, line, made_id, {', '.join(quoted(name) for name in source.expressions)}) "
            f'select {source.no}, "__line", {made}, {", ".join(source.expressions.values())} '
            f"from {lookups.with_lookups(lookups.with_absent(BATCH, source.absent), source.lookups, tables)} {where}"
        ).fetchall()
    except duckdb.Error as error:
        raise ImportRefused(
            f"{source.section.place}: an expression fails on a row of {source.file.name}: "
            f"{str(error).splitlines()[0]}. Functions whose name begins with try_ give an empty value instead."
        ) from error
    return int(kept[0][0])
