"""A reader who works out hidden counts: linear programming over everything that one answer and its total show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

Key = tuple[str, ...]
"""A count's name, its group ("total" for that of all), and its effect."""
MOST = 100_000


class Attacker:
    """What is known of whole numbers, and between which bounds each must lie."""

    def __init__(self) -> None:
        self.place: dict[Key, int] = {}
        self.low: list[float] = []
        self.high: list[float] = []
        self.known: list[tuple[Mapping[Key, int], float, float]] = []
        self.said: LinearConstraint | None = None

    def knows(self, key: Key, low: float, high: float) -> None:
        """A count lies between these."""
        if key not in self.place:
            self.place[key] = len(self.place)
            self.low.append(0)
            self.high.append(MOST)
        at = self.place[key]
        self.low[at], self.high[at] = max(self.low[at], low), min(self.high[at], high)

    def adds_up(self, whole: Key, parts: Iterable[Key], most_surplus: float = 0) -> None:
        """The parts are the whole, or more by at most a surplus, where what they count may overlap."""
        terms = dict.fromkeys(parts, 1) | {whole: -1}
        for key in terms:
            self.knows(key, 0, MOST)
        self.known.append((terms, 0, most_surplus))

    def is_no_more(self, part: Key, whole: Key) -> None:
        self.known.append(({whole: 1, part: -1}, 0, np.inf))

    def bounds(self, key: Key) -> tuple[int, int]:
        """The smallest and the largest whole number that a count can be."""
        found = []
        for direction in (1, -1):
            aim = np.zeros(len(self.place))
            aim[self.place[key]] = direction
            solved = milp(aim, constraints=self._said(), bounds=Bounds(self.low, self.high))
            assert solved.success, f"what is shown contradicts itself: {solved.message}"
            found.append(direction * solved.fun)
        return math.ceil(found[0] - 1e-6), math.floor(found[1] + 1e-6)

    def _said(self) -> LinearConstraint:
        if self.said is None:
            matrix = lil_array((len(self.known), len(self.place)))
            for row, (terms, _, _) in enumerate(self.known):
                for term, sign in terms.items():
                    matrix[row, self.place[term]] = sign
            ends = np.array([(low, high) for _, low, high in self.known])
            self.said = LinearConstraint(matrix.tocsr(), ends[:, 0], ends[:, 1])
        return self.said


def keyed(frame: pd.DataFrame, by: Sequence[str], counts: Sequence[str]) -> dict[Key, float]:
    """The counts of a frame, nan where they are not shown; those of an effect for `affected` alone."""
    cells: dict[Key, float] = {}
    for row in frame.to_dict("records"):
        group = "|".join(["group", *(str(row[column]) for column in by)]) if by else "total"
        for count in counts:
            cells[count, group, str(row["effect"]) if count == "affected" else ""] = float(row[count])
    return cells


def attack(
    shown: Mapping[Key, float], truth: Mapping[Key, float], wholes: Sequence[tuple[str, Sequence[str]]]
) -> Attacker:
    """The attacker who has read `shown`, and knows whether groups overlap (which is asked of the truth).

    A count that is not shown is at least 1, for 0 is shown; unless no group's count of its kind is, or it is one of two
    that are hidden together.
    """
    reader = Attacker()
    kinds: dict[tuple[str, str], list[Key]] = {}
    for key, value in shown.items():
        if key[1] != "total":
            kinds.setdefault((key[0], key[2]), []).append(key)
        least = 0 if key[0] in ("resolved", "censored") else 1
        reader.knows(key, *((least, MOST) if np.isnan(value) else (value, value)))
    for (name, effect), keys in kinds.items():
        if all(np.isnan(shown[key]) for key in keys) or any(np.isnan(shown[key]) and truth[key] == 0 for key in keys):
            for key in keys:
                if np.isnan(shown[key]):
                    reader.low[reader.place[key]] = 0
        total = (name, "total", effect)
        surplus = sum(truth[key] for key in keys) - truth[total]
        reader.adds_up(total, keys, np.inf if surplus else 0)
        for key in keys:
            reader.is_no_more(key, total)
    for group in dict.fromkeys(key[1] for key in shown):
        effects = [key[2] for key in shown if key[0] == "affected" and key[1] == group]
        for whole, parts in wholes:
            for effect in effects if "affected" in parts else [""]:
                named = [(part, group, effect if part in ("affected", "unaffected") else "") for part in parts]
                reader.adds_up((whole, group, ""), named)
        if single := [("affected", group, effect) for effect in effects if effect != "any"]:
            reader.adds_up(("affected", group, "any"), single, np.inf)
            for key in single:
                reader.is_no_more(key, ("affected", group, "any"))
    return reader
