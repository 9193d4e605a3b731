"""Clean tables: every text names its column and row, and every typed column has a domain of its own.

A value that is read into another column, or into another row, differs from what is expected there: the dates of each
column lie in a year of their own, doses, scores and intervals in ranges of their own, and codes and answers alternate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from data.contract import TABLES

ROWS = 24
CODES = {
    "side": ("left", "right", "both", "midline"),
    "sex": ("female", "male", "other"),
    "skin_type": ("I", "II", "III", "IV", "V", "VI"),
    "sun_exposure": ("low", "moderate", "high"),
    "severity": ("mild", "moderate", "severe"),
}
FIRST_DAYS = {
    "treated_on": date(2019, 1, 1),
    "followed_up_on": date(2023, 1, 1),
    "onset_on": date(2020, 1, 1),
    "last_present_on": date(2020, 7, 1),
    "resolved_on": date(2021, 1, 1),
    "resolved_by": date(2022, 1, 1),
}
NUMBERS: Mapping[str, Callable[[int], float]] = {
    "dose": lambda row: 20.25 + row,
    "baseline_asymmetry": lambda row: 1 + row / 16,
    "planned_interval_days": lambda row: 200 + row,
    "birth_year": lambda row: 1950 + row % 40,
    "satisfaction": lambda row: 4 + row % 2,
    "gais": lambda row: 1 + row % 2,
    "asymmetry": lambda row: 5 + row / 16,
}
ANSWERS = ("smoker", "goal_met", "overcorrected", "adjusted", "aftercare_followed", "serious")
# Cells left empty: every fourth row ends with empty cells, and every sixth has them in its middle.
EMPTY_AT_THE_END = {
    "treatments": ("planned_interval_days",),
    "patients": ("sun_exposure",),
    "follow_ups": ("aftercare_followed",),
    "side_effects": ("action", "area"),
}
EMPTY_WITHIN = {
    "treatments": ("product", "lot"),
    "patients": ("sex",),
    "follow_ups": ("satisfaction",),
    "side_effects": ("resolved_on",),
}

Cells = dict[str, str]


def plain(column: str, mark: str, row: int) -> str:
    """A text that no dialect has to quote."""
    return f"{column} {row} of {mark}"


def accented(column: str, mark: str, row: int) -> str:
    """A plain text with letters beyond ASCII."""
    return f"{column} {row} of {mark} é ß ø"


def rich(column: str, mark: str, row: int) -> str:
    """A text with everything that has to be quoted, in some rows: delimiters, quotes, line breaks, foreign letters."""
    extras = ("", ", and more", '; "quoted"', "\tpiped|", "\nsecond line", "'s é ß – €", " 日本 🙂", ' "')
    return f"{column} {row} of {mark}{extras[(row + len(column)) % len(extras)]}"


@dataclass(frozen=True)
class Clean:
    """A clean table as text: `mark` stands in every id, `headers` are its columns in order, `rows` their cells."""

    table: str
    mark: str
    headers: tuple[str, ...]
    rows: tuple[Cells, ...]

    @property
    def id_column(self) -> str:
        return TABLES[self.table].id_column

    def changed(self, row: int, **cells: str) -> Clean:
        """The same table with other cells in one row."""
        return replace(self, rows=tuple(one | cells if at == row else one for at, one in enumerate(self.rows)))


def clean(table: str, mark: str, rows: int = ROWS, text: Callable[[str, str, int], str] = plain) -> Clean:
    """A table of the contract, clean; `text` draws what stands in its columns of text."""
    headers = TABLES[table].column_names
    return Clean(table, mark, headers, tuple(_row(table, mark, row, text) for row in range(rows)))


def _row(table: str, mark: str, row: int, text: Callable[[str, str, int], str]) -> Cells:
    cells = {column.name: _cell(column.name, mark, row, text) for column in TABLES[table].columns}
    if row % 4 == 3:
        cells |= dict.fromkeys(EMPTY_AT_THE_END[table], "")
    if row % 6 == 5:
        cells |= dict.fromkeys(EMPTY_WITHIN[table], "")
    return cells


def _cell(column: str, mark: str, row: int, text: Callable[[str, str, int], str]) -> str:
    if column.endswith("_id"):
        return f"{mark}-{column}-{row}"
    if column in FIRST_DAYS:
        return (FIRST_DAYS[column] + timedelta(days=row)).isoformat()
    if column in NUMBERS:
        return f"{NUMBERS[column](row):g}"
    if column in CODES:
        return CODES[column][row % len(CODES[column])]
    if column in ANSWERS:
        return "true" if (row + ANSWERS.index(column)) % 2 else "false"
    return text(column, mark, row)


def value_of(table: str, column: str, cell: str) -> Any:
    """The value that a clean cell is to be read as."""
    kind = TABLES[table].column(column).kind
    if not cell:
        return None
    if kind == "date":
        return date.fromisoformat(cell)
    if kind == "boolean":
        return cell == "true"
    return {"text": str, "decimal": float, "integer": int}[kind](cell)
