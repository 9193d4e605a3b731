"""Tables as columns of numbers, and groups laid end to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Chances = npt.NDArray[np.float64]


@dataclass
class Rows:
    """A table: every attribute is a column, all of the same length."""

    def __len__(self) -> int:
        return len(next(iter(vars(self).values())))

    def at(self, places: Ints | Flags | slice) -> Self:
        """The rows in these places."""
        return type(self)(**{name: column[places] for name, column in vars(self).items()})

    @classmethod
    def joined(cls, tables: Sequence[Self]) -> Self:
        """The rows of all the tables, one table after the other."""
        return cls(**{name: np.concatenate([vars(table)[name] for table in tables]) for name in vars(tables[0])})


def members(counts: Ints) -> tuple[Ints, Ints]:
    """For groups of these sizes laid end to end: the group of each member, and its place in the group."""
    group = np.repeat(np.arange(len(counts)), counts)
    return group, np.arange(len(group)) - np.repeat(starts(counts), counts)


def starts(counts: Ints) -> Ints:
    """Where each group begins, for groups of these sizes laid end to end."""
    begins: Ints = np.cumsum(counts) - counts
    return begins
