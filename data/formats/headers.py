"""Where the column names of a table stand: below a title, in one row or in several, found by the names wanted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from data.formats.export_file import LINE_COLUMN, Settings
from data.refusal import ImportRefused

MOST_HEADER_ROWS = 3
SEARCHED_ROWS = 50
MOST_COLUMNS = 5_000
LONGEST_NAME = 1_000
PADDING = " \t\r\n\u00a0\u200b\u2060\ufeff"

Rows = Sequence[tuple[int, Sequence[str]]]
"""The first rows of a table that are not blank: line and cells."""


@dataclass(frozen=True)
class Header:
    """The column names, the first and the last line that holds them, and the names that more than one column has."""

    names: tuple[str, ...]
    first: int
    last: int
    score: int = 0
    twice: tuple[str, ...] = ()


# Each cell of the first rows is looked at again for every dialect, and for every way of putting rows together.
@lru_cache(maxsize=4_000)
def plain(name: str) -> str:
    """A column name by which another way of writing it is recognised: `Treatment ID` as `treatment_id`."""
    return re.sub(r"[\W_]+", "_", name.strip(PADDING).casefold()).strip("_")


def find_header(rows: Rows, wanted: Collection[str], settings: Settings, name: str) -> Header:
    """The header among the first rows: the declared one, else the one with most wanted names, else the likeliest.

    Raises ImportRefused where there is none.
    """
    rows = [(line, cells) for line, cells in rows if len(cells) <= MOST_COLUMNS]
    if not rows:
        raise ImportRefused(f"{name} has no row of column names (of at most {MOST_COLUMNS:,}).")
    names = {plain(column) for column in wanted}
    starts = range(min(len(rows), SEARCHED_ROWS))
    spans = range(1, MOST_HEADER_ROWS + 1)
    if settings.header_row is not None:
        starts = range(_row_at(rows, settings.header_row, name), _row_at(rows, settings.header_row, name) + 1)
        spans = range(1, 2)
    if settings.header_rows is not None:
        spans = range(settings.header_rows, settings.header_rows + 1)
    most = min(len(names), max(len(cells) for _, cells in rows))
    best: tuple[int, Rows, list[str]] | None = None
    for start, span in ((start, span) for span in spans for start in starts if start + span <= len(rows)):
        called = _called(rows[start : start + span], names)
        score = len(names.intersection(map(plain, called)))
        if best is None or score > best[0]:
            best = score, rows[start : start + span], called
        if score == most:
            break
    if best is None:
        raise ImportRefused(f"{name} has not so many rows: header_rows = {settings.header_rows}.")
    if best[0] == 0 and settings.header_row is None:
        line = _likeliest(rows)
        at = next(at for at in starts if rows[at][0] == line)
        likeliest = rows[at : at + spans[0]]
        best = 0, likeliest, _called(likeliest, names)
    header = _header(*best)
    if LINE_COLUMN in header.names:
        raise ImportRefused(f"{name} has a column called {LINE_COLUMN}. Rename it.")
    return header


def _row_at(rows: Rows, line: int, name: str) -> int:
    for at, (number, _) in enumerate(rows):
        if number == line:
            return at
    raise ImportRefused(f"{name} has no column names in row {line}, which header_row names.")


def _called(rows: Rows, names: Collection[str]) -> list[str]:
    """What the columns are called if these rows, one above the other, are the header; "" for one without a name."""
    width = max(len(cells) for _, cells in rows)
    cells = [[cell[:LONGEST_NAME].strip(PADDING) for cell in row] + [""] * (width - len(row)) for _, row in rows]
    joined = _joined(cells)
    if len(cells) == 1:
        return joined
    for upper, lower in pairwise(cells):
        for at in range(1, width):  # a heading over several columns stands in the first of them
            if not upper[at] and lower[at]:
                upper[at] = upper[at - 1]
    return [own if plain(own) in names else below for own, below in zip(joined, _joined(cells), strict=True)]


def _header(score: int, rows: Rows, called: Sequence[str]) -> Header:
    called = [name or f"column {position}" for position, name in enumerate(called, 1)]
    counts = Counter(name.casefold() for name in called)
    twice = tuple(dict.fromkeys(name for name in called if counts[name.casefold()] > 1))
    return Header(_numbered(called, counts), rows[0][0], rows[-1][0], score, twice)


def _joined(cells: Sequence[Sequence[str]]) -> list[str]:
    """The parts of each column's name, from above."""
    columns = zip(*cells, strict=True)
    return [" ".join(dict.fromkeys(_in_one_line(part) for part in column if part)) for column in columns]


@lru_cache(maxsize=4_000)
def _in_one_line(part: str) -> str:
    return re.sub(r"\s+", " ", part)


def _numbered(called: Sequence[str], counts: Counter[str]) -> tuple[str, ...]:
    """Names that several columns have, numbered: `Date (1)`, `Date (2)`."""
    seen: Counter[str] = Counter()
    names: list[str] = []
    taken = {name.casefold() for name in called if counts[name.casefold()] == 1}
    for name in called:
        folded = name.casefold()
        if counts[folded] > 1:
            seen[folded] += 1
            while f"{folded} ({seen[folded]})" in taken:
                seen[folded] += 1
            name = f"{name} ({seen[folded]})"
            taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def _likeliest(rows: Rows) -> int:
    """The line of the first row that is as wide as most rows are, and holds no numbers or empty cells."""
    usual = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
    wide = [(line, cells) for line, cells in rows if len(cells) == usual] or list(rows)
    for line, cells in wide:
        texts = [cell.strip(PADDING) for cell in cells]
        if all(texts) and not any(re.search(r"\d", text) for text in texts):
            return line
    filled = [(line, sum(bool(cell.strip(PADDING)) for cell in cells)) for line, cells in wide]
    most = max(count for _, count in filled)
    return next(line for line, count in filled if count == most)
