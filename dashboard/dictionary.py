"""What the columns of tables mean: table, column, type, unit and definition of each."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache

import pyarrow as pa

import queries

HEADS = ("table", "column", "type", "unit", "definition")
_LIMITS = {"_low": "Lower", "_high": "Upper"}


@dataclass(frozen=True)
class Entry:
    """A column of a table; `unit` is '' where the values have none."""

    table: str
    column: str
    type: str
    unit: str
    definition: str


def entries(table: str, schema: pa.Schema) -> list[Entry]:
    """The columns of a table as it is written; KeyError for one that queries/columns.csv does not tell of."""
    return [Entry(table, column.name, _type_in_words(column.type), *meaning(table, column.name)) for column in schema]


def meaning(table: str, column: str) -> tuple[str, str]:
    """The unit and the definition of a column: as of that table, else of every table that has it."""
    told = _told()
    for name in (table, ""):
        if (name, column) in told:
            return told[name, column]
    for end, which in _LIMITS.items():
        if column.endswith(end):
            unit, _ = meaning(table, column.removesuffix(end))
            return unit, f"{which} confidence limit of {column.removesuffix(end)}"
    raise KeyError((table, column))


def as_table(listed: Iterable[Entry]) -> pa.Table:
    """The dictionary as a table to be written."""
    return pa.Table.from_pylist([asdict(entry) for entry in listed], pa.schema((head, pa.string()) for head in HEADS))


@cache
def _told() -> dict[tuple[str, str], tuple[str, str]]:
    with (queries.ROOM / "columns.csv").open(encoding="utf-8", newline="") as file:
        return {(row["table"], row["column"]): (row["unit"], row["definition"]) for row in csv.DictReader(file)}


def _type_in_words(kind: pa.DataType) -> str:
    for is_of, called in (
        (pa.types.is_boolean, "yes or no"),
        (pa.types.is_integer, "whole number"),
        (pa.types.is_floating, "number"),
        (pa.types.is_decimal, "decimal number"),
        (pa.types.is_date, "date"),
        (pa.types.is_timestamp, "date and time"),
    ):
        if is_of(kind):
            return called
    return "text"
