"""What a benchmark finds: tables of what was measured, and the figures for which there is a goal."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Cell = str | float | None


@dataclass(frozen=True)
class Figure:
    """A figure for which there is a goal: at most so much, or with `is_least` at least; None was not measured.

    `unit` stands after the number, such as " MB"; " times" is a ratio within one interleaved run.
    """

    name: str
    told: float | None
    goal: float
    unit: str = " times"
    is_least: bool = False

    @property
    def verdict(self) -> str:
        if self.told is None:
            return "not measured"
        return "met" if (self.told >= self.goal if self.is_least else self.told <= self.goal) else "missed"

    @property
    def row(self) -> dict[str, Cell]:
        bound = "at least" if self.is_least else "at most"
        told = None if self.told is None else f"{written(self.told)}{self.unit}"
        return {"figure": self.name, "goal": f"{bound} {self.goal:,g}{self.unit}", "this run": told, "": self.verdict}


@dataclass(frozen=True)
class Table:
    """Rows of what was measured, all with the same columns, and what has to be known to read them."""

    title: str
    rows: Sequence[Mapping[str, Cell]]
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        heads = list(self.rows[0]) if self.rows else []
        cells = [heads, *([written(row[head]) for head in heads] for row in self.rows)]
        widths = [max(len(line[at]) for line in cells) for at in range(len(heads))]
        is_text = [all(isinstance(row[head], str | None) for row in self.rows) for head in heads]
        lines = [
            "  ".join(
                cell.ljust(width) if left else cell.rjust(width)
                for cell, width, left in zip(line, widths, is_text, strict=True)
            ).rstrip()
            for line in cells
        ]
        return "\n".join([self.title, "", *lines, *(f"({note})" for note in self.notes), ""])


@dataclass(frozen=True)
class Growing:
    """What grows with the number of records: what it is, of so many, in seconds ("s") or megabytes ("MB")."""

    name: str
    treatments: int
    told: float
    unit: str


@dataclass(frozen=True)
class Findings:
    """`wrong` is what may not be, whatever it takes: with it the command ends in an error."""

    tables: list[Table] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    growing: list[Growing] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def written(cell: Cell) -> str:
    """A cell as it is printed: whole numbers in full, others with three digits, a dash for what there is not."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    return f"{cell:,.0f}" if abs(cell) >= 100 or cell == int(cell) else f"{cell:.3g}"


def interleaved(ways: Mapping[str, Callable[[], float]], runs: int) -> dict[str, list[float]]:
    """What each way tells in each run; they take turns, so that whatever else the machine does falls on all."""
    told: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            told[name].append(way())
    return told


def ratio_of(told: Mapping[str, Sequence[float]], one: str, other: str) -> float:
    """The median over the runs of what one takes for what the other takes."""
    return statistics.median(mine / its for mine, its in zip(told[one], told[other], strict=True))


def size_in_words(treatments: int) -> str:
    """A number of treatment records, such as 10 million."""
    millions = f"{treatments / 1e6:g} million"
    return millions if treatments >= 1_000_000 else f"{treatments / 1e3:g} thousand"
