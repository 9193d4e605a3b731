"""Kinds of pollution are functions from a clean table and a variant to a polluted file; here they are gathered.

`OUTCOMES_POLLUTION=long uv run pytest tests/data -n 2` tries every variant on every table that its kind names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from data.contract import TABLES
from tests.data.pollution.clean import ROWS, Clean, clean, plain
from tests.data.pollution.writing import Polluted

IS_LONG = os.environ.get("OUTCOMES_POLLUTION") == "long"
TWO = ("treatments", "side_effects")
FOUR = ("treatments", "patients", "follow_ups", "side_effects")
OF_ITS_COLUMN = ("",)
"""In place of tables: the one that has the column that the variant names."""
Kind = Callable[[Clean, Any], Polluted]


@dataclass
class Registry:
    """Kinds of pollution, each with the tables and the variants it is tried on; `letter` begins their marks.

    Where the tables take turns, a variant is tried on one of them, the next one on the next.
    """

    letter: str
    in_turn: bool = False
    kinds: list[tuple[Kind, Sequence[str], Sequence[Any], Callable[[str, str, int], str], int]] = field(
        default_factory=list
    )

    def kind(
        self,
        *variants: Any,
        tables: Sequence[str] = TWO,
        text: Callable[[str, str, int], str] = plain,
        rows: int = ROWS,
    ) -> Callable[[Kind], Kind]:
        """Registers a kind of pollution."""

        def register(kind: Kind) -> Kind:
            self.kinds.append((kind, tables, variants or (None,), text, rows))
            return kind

        return register

    def cases(self) -> list[Polluted]:
        """Every kind in every variant, on every table or on one in turn, named and marked apart."""
        return [replace(make(), name=name) for name, make in self._made()]

    def names(self) -> list[str]:
        """The names of the cases, none of which is made for that."""
        return [name for name, _ in self._made()]

    def _made(self) -> Iterator[tuple[str, Callable[[], Polluted]]]:
        for number, (kind, tables, variants, text, rows) in enumerate(self.kinds):
            for place, table in enumerate(tables):
                for at, variant in enumerate(variants):
                    if self.in_turn and not IS_LONG and (number + at) % len(tables) != place:
                        continue
                    name = table or next(one.name for one in TABLES.values() if variant in one.column_names)
                    mark = f"{self.letter}{number}{name[0]}{at}"
                    told = "" if variant is None else f", {_told(variant)}"
                    yield f"{kind.__name__}, {name}{told}", partial(_make, kind, variant, name, mark, rows, text)


def _make(kind: Kind, variant: Any, table: str, mark: str, rows: int, text: Callable[[str, str, int], str]) -> Polluted:
    return kind(clean(table, mark, rows, text), variant)


def _told(variant: Any) -> str:
    told = variant if isinstance(variant, str) and variant.isprintable() else repr(variant)
    return told.encode("ascii", "backslashreplace").decode()[:60]
