"""Text under the contract's names (`text_<table>`) becomes typed (`staged_<table>`).

Both are temporary tables of the build; (source_no, line) names a row in either. Of the text only `unread_<table>` is
kept: the rows with a value that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

import queries
from data import values
from data.contract import Table
from data.sources import Source

LINKED = ("follow_ups", "side_effects")


def stage(connection: duckdb.DuckDBPyConnection, table: Table, sources: Iterable[Source], previous: str | None) -> None:
    """Create `staged_<table>` from the text of these sources, and `unread_<table>`, the text of rows with an
    unreadable value.

    `previous` names the schema that holds the earlier snapshot, if any; its rows are source 0, so that they come
    before all others. Beside a row that names its treatment record stand the number, day and patient of that record
    (`its_...`).
    """
    values.find_decimal_marks(connection, table, sources)
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
