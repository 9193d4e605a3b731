"""Columns that other files give: the name of a concept by its number, the procedure of a visit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import duckdb

from data.expressions import BATCH, columns_missing, expression_of, literal, quoted, type_of
from data.formats.export_file import ExportFile, Ledger, trimmed
from data.formats.unfolding import Readable
from data.mapping import Cell, Lookup, Section, suggestion
from data.refusal import ImportRefused

KEY, VALUE = "__key", "__value"


@dataclass(frozen=True)
class KeyedFile:
    """A file that is looked up in: SQL over its columns for the key and the value of each row."""

    file: ExportFile
    key: str
    value: str
    absent: tuple[str, ...]


@dataclass(frozen=True)
class LookedUp:
    """A column of a source that other files give, by an expression over the columns of the source."""

    name: str
    place: str
    by: str
    absent: tuple[str, ...]
    files: tuple[KeyedFile, ...]


def looked_up(section: Section, file: ExportFile, readables: Sequence[Readable]) -> tuple[LookedUp, ...]:
    """The columns that a section looks up. ImportRefused where it names a file or column that is not there."""
    found: list[LookedUp] = []
    for name, lookup in section.lookups.items():
        if name.casefold() in {header.casefold() for header in file.headers}:
            raise ImportRefused(f"{lookup.place}: {file.name} has a column {name} of its own. Give it another name.")
        by, absent = _bound(lookup.by, file, f"{lookup.place}, by")
        found.append(LookedUp(name, lookup.place, by, absent, _keyed_files(lookup, readables)))
    return tuple(found)


def load(
    connection: duckdb.DuckDBPyConnection, sources: Mapping[int, Sequence[LookedUp]]
) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Read what the sources look up into temporary tables; by source their names, and what is to be told.

    Raises ImportRefused where a key has two values.
    """
    tables: dict[tuple[KeyedFile, ...], tuple[str, list[str]]] = {}
    names: dict[int, list[str]] = {}
    notes: dict[int, list[str]] = {}
    for no, columns in sources.items():
        for column in columns:
            if column.files not in tables:
                table = f"lookup_{len(tables) + 1}"
                tables[column.files] = table, _filled(connection, table, column)
            table, told = tables[column.files]
            names.setdefault(no, []).append(table)
            notes.setdefault(no, []).extend(told)
    return names, notes


def with_lookups(batch: str, columns: Sequence[LookedUp], tables: Sequence[str]) -> str:
    """SQL: a batch with the columns that are looked up; what is not found is the empty text."""
    if not columns:
        return batch
    values = ", ".join(
        f"coalesce({table}_{at}.{VALUE}, '') as {quoted(column.name)}"
        for at, (column, table) in enumerate(zip(columns, tables, strict=True))
    )
    joins = " ".join(
        f"left join {table} as {table}_{at} on {table}_{at}.{KEY} = {column.by}"
        for at, (column, table) in enumerate(zip(columns, tables, strict=True))
    )
    return f"(select {BATCH}.*, {values} from {batch} as {BATCH} {joins})"


def _keyed_files(lookup: Lookup, readables: Sequence[Readable]) -> tuple[KeyedFile, ...]:
    pattern = lookup.file.casefold()
    meant = [one for one in readables if any(fnmatchcase(name.casefold(), pattern) for name in one.called)]
    if not meant:
        names = dict.fromkeys(readable.called[-1] for readable in readables)
        raise ImportRefused(f"{lookup.place}: there is no file {lookup.file}. {suggestion(lookup.file, names)}")
    keyed: list[KeyedFile] = []
    for readable in meant:
        file = readable.opened([*lookup.key.column, *lookup.value.column], lookup.settings)
        key, absent = _bound(lookup.key, file, f"{lookup.place}, key")
        value, also_absent = _bound(lookup.value, file, f"{lookup.place}, value")
        keyed.append(KeyedFile(file, key, value, tuple(dict.fromkeys((*absent, *also_absent)))))
    return tuple(keyed)


def _bound(cell: Cell, file: ExportFile, place: str) -> tuple[str, tuple[str, ...]]:
    """SQL for a cell over the columns of a file, and the columns in it that no record of the file has."""
    if cell.sql is not None:
        absent = tuple(columns_missing(cell.sql, file.headers)) if file.has_open_columns else ()
        type_of(cell.sql, file, (*file.headers, *absent), place)
        return expression_of(cell), absent
    there = tuple(column for column in cell.column if column in file.headers)
    if not there and not file.has_open_columns:
        raise ImportRefused(
            f"{place}: {file.name} has no column {' or '.join(cell.column)}. "
            + suggestion(cell.column[0], file.headers, "its columns are")
        )
    return expression_of(replace(cell, column=there or cell.column)), () if there else cell.column


def with_absent(batch: str, absent: Collection[str]) -> str:
    """SQL: a batch with an empty column for each that expressions name and no record of the file has."""
    if not absent:
        return batch
    empty = ", ".join(f"'' as {quoted(name)}" for name in absent)
    return f"(select *, {empty} from {batch})"


def _filled(connection: duckdb.DuckDBPyConnection, table: str, column: LookedUp) -> list[str]:
    """Fill the table that a column is looked up in, one row for each key; what is to be told of its files."""
    notes: list[str] = []
    connection.execute(f"create temp table {table}_rows ({KEY} varchar, {VALUE} varchar)")
    for keyed in column.files:
        ledger = Ledger()
        for batch in keyed.file.records(ledger):
            connection.register(BATCH, trimmed(batch))
            try:
                connection.execute(
                    f"insert into {table}_rows select distinct {keyed.key} as {KEY}, {keyed.value} as {VALUE} "
                    f"from {with_absent(BATCH, keyed.absent)} where {KEY} is not null and {VALUE} is not null"
                )
            except duckdb.Error as error:
                raise ImportRefused(
                    f"{column.place}: an expression fails on a row of {keyed.file.name}: {str(error).splitlines()[0]}."
                ) from error
            finally:
                connection.unregister(BATCH)
        keyed.file.require_unchanged()
        if ledger.rejected:
            count = len(ledger.rejected)
            lines = "1 line that is no record is" if count == 1 else f"{count} lines that are no records are"
            notes.append(f"{lines} not looked up in {keyed.file.name}: first line {ledger.rejected[0].line}")
    twice = connection.execute(
        f"select {KEY}, min({VALUE}), max({VALUE}) from {table}_rows "
        f"group by {KEY} having min({VALUE}) <> max({VALUE}) order by all limit 1"
    ).fetchall()
    if twice:
        key, one, other = twice[0]
        raise ImportRefused(
            f"{column.place}: {', '.join(keyed.file.name for keyed in column.files)} has two values for the key "
            f"{literal(key)}, {literal(one)} and {literal(other)}: which is meant?"
        )
    connection.execute(f"create temp table {table} as select distinct * from {table}_rows")
    connection.execute(f"drop table {table}_rows")
    return notes
