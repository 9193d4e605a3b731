"""Two snapshots side by side."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pandas as pd
import pyarrow as pa

import data
import queries
from dashboard import stopping
from dashboard.store.connection import BATCH_ROWS, HARDENING, cursor_of
from dashboard.store.names import LISTS
from data import catalogue
from data.contract import TABLES

_DAYS = {"treatments": "treated_on", "follow_ups": "followed_up_on", "side_effects": "onset_on"}
# A contact needs one of the first two only, and a side effect that is still there has no end.
_MAY_BE_EMPTY = {"treatment_id", "patient_id", "resolved_on", "resolved_by", "last_present_on"}

COMPARED = (*TABLES, "treatment_types")
"""The tables whose records two snapshots are compared by."""


class Changes:
    """Two snapshots side by side, and what differs in their records. Every answer comes from a cursor of its own."""

    def __init__(self, earlier: data.Generation, later: data.Generation) -> None:
        self.name = f"{earlier.name} {later.name}"
        self._connection = duckdb.connect(":memory:")
        stopping.by(self._connection.interrupt)
        for name, generation in (("earlier", earlier), ("later", later)):
            place = str(generation.path).replace("'", "''")
            self._connection.execute(f"attach '{place}' as {name} (read_only)")
        for table in COMPARED:
            compared = queries.changes("compared", _identifiers(table))
            self._connection.execute(f"create table compared_{table} as {compared}")
        for setting in HARDENING:
            self._connection.execute(setting)

    def counts(self, name: str) -> pd.DataFrame:
        """What `queries/changes/<name>.sql` counts, of every table (`table`, then the columns of its header)."""
        frame = cursor_of(self._connection).execute(_of_tables(name)).df()
        return frame.astype({"table": "str"}) if "table" in frame else frame

    def table(self, name: str) -> pa.RecordBatchReader | pd.DataFrame:
        """What CHANGES names, as a download has it."""
        return self.records_reader(name) if name in LISTS else self.counts(name)

    def records(self, name: str, tables: Sequence[str], limit: int) -> pd.DataFrame:
        """The first rows of one of LISTS, so many of each table: single records, for whoever may see patients."""
        frame: pd.DataFrame = self.records_reader(name, tables, limit).read_all().to_pandas()
        return frame

    def records_reader(
        self, name: str, tables: Sequence[str] = COMPARED, limit: int | None = None
    ) -> pa.RecordBatchReader:
        """The same rows as Arrow batches, all of them unless so many of each table are asked for."""
        return cursor_of(self._connection).sql(_of_tables(name, tables, limit)).to_arrow_reader(BATCH_ROWS)


def statement(name: str, earlier: data.Generation, later: data.Generation) -> str:
    """The SQL that gives the same in the folder where the files of both snapshots stand, in a DuckDB of one's own."""
    files = {when: one.path.name.replace("'", "''") for when, one in (("earlier", earlier), ("later", later))}
    attached = "".join(f"attach '{file}' as {when} (read_only);\n" for when, file in files.items())
    select = _of_tables(name)
    compared = ",\n".join(
        f"compared_{table} as materialized (\n{queries.changes('compared', _identifiers(table))}\n)"
        for table in COMPARED
        if f"compared_{table}" in select
    )
    return f"{attached}{f'with {compared}{chr(10)}' if compared else ''}{select}"


def _of_tables(name: str, tables: Sequence[str] = COMPARED, limit: int | None = None) -> str:
    """The select of one of CHANGES over these tables, so many rows of each."""
    if name == "account_changes":
        return queries.read(f"changes/{name}")
    most = "" if limit is None else f" limit {int(limit)}"
    return "\nunion all\n".join(
        f"(select '{table}' as \"table\", *\nfrom (\n{queries.changes(name, _identifiers(table))}\n){most})"
        for table in tables
        if name != "recording" or table in TABLES
    )


def _required(table: str) -> list[str]:
    return [column.name for column in TABLES[table].columns if column.required] if table in TABLES else []


def _identifiers(table: str) -> dict[str, str]:
    """What stands for a table and its columns in queries/changes; of the contract's columns."""
    if table in TABLES:
        id_column, names = TABLES[table].id_column, TABLES[table].column_names
    else:
        # How a treatment type is drawn changes no figure, and earlier snapshots do not know it.
        id_column, names = "code", tuple(name for name in catalogue.COLUMNS if name != "colour")
    columns = [name for name in names if name != id_column]
    return {
        "table": table,
        "id": id_column,
        "patient_id": "patient_id" if "patient_id" in names else "cast(null as varchar)",
        "day": _DAYS.get(table, "cast(null as date)"),
        "columns": ", ".join(columns),
        "recorded": ", ".join(name for name in columns if name not in {*_required(table), *_MAY_BE_EMPTY}),
        "texts": ", ".join(f"cast({name} as varchar) as {name}" for name in columns),
        "is_edited": " or ".join(f"earlier.{name} is distinct from later.{name}" for name in columns),
        "is_late": f"later.{_DAYS[table]} < as_of" if table in _DAYS else "false",
    }
