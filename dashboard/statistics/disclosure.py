"""Which counts of an answer have to be hidden so that the small ones cannot be worked out from the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

TOTAL = ("",)
"""The group that stands for the total."""
_ENDLESS = 10**12
_PASSES = 100


class Cell(NamedTuple):
    """A count: its name, its group and, where it is counted effect by effect, the effect."""

    name: str
    group: tuple[str, ...]
    effect: str


@dataclass(frozen=True)
class Sum:
    """A whole that is the sum of its parts, or at most that and at least each of them (`is_exact` False).

    `order` are the cells that may be hidden to protect the others, the first first.
    """

    whole: Cell
    parts: tuple[Cell, ...]
    order: tuple[Cell, ...]
    is_exact: bool = True

    @property
    def cells(self) -> tuple[Cell, ...]:
        return self.whole, *self.parts


@dataclass
class Answer:
    """All counts of an answer, what adds up in it, which are too small to be told, hidden, and told unless hidden.

    `together` are those that are of no use hidden alone.
    """

    values: dict[Cell, int]
    sums: list[Sum]
    small: set[Cell]
    hidden: set[Cell]
    published: set[Cell]
    together: dict[Cell, tuple[Cell, ...]]

    def protect(self, k: int) -> None:
        """Hides more counts until no small one can be told to within less than k - 1 numbers."""
        width = max(1, k - 2)
        of_cell: dict[Cell, list[Sum]] = {}
        for each in self.sums:
            for cell in each.cells:
                of_cell.setdefault(cell, []).append(each)
        while True:
            low, high = self.bounds()
            weak = [cell for cell in self.small if high[cell] - low[cell] < width]
            chosen: set[Cell] = set()
            seen = set(weak)
            while weak:
                cell = weak.pop()
                sums = of_cell.get(cell, [])
                for each in [one for one in sums if _width(one, cell, low, high) < width] or sums:
                    chosen |= set(self._next(each, cell))
                    # A count that is hidden for this one's sake, and can be told all the same, is no help.
                    idle = {other for other in each.cells if other in self.hidden and low[other] == high[other]}
                    weak += idle - seen
                    seen |= idle
            if not chosen:
                return
            self.hidden |= chosen

    def _next(self, each: Sum, cell: Cell) -> tuple[Cell, ...]:
        """What to hide of a sum for that cell's sake: the first that is not hidden yet, with what tells the same."""
        found = next((other for other in each.order if other not in self.hidden and other != cell), None)
        return (found, *self.together.get(found, ())) if found else ()

    def bounds(self) -> tuple[dict[Cell, int], dict[Cell, int]]:
        """Between which numbers a reader can tell every count to lie, from those that are shown and what adds up."""
        least = self._least()
        low: dict[Cell, int] = {}
        high: dict[Cell, int] = {}
        for cell, value in self.values.items():
            is_shown = cell in self.published and cell not in self.hidden
            low[cell] = value if is_shown else least.get(cell, 0)
            high[cell] = value if is_shown else _ENDLESS
        for _ in range(_PASSES):
            before = low.copy(), high.copy()
            for each in self.sums:
                for cell, (at_least, at_most) in _implied(each, low, high).items():
                    low[cell], high[cell] = max(low[cell], at_least), min(high[cell], at_most)
            if (low, high) == before:
                break
        return low, high

    def _least(self) -> dict[Cell, int]:
        """A hidden count is at least 1, unless of its kind a 0 is hidden too, or all groups are.

        Nor is one at least 1 that is hidden together with another.
        """
        kinds: dict[tuple[str, str], list[Cell]] = {}
        for cell in self.published:
            if cell.group != TOTAL:
                kinds.setdefault((cell.name, cell.effect), []).append(cell)
        least = {cell: 0 if cell in self.together or not self.values[cell] else 1 for cell in self.hidden}
        for cells in kinds.values():
            hidden = [cell for cell in cells if cell in self.hidden]
            if len(hidden) == len(cells) or any(self.values[cell] == 0 for cell in hidden):
                least |= dict.fromkeys(hidden, 0)
        return least


def _implied(each: Sum, low: dict[Cell, int], high: dict[Cell, int]) -> dict[Cell, tuple[int, int]]:
    """What a sum says of its cells, given what is known of the others."""
    if all(low[cell] == high[cell] for cell in each.cells):
        return {}
    lows, highs = sum(low[part] for part in each.parts), sum(high[part] for part in each.parts)
    if each.is_exact:
        said = {each.whole: (lows, highs)}
        for part in each.parts:
            said[part] = low[each.whole] - (highs - high[part]), high[each.whole] - (lows - low[part])
        return said
    said = {each.whole: (max(low[part] for part in each.parts), highs)}
    for part in each.parts:
        said[part] = low[each.whole] - (highs - high[part]), high[each.whole]
    return said


def _width(each: Sum, cell: Cell, low: dict[Cell, int], high: dict[Cell, int]) -> int:
    at_least, at_most = _implied(each, low, high).get(cell, (low[cell], high[cell]))
    return at_most - max(at_least, 0)
