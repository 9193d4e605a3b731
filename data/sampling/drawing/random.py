"""The random numbers of a stream of patients: whole numbers, and whether something came true."""

from __future__ import annotations

import numpy as np

from data.sampling.drawing.lookup import STEPS
from data.sampling.drawing.rows import Chances, Flags, Ints
from data.sampling.parameters.recording import NOT_RECORDED


class Draw:
    """Random numbers that depend on the seed and the stream alone; what is drawn first decides what follows."""

    def __init__(self, seed: int, stream: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(stream,))))

    def below(self, highest: int, count: int) -> Ints:
        """Whole numbers 0..highest-1, all alike."""
        return self._generator.integers(0, highest, count, dtype=np.int64)

    def steps(self, count: int) -> Ints:
        """Places in a look-up table."""
        return self.below(STEPS, count)

    def pick(self, table: Ints, count: int) -> Ints:
        """Entries of a look-up table."""
        return table[self.steps(count)]

    def pick_by(self, tables: Ints, *rows: Ints) -> Ints:
        """Entries of the look-up table that each row names."""
        chosen: Ints = tables[(*rows, self.steps(len(rows[0])))]
        return chosen

    def chance(self, chances: Chances | float, count: int) -> Flags:
        """Whether each came true."""
        true: Flags = self._generator.random(count) < chances
        return true

    def recorded(self, column: str, codes: Ints | Flags) -> Ints:
        """The codes, -1 as often as the column is not recorded."""
        return np.where(self.chance(NOT_RECORDED[column], len(codes)), -1, codes)
