"""Which values of a table have to stand together so that no count of it is of few patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TOGETHER = "\x1ftogether"
"""Stands for the values of an axis that are not told apart."""

Merged = Mapping[str, frozenset[str]]
"""By axis, the values that are not told apart."""


@dataclass(frozen=True)
class Cell:
    """One count of a table.

    at: its value on every axis
    within: what else it is counted by without being told, such as the year of a month
    counted, detail: what is counted; details that may be left untold are values of the axis `detail`
    patients: some of those behind it, all where they are few
    at_least: how many there are at the least, where they are not listed
    units: the count itself
    """

    at: tuple[str, ...]
    within: tuple[str, ...]
    counted: str
    detail: str
    patients: frozenset[int]
    at_least: int
    units: int


def merged(cells: Sequence[Cell], axes: Sequence[str], k: int, begin: Merged, may_leave_out: bool) -> Merged | None:
    """The values of each axis that may not be told apart, so that every count is of 0 or at least k patients.

    Counts are those of the table in which these values stand together, as one: who knows all sums of the table knows
    its counts and nothing more. Those of `begin` stand together anyway. The axis `detail` has none together, but leaves
    details out. Of the values that a small count could be joined to, or left out with, it is always the one with the
    fewest units; those that turn out not to be needed are told apart again, the largest first. None where all together
    are few.
    """
    apart: dict[str, set[str]] = {axis: set(begin.get(axis, ())) for axis in (*axes, "detail")}
    weights = _weights(cells, axes)
    order = {axis: sorted(values, key=lambda value: (values[value], value)) for axis, values in weights.items()}
    chosen: list[tuple[float, str, str]] = []
    while small := _small(cells, axes, k, apart):
        for at, detail in small:
            candidates = []
            for axis, own in zip(axes, at, strict=True):
                value = (
                    next((each for each in order[axis] if each not in apart[axis]), None) if own == TOGETHER else own
                )
                if value is not None:
                    candidates.append((weights[axis][value], axis, value))
            if may_leave_out and detail not in ("", "any"):
                candidates.append((weights["detail"][detail], "detail", detail))
            if not candidates:
                return None
            chosen.append(min(candidates))
        for _, axis, value in chosen:
            apart[axis].add(value)
    for _, axis, value in sorted(set(chosen), reverse=True):
        apart[axis].remove(value)
        if _small(cells, axes, k, apart):
            apart[axis].add(value)
    return {axis: frozenset(values) for axis, values in apart.items()}


def _weights(cells: Sequence[Cell], axes: Sequence[str]) -> dict[str, dict[str, float]]:
    """By axis and value, its units: those of the first count, and of a detail those of the first count that has it."""
    weights: dict[str, dict[str, float]] = {axis: {} for axis in (*axes, "detail")}
    first: dict[str, str] = {}
    details = {cell.detail for cell in cells if cell.counted == cells[0].counted}
    for cell in cells:
        if cell.detail and cell.counted == first.setdefault(cell.detail, cell.counted):
            weights["detail"][cell.detail] = weights["detail"].get(cell.detail, 0) + cell.units
        counts = cell.units / len(details) if cell.counted == cells[0].counted else 0
        for axis, value in zip(axes, cell.at, strict=True):
            weights[axis][value] = weights[axis].get(value, 0) + counts
    return weights


def _small(
    cells: Sequence[Cell], axes: Sequence[str], k: int, apart: Mapping[str, set[str]]
) -> set[tuple[tuple[str, ...], str]]:
    """Where the counts of 1 to k - 1 patients stand, and of what detail."""
    listed: dict[tuple[tuple[str, ...], tuple[str, ...], str, str], set[int]] = {}
    at_least: dict[tuple[tuple[str, ...], tuple[str, ...], str, str], int] = {}
    for cell in cells:
        if cell.detail in apart["detail"]:
            continue
        at = tuple(TOGETHER if value in apart[axis] else value for axis, value in zip(axes, cell.at, strict=True))
        key = (at, cell.within, cell.counted, cell.detail)
        listed.setdefault(key, set()).update(cell.patients)
        at_least[key] = max(at_least.get(key, 0), cell.at_least)
    return {(key[0], key[3]) for key, patients in listed.items() if 0 < max(len(patients), at_least[key]) < k}
