"""What a reader of a format yields: the rows of one sheet, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

REFUSED = 3
"""How the process that converts a file ends where it has said why it cannot."""

Row = tuple[int, str, str, Sequence[str]]
"""Line, the row as it stands in the file, why it is no record (else empty), and its cells as text."""


@dataclass
class Rows:
    """The rows of a sheet. `columns` are its names, None where a row of it holds them and it is `width` cells wide.

    `notes` may grow while the rows are read; `day_zero` is the ISO day that a spreadsheet counts its days from.
    """

    name: str
    columns: tuple[str, ...] | None
    read: Callable[[], Iterator[Row]]
    width: int = 0
    notes: list[str] = field(default_factory=list)
    day_zero: str | None = None

    def __iter__(self) -> Iterator[Row]:
        return self.read()
