"""The rules of the contract: a row that breaks one is rejected, or loaded with a warning; either is written down.

`rejected` and `warned` are temporary tables of the build: table_name, source_no, line, column_name, value, reason
(and in `rejected` kept, the text of a row of the earlier snapshot).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import duckdb
import pyarrow as pa

import queries
from data.contract import Table
from data.dates import UNREADABLE
from data.expressions import literal
from data.formats.export_file import RejectedLines
from data.reading import Reading

Bound = Mapping[str, date | float | None]

# Why a value of a column cannot be read, by its kind; `{0}` is the column of `unread_<table>`.
UNREAD = {
    "date": "date_told({0})",
    "decimal": "number_told({0}, decimal_mark('{0}', source_no), 'no number that can be read')",
    "integer": "number_told({0}, decimal_mark('{0}', source_no), 'no whole number that can be read')",
    "boolean": "'neither yes nor no'",
}
UNREAD_DOSE = "dose_told(dose, dose_unit, decimal_mark('dose', source_no))"

# The rules of each table, in the order in which they are asked: what a row says by itself, then what it says of others.
RULES = {
    "treatments": (
        "totals_line_in_treatments",
        "treated_after_cut_off",
        "treated_before_1990",
        "negative_dose",
        "implausible_dose",
        "baseline_asymmetry_out_of_range",
        "planned_interval_out_of_range",
    ),
    "patients": (
        "totals_line_in_patients",
        "birth_year_out_of_range",
        "birth_year_after_cut_off",
        "born_after_treatment",
        "age_over_110",
    ),
    "follow_ups": (
        "totals_line_in_follow_ups",
        "follow_up_names_nobody",
        "follow_up_after_cut_off",
        "followed_up_before_1990",
        "satisfaction_out_of_range",
        "gais_out_of_range",
        "asymmetry_out_of_range",
        "follow_up_of_unknown_treatment",
        "follow_up_before_any_treatment",
        "follow_up_before_its_treatment",
        "follow_up_of_another_patient",
    ),
    "side_effects": (
        "totals_line_in_side_effects",
        "side_effect_names_nobody",
        "effect_named_any",
        "onset_after_cut_off",
        "onset_before_1990",
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
        rejected = pa.table({"line": [one.line for one in lines], "reason": [one.reason for one in lines]})
        connection.register("rejected_lines", rejected)
        connection.execute(
            "insert into rejected select $table, $no, line, null, null, reason, null from rejected_lines",
            {"table": table.name, "no": source_no},
        )
        connection.unregister("rejected_lines")


def warn_of_file(connection: duckdb.DuckDBPyConnection, table: Table, source_no: int, notes: tuple[str, ...]) -> None:
    """Write down what had to be guessed of a file as a whole."""
    for note in notes:
        connection.execute("insert into warned values (?, ?, null, null, null, ?)", [table.name, source_no, note])


def check(connection: duckdb.DuckDBPyConnection, table: Table, cut_off: date) -> None:
    """Ask every rule of a table; its rejected rows leave `staged_<table>`.

    The treatments of the snapshot are needed for the tables that are linked to them.
    """
    if not connection.execute(f"select 1 from staged_{table.name} limit 1").fetchall():
        return  # most practices export no patients, and many no side effects
    totals_line, *others = RULES[table.name]
    _ask(connection, table, totals_line, cut_off)
    _reject(connection, table, _incomplete(table))
    _warn_of_unread(connection, table)
    for rule in others:
        _ask(connection, table, rule, cut_off)


def _ask(connection: duckdb.DuckDBPyConnection, table: Table, name: str, cut_off: date) -> None:
    rule = queries.definition(f"checks/{name}")
    column = table.column(rule.notes["column"]) if "column" in rule.notes else None
    given = {"cut_off": cut_off, "low": column.low if column else None, "high": column.high if column else None}
    bound = {name: value for name, value in given.items() if f"${name}" in rule.sql}
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


def settle_warnings(connection: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Drop the warnings of rows that were rejected after all, and count the others."""
    connection.execute(
        "delete from warned where (table_name, source_no, line) in (select (table_name, source_no, line) from rejected)"
    )
    for no, count in connection.execute("select source_no, count(*) from warned group by source_no").fetchall():
        if no:
            reading.accounts[no].warnings += count
    for no, count in connection.execute("select source_no, count(*) from rejected group by source_no").fetchall():
        if no:
            reading.accounts[no].rows_rejected = count


