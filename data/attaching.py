"""The relations of a snapshot's file, whichever version of this program wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

import queries
from data.contract import TABLES
from data.expressions import literal

ACCOUNTS = ("figures", "rejects", "imports", "import_warnings", "treatment_types", "snapshot")
RELATIONS = (*TABLES, *ACCOUNTS, *queries.MODEL)
"""What a snapshot holds, each after those that it is derived from."""

# What snapshots of this version did not have from the beginning; limited_to is set in extracts alone.
_ADDED = {
    "figures": " union all by name (select null::varchar as selection where false)",
    "imports": " union all by name (select null::varchar as shape where false)",
    "treatment_types": " union all by name (select null::varchar as colour where false)",
    "snapshot": " union all by name (select null::varchar as limited_to where false)",
}


@dataclass(frozen=True)
class Attached:
    """The select of every relation over an attached snapshot, each after those that it reads.

    `is_up_to_date` where the file holds all that is derived now, and was not made by an earlier version.
    """

    relations: dict[str, str]
    is_up_to_date: bool


def attach(connection: duckdb.DuckDBPyConnection, file: Path, name: str = "snapshot_file") -> Attached:
    """Attach a snapshot's file, to be read only, under that name, and create a view of every relation of it."""
    connection.execute(f"attach {literal(str(file))} as {name} (read_only)")
    return view(connection, name)


def view(connection: duckdb.DuckDBPyConnection, name: str) -> Attached:
    """Create a view of every relation of the snapshot that is attached under that name."""
    there = _tables(connection, name)
    relations = {}
    for table in RELATIONS:
        # What of the model snapshots did not have from the beginning is derived whenever it is asked.
        select = f"from {name}.{table}" if table in there else f"({queries.read(f'model/{table}')})"
        relations[table] = f"{select}{_ADDED.get(table, '')}"
        connection.execute(f"create view {table} as {relations[table]}")
    return Attached(relations, there >= set(queries.MODEL))


def _tables(connection: duckdb.DuckDBPyConnection, name: str) -> set[str]:
    """The tables of the snapshot's file, but one of treatment records that lacks a column of later versions."""
    listed = "select table_name, column_name from duckdb_columns() where database_name = $name"
    columns = connection.execute(listed, {"name": name}).fetchall()
    of_records = {column for table, column in columns if table == "treatment_records"}
    older = set() if of_records >= {*queries.ATTRIBUTES, "plan_outcome"} else {"treatment_records"}
    return {table for table, _ in columns} - older
