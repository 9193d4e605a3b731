"""The rules of the contract: a row that breaks one is rejected, or loaded with a warning; either is written down.

`rejected` and `warned` are temporary tables of the build: table_name, source_no, line, column_name, value, reason
(and in `rejected` kept, the text of a row of the earlier snapshot).
"""

from __future__ import annotations

from datetime import date

import duckdb

import queries
from data.contract import Column, Table
from data.dates import UNREADABLE
from data.formats.export_file import RejectedLines
from data.sources import literal
from data.staging import Staged

# Why a value of a column cannot be read, by its kind; `{0}` is the column.
UNREAD = {
    "date": "date_told({0}_text)",
    "decimal": "number_told({0}_text, decimal_mark('{0}', source_no), 'no number that can be read')",
    "integer": "number_told({0}_text, decimal_mark('{0}', source_no), 'no whole number that can be read')",
    "boolean": "'neither yes nor no'",
}
UNREAD_DOSE = "dose_told(dose_text, dose_unit, decimal_mark('dose', source_no))"

# The rules of each table, in the order in which they are asked: what a row says by itself, then what it says of others.
RULES = {
    "treatments": ("treated_after_cut_off",),
    "patients": ("birth_year_after_cut_off",),
    "follow_ups": (
        "follow_up_names_nobody",
        "follow_up_after_cut_off",
        "follow_up_of_unknown_treatment",
        "follow_up_before_any_treatment",
        "follow_up_before_its_treatment",
        "follow_up_of_another_patient",
    ),
    "side_effects": (
        "side_effect_names_nobody",
        "effect_named_any",
        "onset_after_cut_off",
        "resolved_after_cut_off",
        "seen_gone_after_cut_off",
        "last_present_after_cut_off",
        "resolved_before_onset",
        "seen_gone_before_onset",
        "last_present_before_onset",
        "resolved_before_last_present",
        "seen_gone_before_last_present",
        "seen_gone_before_resolved",
        "side_effect_of_unknown_treatment",
        "side_effect_before_any_treatment",
        "side_effect_before_its_treatment",
        "side_effect_of_another_patient",
        "side_effect_of_no_area",
    ),
}


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the empty tables of what is rejected and warned of."""
    columns = "table_name varchar, source_no integer, line bigint, column_name varchar, value varchar, reason varchar"
    connection.execute(f"create temp table rejected ({columns}, kept varchar)")
    connection.execute(f"create temp table warned ({columns})")


def reject_lines(
    connection: duckdb.DuckDBPyConnection, table: Table, source_no: int, lines: list[RejectedLines]
) -> None:
    """Write down the lines of a source that are no record."""
    if lines:
        connection.executemany(
            "insert into rejected values (?, ?, ?, null, null, ?, null)",
            [(table.name, source_no, rejected.line, rejected.reason) for rejected in lines],
        )


def warn_of_file(connection: duckdb.DuckDBPyConnection, table: Table, source_no: int, notes: tuple[str, ...]) -> None:
    """Write down what had to be guessed of a file as a whole."""
    for note in notes:
        connection.execute("insert into warned values (?, ?, null, null, null, ?)", [table.name, source_no, note])


def check(connection: duckdb.DuckDBPyConnection, table: Table, cut_off: date) -> None:
    """Ask every rule of a table; its rejected rows leave `staged_<table>`.

    The treatments of the snapshot are needed for the tables that are linked to them.
    """
    for column in table.columns:
        if column.required:
            _reject(connection, table, _unreadable(table, column))
            _reject(
                connection,
                table,
                f"select source_no, line, '{column.name}' as column_name, null as value, "
                f"'{column.name} is missing' as reason from staged_{table.name} where {column.name} is null",
            )
    for column in table.columns:
        if not column.required and (column.kind != "text" or column.codes):
            _empty(connection, table, _unreadable(table, column))
    for name in RULES[table.name]:
        rule = queries.definition(f"checks/{name}")
        bound = {"cut_off": cut_off} if "$cut_off" in rule.sql else {}
        ACTIONS[rule.notes["action"]](connection, table, rule.sql, bound)


def warn_of_unknown_types(connection: duckdb.DuckDBPyConnection) -> None:
    """One warning for each treatment type that the catalogue does not know, where it first occurs."""
    connection.execute(
        """
        insert into warned
        select 'treatments', source_no, line, 'treatment_type', treatment_type,
            'not in the catalogue: kept as a type of its own, taken for maintained, no touch-up window'
        from staged_treatments
        anti join treatment_types on code = treatment_type
        where source_no > 0
        qualify row_number() over (partition by treatment_type order by source_no, line) = 1
        """
    )


def settle_warnings(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Drop the warnings of rows that were rejected after all, and count the others."""
    connection.execute(
        "delete from warned where (table_name, source_no, line) in (select (table_name, source_no, line) from rejected)"
    )
    for table in ("rejected", "warned"):
        connection.execute(f"update {table} set value = replace(value, {literal(UNREADABLE)}, '')")
    for no, count in connection.execute("select source_no, count(*) from warned group by source_no").fetchall():
        if no:
            staged.accounts[no].warnings += count
    for no, count in connection.execute("select source_no, count(*) from rejected group by source_no").fetchall():
        if no:
            staged.accounts[no].rows_rejected = count