def _incomplete(table: Table) -> str:
    """The rows that lack a value that must be there, or whose value cannot be read: the first such column of each."""
    required = [column for column in table.columns if column.required]
    dates = [column.name for column in required if column.kind == "date"]
    lacks = " ".join(f"when staged.{column.name} is null then '{column.name}'" for column in required)
    written = " ".join(f"when column_name = '{name}' then unread.{name}" for name in dates) or "when false then ''"
    return f"""
        select source_no, line, column_name, ltrim(value, '{UNREADABLE}') as value,
            case when value is null then column_name || ' is missing' else date_told(value) end as reason
        from (
            select source_no, line, column_name, case {written} end as value
            from (
                select source_no, line, case {lacks} end as column_name
                from staged_{table.name} as staged
                where {" or ".join(f"{column.name} is null" for column in required)}
            )
            left join unread_{table.name} as unread using (source_no, line)
        )
    """


def _warn_of_unread(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Write down the values that cannot be read, or are none that the contract allows: they are empty."""
    if not connection.execute(f"select 1 from unread_{table.name} limit 1").fetchall():
        return
    for column in table.columns:
        name = column.name
        if column.codes:
            told = literal(f"not one of {', '.join(column.codes)}")
        elif column.kind != "text" and not column.required:
            told = UNREAD_DOSE if name == "dose" else UNREAD[column.kind].format(name)
        else:
            continue
        connection.execute(
            f"""
            insert into warned
            select '{table.name}', source_no, line, '{name}', ltrim({name}, '{UNREADABLE}'), {told}
            from unread_{table.name}
            where {name} is not null and (source_no, line) in (
                select (source_no, line) from staged_{table.name} where is_unread and {name} is null
            )
            """
        )


def _is_broken(connection: duckdb.DuckDBPyConnection, offending: str, bound: Bound | None) -> bool:
    """Whether there are offending rows; then they are the temporary table `offending`."""
    if not connection.execute(f"select 1 from ({offending}) limit 1", bound or {}).fetchall():
        return False
    connection.execute(f"create or replace temp table offending as {offending}", bound or {})
    return True


def _reject(connection: duckdb.DuckDBPyConnection, table: Table, offending: str, bound: Bound | None = None) -> None:
    """Move the offending rows from the staged ones to the rejected ones."""
    if not _is_broken(connection, offending, bound):
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


def _empty(connection: duckdb.DuckDBPyConnection, table: Table, offending: str, bound: Bound | None = None) -> None:
    """Empty the column that the offending rows name (the same in all), with a warning each."""
    if not _is_broken(connection, offending, bound):
        return
    columns = connection.execute("select any_value(column_name) from offending").fetchall()
    connection.execute(
        f"insert into warned select '{table.name}', source_no, line, column_name, value, reason from offending"
    )
    connection.execute(
        f"update staged_{table.name} set {columns[0][0]} = null "
        "where (source_no, line) in (select (source_no, line) from offending)"
    )


def _warn(connection: duckdb.DuckDBPyConnection, table: Table, offending: str, bound: Bound) -> None:
    connection.execute(
        f"insert into warned select '{table.name}', source_no, line, column_name, value, reason from ({offending})",
        bound,
    )


def _warn_of_count(connection: duckdb.DuckDBPyConnection, table: Table, offending: str, bound: Bound) -> None:
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
