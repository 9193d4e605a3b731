"""Staged rows and an earlier snapshot become the tables of a new one.

The new snapshot is attached as `built` and is the current database, the earlier one as `previous`. Order matters:
treatments are settled first, for the rules of the other tables look at them.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

import queries
from data import checking, staging
from data.catalogue import COLUMNS, TreatmentType
from data.contract import TABLES, Table
from data.generations import FORMAT_VERSION
from data.history import copy_history, is_nothing_new, write_history
from data.reading import Reading
from data.refusal import ImportRefused
from data.sources import Source

# The numbers of each table's rows, by which the model joins them; the first orders the table.
NUMBERED = {
    "treatments": ("treatment_no", "session_no", "patient_no"),
    "follow_ups": ("follow_up_no", "its_treatment_no"),
    "side_effects": ("side_effect_no", "its_treatment_no"),
}
Look = Callable[[duckdb.DuckDBPyConnection, Table, Sequence[Source]], None]
# Treatments first, for the others belong to them; patients last, for the data cut-off is settled then.
CHECKED = ("treatments", "follow_ups", "side_effects", "patients")


@dataclass(frozen=True)
class Built:
    """What was built: its data cut-off (None without any record), its rows, and the number of this import.

    `is_nothing_new` where the earlier snapshot holds all of it already.
    """

    as_of: date | None
    treatments: int
    import_no: int
    is_nothing_new: bool


def build(
    connection: duckdb.DuckDBPyConnection,
    reading: Reading,
    catalogue: Sequence[TreatmentType],
    has_previous: bool,
    as_of: date | None,
    progress: Callable[[str, float], None] = lambda step, share: None,
    look: Look = lambda connection, table, sources: None,
) -> Built:
    """Read, check, settle and number all rows, table by table, and write the account of them.

    `look` may look at the rows of each table once they are checked: `staged_<table>` and `rejected`.
    Raises ImportRefused where the data cut-off told lies before records of the earlier snapshot.
    """
    previous = "previous" if has_previous else None
    if previous and as_of:
        _require_cut_off(connection, as_of)
    checking.prepare(connection)
    _catalogue(connection, catalogue)
    for table in (TABLES[name] for name in CHECKED):
        reading.read(table)
        progress(f"checking {table.name}", 0)
        sources = reading.sources_of(table)
        staging.stage(connection, table, sources, previous)
        for source in sources:
            checking.reject_lines(connection, table, source.no, reading.ledgers[source.file.name].rejected)
            checking.warn_of_file(connection, table, source.no, reading.notes(source))
        settled = _latest(connection, "built") if table.name == "patients" else None
        checking.check(connection, table, as_of or settled or date.today())
        look(connection, table, sources)
        if table.name == "treatments":
            _require_one_kind(connection)
        _settle(connection, table, reading)
        if table.name == "treatments":
            checking.warn_of_unknown_types(connection)
            _unknown_types(connection, "staged_treatments")
        _contract_table(connection, table)
    checking.settle_warnings(connection, reading)
    for account in reading.accounts.values():
        account.close()
    cut_off = as_of or _latest(connection, "built")
    now = datetime.now().replace(microsecond=0)
    _snapshot(connection, cut_off, now)
    _figures(connection)
    progress("writing the account", 0)
    import_no = write_history(connection, reading, previous, now)
    changes_nothing = previous is not None and is_nothing_new(connection, reading, previous, import_no)
    treatments = _one(connection, "select count(*) from treatments")
    return Built(cut_off, int(treatments), import_no, changes_nothing)


def rebuild(
    connection: duckdb.DuckDBPyConnection,
    catalogue: Sequence[TreatmentType],
    progress: Callable[[str, float], None] = lambda step, share: None,
) -> Built:
    """Take over the records and the account of the earlier snapshot, under this catalogue."""
    _catalogue(connection, catalogue)
    for done, table in enumerate(TABLES.values()):
        progress("copying the records", done / len(TABLES))
        # A type is called as the catalogue writes it, whatever the capitals, as in an import.
        rows = f"""
            select these.* replace (coalesce(code, treatment_type) as treatment_type)
            from previous.{table.name} as these left join treatment_types on lower(code) = lower(treatment_type)
        """
        order = NUMBERED.get(table.name, (table.id_column,))[0]
        copied = rows if table.name == "treatments" else f"from previous.{table.name}"
        connection.execute(f"create table built.{table.name} as select * from ({copied}) order by {order}")
    copy_history(connection, "previous")
    _unknown_types(connection, "treatments")
    cut_off = _one(connection, "select as_of from previous.snapshot")
    _snapshot(connection, cut_off, datetime.now().replace(microsecond=0))
    _figures(connection)
    treatments = _one(connection, "select count(*) from treatments")
    import_no = _one(connection, "select max(import_no) from imports")
    return Built(cut_off, int(treatments), int(import_no), False)


def _settle(connection: duckdb.DuckDBPyConnection, table: Table, reading: Reading) -> None:
    """Of several rows with one id keep the last content, in the row that first had it; count the others."""
    name, id_column = f"staged_{table.name}", table.id_column
    content = ", ".join(column for column in table.column_names if column != id_column)
    connection.execute(
        f"""
        create or replace temp table repeated as
        select
            source_no,
            line,
            place,
            is_new,
            place <> max(case when is_new then place end) over (partition by id) as is_beaten
        from (
            select
                source_no,
                line,
                {id_column} as id,
                row_number() over in_order as place,
                coalesce(row({content}) is distinct from lag(row({content})) over in_order, true) as is_new
            from {name}
            where {id_column} in (select {id_column} from {name} group by {id_column} having count(*) > 1)
            window in_order as (partition by {id_column} order by source_no, line)
        )
        """
    )
    for no, duplicate, replaced in connection.execute(
        "select source_no, count(*) filter (is_beaten), count(*) filter (is_new and place > 1) "
        "from repeated group by source_no"
    ).fetchall():
        if no:
            reading.accounts[no].rows_duplicate = duplicate
            reading.accounts[no].rows_replaced = replaced
    connection.execute(
        f"delete from {name} where (source_no, line) in (select (source_no, line) from repeated where is_beaten)"
    )
    for no, loaded in connection.execute(f"select source_no, count(*) from {name} group by source_no").fetchall():
        if no:
            reading.accounts[no].rows_loaded = loaded


def _contract_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """The settled rows as a table of the snapshot, sorted and numbered."""
    name, names = f"staged_{table.name}", ", ".join(table.column_names)
    if table.name in NUMBERED:
        numbers = NUMBERED[table.name]
        # The keys are sorted and numbered by themselves: numbering is work for one processor.
        connection.execute(f"create temp table numbered as {queries.read(f'numbering/{table.name}')}")
        connection.execute(
            f"create table built.{table.name} as select {', '.join(numbers)}, {names} "
            f"from {name} join numbered on numbered.row_no = {name}.rowid order by {numbers[0]}"
        )
        connection.execute("drop table numbered")
    else:
        connection.execute(f"create table built.{table.name} as select {names} from {name} order by {table.id_column}")
    connection.execute(f"drop table staged_{table.name}")
    connection.execute(f"drop table unread_{table.name}")


def _catalogue(connection: duckdb.DuckDBPyConnection, types: Sequence[TreatmentType]) -> None:
    """The catalogue of treatment types as a table of the snapshot."""
    columns = ", ".join(f"{name} {sql_type}" for name, sql_type in COLUMNS.items())
    connection.execute(f"create table built.treatment_types ({columns})")
    _append_types(connection, types)


def _unknown_types(connection: duckdb.DuckDBPyConnection, treatments: str) -> None:
    """The types of these treatment records that the catalogue does not know, appended to it."""
    codes = f"select distinct treatment_type from {treatments} anti join treatment_types on code = treatment_type"
    _append_types(
        connection, [TreatmentType(code, code) for (code,) in connection.execute(f"{codes} order by 1").fetchall()]
    )


def _append_types(connection: duckdb.DuckDBPyConnection, types: Sequence[TreatmentType]) -> None:
    if types:
        values = dict(zip(COLUMNS, map(list, zip(*(one.row for one in types), strict=True)), strict=True))
        rows = ", ".join(f"unnest(${name}::{sql_type}[])" for name, sql_type in COLUMNS.items())
        connection.execute(f"insert into built.treatment_types select {rows}", values)


def _snapshot(connection: duckdb.DuckDBPyConnection, as_of: date | None, created_at: datetime) -> None:
    try:
        version = importlib.metadata.version("outcomes")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    connection.execute(
        """
        create table built.snapshot as
        select
            $as_of::date as as_of,
            $created_at::timestamp as created_at,
            $version as program_version,
            $format_version::integer as format_version,
            (select coalesce(bool_or(starts_with(treatment_id, 'SYN-')), false) from built.treatments) as is_synthetic
        """,
        {"as_of": as_of, "created_at": created_at, "version": version, "format_version": FORMAT_VERSION},
    )


def _figures(connection: duckdb.DuckDBPyConnection) -> None:
    """An empty table for the figures that the dashboard stores with a snapshot."""
    columns = "selection varchar, measure varchar, groups varchar, fingerprint varchar, content blob"
    connection.execute(f"create table built.figures ({columns})")


def _require_one_kind(connection: duckdb.DuckDBPyConnection) -> None:
    kinds = _one(connection, "select count(distinct starts_with(treatment_id, 'SYN-')) from staged_treatments")
    if kinds > 1:
        raise ImportRefused(
            "Real records would be mixed with synthetic ones (whose treatment_id begins with SYN-). "
            "Start afresh with --replace, or choose another snapshot with --into."
        )


def _require_cut_off(connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    latest = _latest(connection, "previous")
    if latest and latest > as_of:
        raise ImportRefused(
            f"The snapshot holds records up to {latest}: the data cut-off cannot be {as_of}. "
            "Choose a later one, or start afresh with --replace."
        )


def _latest(connection: duckdb.DuckDBPyConnection, schema: str) -> date | None:
    found = _one(
        connection,
        f"select max(day) from (select max(treated_on) as day from {schema}.treatments "
        f"union all select max(followed_up_on) from {schema}.follow_ups)",
    )
    return found if isinstance(found, date) else None


def _one(connection: duckdb.DuckDBPyConnection, select: str) -> Any:
    return connection.execute(select).fetchall()[0][0]