def _unreadable(table: Table, column: Column) -> str:
    """The rows whose value of a column cannot be read, or is none that the contract allows."""
    name = column.name
    if column.kind == "text" and not column.codes:
        return f"select source_no, line, '' as column_name, '' as value, '' as reason from staged_{table.name} limit 0"
    if column.codes:
        codes = ", ".join(literal(code) for code in column.codes)
        wrong = f"{name} not in ({codes})"
        reason = literal(f"not one of {', '.join(column.codes)}")
    else:
        wrong = f"({name} is null and {name}_text is not null)"
        unread = UNREAD_DOSE if name == "dose" else UNREAD[column.kind].format(name)
        reason = f"case when {name} is null then {unread}"
        for bound, comparison, told in ((column.low, "<", "below"), (column.high, ">", "above")):
            if bound is not None:
                wrong += f" or {name} {comparison} {bound:.15g}"
                reason += f" when {name} {comparison} {bound:.15g} then '{told} {bound:.15g}'"
        reason += " end"
    return (
        f"select source_no, line, '{name}' as column_name, {name}_text as value, {reason} as reason "
        f"from staged_{table.name} where {wrong}"
    )


def _reject(
    connection: duckdb.DuckDBPyConnection, table: Table, offending: str, bound: dict[str, date] | None = None
) -> None:
    """Move the offending rows from the staged ones to the rejected ones."""
    connection.execute(f"create or replace temp table offending as {offending}", bound or {})
    if not connection.execute("select 1 from offending limit 1").fetchall():
        return
    columns = ", ".join(f"coalesce({name}::varchar, '')" for name in table.column_names)
    connection.execute(
        f"""
        insert into rejected
        select '{table.name}', source_no, line, column_name, value, reason,
            case when source_no = 0 then concat_ws(',', {columns}) end
        from offending join staged_{table.name} as staged using (source_no, line)
        """
    )
    connection.execute(
        f"delete from staged_{table.name} where (source_no, line) in (select (source_no, line) from offending)"
    )


def _empty(
    connection: duckdb.DuckDBPyConnection, table: Table, offending: str, bound: dict[str, date] | None = None
) -> None:
    """Empty the column that the offending rows name (the same in all), with a warning each."""
    connection.execute(f"create or replace temp table offending as {offending}", bound or {})
    columns = connection.execute("select distinct column_name from offending").fetchall()
    if not columns:
        return
    connection.execute(
        f"insert into warned select '{table.name}', source_no, line, column_name, value, reason from offending "
        "where source_no > 0"
    )
    connection.execute(
        f"update staged_{table.name} set {columns[0][0]} = null "
        "where (source_no, line) in (select (source_no, line) from offending)"
    )


def _warn(connection: duckdb.DuckDBPyConnection, table: Table, offending: str, bound: dict[str, date]) -> None:
    connection.execute(
        f"insert into warned select '{table.name}', source_no, line, column_name, value, reason from ({offending}) "
        "where source_no > 0",
        bound,
    )


def _warn_of_count(connection: duckdb.DuckDBPyConnection, table: Table, offending: str, bound: dict[str, date]) -> None:
    """One warning for each source, that tells the number of offending rows."""
    connection.execute(
        f"""
        insert into warned
        select '{table.name}', source_no, null, any_value(column_name), count(*)::varchar,
            count(*) || case when count(*) = 1 then ' row: ' else ' rows: ' end || any_value(reason)
        from ({offending})
        where source_no > 0
        group by source_no
        """,
        bound,
    )


ACTIONS = {"reject": _reject, "empty": _empty, "warn": _warn, "count": _warn_of_count}
