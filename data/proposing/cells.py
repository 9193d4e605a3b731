"""A cell of a section: a source column read into a column of the contract, and what its values become."""

from __future__ import annotations

from collections.abc import Sequence

from data.contract import Column as ContractColumn
from data.expressions import literal, quoted
from data.proposing.proposal import Cell, Column, ValueMatch
from data.proposing.words import LEFT_OUT, found, header_words, resemblance

MATCHED = (
    "treatment_type",
    "effect",
    "area",
    "side",
    "sex",
    "severity",
    "skin_type",
    "sun_exposure",
    "technique",
    "indication",
    "satisfaction",
    "gais",
)
"""Columns whose values are matched to codes; yes and no besides."""
BY_CONTENT = {
    "treatment_type": 0.4,
    "effect": 0.6,
    "area": 0.6,
    "sex": 0.95,
    "side": 0.95,
    "severity": 0.95,
    "skin_type": 0.95,
}
"""The share of values that must be known for a column to be taken by its content alone."""
MOST_TRIED = 100
"""So many of its most frequent values tell what a column is."""


def cell_from(column: ContractColumn, source: Column, by: str, reason: str, score: float) -> Cell:
    """The cell that reads a source column: its values matched, the way its dates are read where there is one only."""
    return Cell(
        column.name,
        by,
        reason,
        round(score, 2),
        source=source.name,
        values=matches(column, source),
        date_formats=source.dates[0].formats if column.kind == "date" and len(source.dates) == 1 else (),
    )


def nothing(column: str, columns: Sequence[Column]) -> Cell:
    """The cell of a column that the file does not seem to have."""
    near = [
        source.name
        for source in columns
        if source.holds == "identifying" and resemblance(source.name, header_words(column)) >= 0.6
    ]
    left_out = f"; {near[0]} is left out, for it says who somebody is" if near else ""
    return Cell(column, reason=f"no column of the file looks like it{left_out}")


def matches(column: ContractColumn, source: Column) -> tuple[ValueMatch, ...]:
    """What each value of a source column becomes, for a column of codes; nothing for any other."""
    if column.name not in MATCHED and column.kind != "boolean":
        return ()
    if column.kind == "integer" and source.holds == "numbers":
        return ()
    matched = []
    for value, count in source.values:
        one = found(value, column.name)
        if one.score or column.name in ("treatment_type", "effect", "area") or column.codes or column.kind != "text":
            matched.append(ValueMatch(value, count, one.code, one.reason, round(one.score, 2)))
    return tuple(matched)


def known_share(source: Column, column: str) -> float:
    """The share of a column's rows whose value stands for a code of this column of the contract."""
    values = source.values[:MOST_TRIED]
    rows = sum(count for _, count in values)
    known = sum(count for value, count in values if found(value, column).code not in ("", LEFT_OUT))
    return known / rows if rows else 0.0


def exclusion(cell: Cell) -> str:
    """SQL that is true for the rows that are left in, where some values of a column are left out; else empty."""
    left_out = [match.value for match in cell.values if match.code == LEFT_OUT]
    return f"{quoted(cell.source)} not in ({', '.join(map(literal, left_out))})" if left_out and cell.source else ""


def check_ups(cell: Cell) -> list[str]:
    """The values of a treatment column that are contacts after treatment rather than treatments."""
    return [match.value for match in cell.values if match.code == LEFT_OUT and "check-up" in match.reason]
