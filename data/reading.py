"""The records of a plan's files become text under the contract's names (`text_<table>`).

The tables of text are temporary tables of the build; (source_no, line) names a row. They are filled when they are
wanted, so that not all of them have to be held at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa

from data import lookups
from data.contract import TABLES, Table
from data.dates import normalise_dates
from data.expressions import BATCH, literal, quoted
from data.formats.export_file import ExportFile, Ledger, trimmed
from data.refusal import ImportRefused
from data.sources import Plan, Source


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


class Reading:
    """The files of a plan, each read once; `progress` is told the table being read for and the share of all bytes.

    sources: by number, those that were read
    accounts: of each such source
    ledgers: of each such file
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        plan: Plan,
        progress: Callable[[Table, float], None] = lambda table, share: None,
    ) -> None:
        self.sources: dict[int, Source] = {}
        self.accounts: dict[int, Account] = {}
        self.ledgers: dict[str, Ledger] = {}
        self._connection = connection
        self._unread = list(plan.files)
        self._progress = progress
        self._size = max(sum(file.size for file, _ in plan.files), 1)
        self._done = 0
        planned = [source for _, sources in plan.files for source in sources]
        self._lookups, self._told = lookups.load(connection, {source.no: source.lookups for source in planned})
        for table in TABLES.values():
            columns = ", ".join(f"{name} varchar" for name in table.column_names)
            connection.execute(
                f"create temp table text_{table.name} (source_no integer, line bigint, made_id varchar, {columns})"
            )

    def read(self, table: Table) -> None:
        """Read all files that hold records of a table, and were not read before, into the tables that they hold."""
        wanted = [one for one in self._unread if any(source.section.table is table for source in one[1])]
        self._unread = [one for one in self._unread if one not in wanted]
        for file, sources in wanted:
            self._read_file(file, sources, table)

    def sources_of(self, table: Table) -> list[Source]:
        """The sources of a table that were read, by number."""
        return [source for _, source in sorted(self.sources.items()) if source.section.table is table]

    def notes(self, source: Source) -> tuple[str, ...]:
        """What had to be guessed for a source; what was guessed of its file, only with the file's first source."""
        is_first = source.no == min(no for no, other in self.sources.items() if other.file is source.file)
        return (*source.notes, *(source.file.notes if is_first else ()))

    def _read_file(self, file: ExportFile, sources: Sequence[Source], table: Table) -> None:
        ledger = Ledger()
        accounts = [Account(file, source.section.table) for source in sources]
        before = self._done

        def progress(done: int) -> None:
            self._progress(table, (before + done) / self._size)

        for batch in _ahead(file.records(ledger, progress)):
            self._connection.register(BATCH, batch)
            for source, account in zip(sources, accounts, strict=True):
                kept = self._insert(source)
                account.rows_read += batch.num_rows
                account.rows_skipped += batch.num_rows - kept
            self._connection.unregister(BATCH)
        file.require_unchanged()
        self._done += file.size
        self.ledgers[file.name] = ledger
        for source, account in zip(sources, accounts, strict=True):
            account.rows_read += len(ledger.rejected)
            self.sources[source.no] = replace(source, notes=(*source.notes, *self._told.get(source.no, ())))
            self.accounts[source.no] = account
            normalise_dates(self._connection, source)

    def _insert(self, source: Source) -> int:
        """Insert the batch as one source reads it; how many rows its `where` kept."""
        table = source.section.table
        looked_up = lookups.with_lookups(
            lookups.with_absent(BATCH, source.absent), source.lookups, self._lookups.get(source.no, ())
        )
        made = f'{literal(source.file.name + ":")} || "__line"'
        if source.again:
            made += f" || ':{source.again + 1}'"
        if table.column(table.id_column).required:
            made = "null"
        where = f"where (\n{source.where}\n)" if source.where else ""
        try:
            kept = self._connection.execute(
                f"insert into text_{table.name} "
                f"(source_no, line, made_id, {', '.join(quoted(name) for name in source.expressions)}) "
                f'select {source.no}, "__line", {made}, {", ".join(source.expressions.values())} '
                f"from {looked_up} {where}"
            ).fetchall()
        except duckdb.Error as error:
            raise ImportRefused(
                f"{source.section.place}: an expression fails on a row of {source.file.name}: "
                f"{str(error).splitlines()[0]}. Functions whose name begins with try_ give an empty value instead."
            ) from error
        return int(kept[0][0])


def _ahead(batches: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The batches with their texts trimmed; while one is worked on, the next is read."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(_next, batches)
        while (batch := coming.result()) is not None:
            coming = pool.submit(_next, batches)
            yield batch


def _next(batches: Iterator[pa.Table]) -> pa.Table | None:
    batch = next(batches, None)
    return None if batch is None else trimmed(batch)
