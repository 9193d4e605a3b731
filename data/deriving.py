"""The relations of the model (queries/model) become tables of the snapshot, each after those that it needs."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

import queries
from data.expressions import quoted

PARTS = {
    "sessions": 1,
    "follow_up_links": 2,
    "side_effect_links": 1,
    "courses": 4,
    "personal_intervals": 1,
    "side_effect_observations": 2,
    "treatment_records": 13,
    "results": 4,
}
"""What part of the work each is, measured on ten million records."""


def derive(connection: duckdb.DuckDBPyConnection, progress: Callable[[float], None] = lambda share: None) -> None:
    """Derive everything that needs a patient's history; `progress` is told the share of the work that is done."""
    done = 0
    for name in queries.MODEL:
        progress(done / sum(PARTS.values()))
        create_table(connection, name, queries.read(f"model/{name}"))
        done += PARTS[name]
    _assert_linked(connection)


def create_table(connection: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    """A relation of the model as a table; its texts, ids apart, become ENUMs of their sorted values."""
    described = connection.execute(f"describe {select}").fetchall()
    texts = [
        column
        for column, sql_type, *_ in described
        if (sql_type == "VARCHAR" or sql_type.startswith("ENUM")) and not column.endswith("_id")
    ]
    if not texts:
        connection.execute(f"create table built.{name} as {select}")
        return
    # Sorted last: ENUMs are smaller than texts.
    unsorted, order = select.rsplit("\norder by ", 1)
    connection.execute(f"create or replace temp table derived as {unsorted}")
    for column in texts:
        connection.execute(
            f"create type built.{quoted(f'{name}_{column}')} as enum (select distinct {quoted(column)}::varchar "
            f"from derived where {quoted(column)} is not null order by 1)"
        )
    casts = ", ".join(
        f"{quoted(column)}::varchar::built.{quoted(f'{name}_{column}')} as {quoted(column)}" for column in texts
    )
    connection.execute(f"create table built.{name} as select * replace ({casts}) from derived order by {order}")
    connection.execute("drop table derived")


def _assert_linked(connection: duckdb.DuckDBPyConnection) -> None:
    for table, number in (("follow_up", "follow_up_no"), ("side_effect", "side_effect_no")):
        counts = f"select (select count(distinct {number}) from {table}_links), (select count(*) from {table}s)"
        linked, rows = connection.execute(counts).fetchall()[0]
        assert linked == rows, f"{linked} of {rows} {table}s are linked"
