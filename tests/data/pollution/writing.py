"""A table becomes a file, line by line; beside each row stands what an import may make of it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.data.pollution.clean import Cells, Clean, value_of

BREAK = re.compile("\r\n|\r|\n")
LOADED, REJECTED, SKIPPED, ASIDE = "loaded", "rejected", "skipped", "aside"
"""What may become of a row: aside is a line that need not count as a row at all, such as a line of totals."""


@dataclass(frozen=True)
class Expected:
    """One row of a polluted file: the line it begins on, what may become of it, and the values it may be loaded with.

    `cells` are the cells that it has in the file, `values` the allowed values of each column. `raw` is its text, where
    it has to be kept letter by letter; in any case a rejected row's text has to hold `told`.
    """

    line: int
    cells: Cells
    values: dict[str, tuple[Any, ...]]
    fates: frozenset[str]
    raw: str | None = None
    told: str = ""


@dataclass(frozen=True)
class Part:
    """The rows of one table in a polluted file; `member` is the file's name within an archive, or the sheet's."""

    table: str
    rows: tuple[Expected, ...]
    member: str = ""


@dataclass(frozen=True)
class Polluted:
    """A file to import and what is expected of it.

    `refusal` is a regular expression that the message has to match where the whole file must be refused;
    `may_be_refused` allows it. `section` are the settings of a mapping that reads it. `is_guessed` allows foreign
    letters to be read by another code page, and `may_be_left_out` the file to be left out, if the report says so.
    """

    name: str
    mark: str
    file: str
    content: bytes
    parts: tuple[Part, ...]
    refusal: str | None = None
    may_be_refused: bool = False
    section: Mapping[str, Any] | None = None
    is_guessed: bool = False
    may_be_left_out: bool = False


@dataclass(frozen=True)
class Dialect:
    """How cells and rows are written; an `escape` that is the quote itself means doubled quotes."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    quotes_all: bool = False
    ends: tuple[str, ...] = ("\n",)
    space: str = ""

    def cell(self, text: str) -> str:
        special = (self.delimiter, self.quote, "\n", "\r", *(("\\",) if self.escape == "\\" else ()))
        if not self.quote or not (self.quotes_all or any(one and one in text for one in special)):
            return text
        if self.escape == "\\":
            text = text.replace("\\", "\\\\").replace(self.quote, "\\" + self.quote)
        else:
            text = text.replace(self.quote, self.quote * 2)
        return f"{self.quote}{text}{self.quote}"

    def row(self, cells: Iterable[str]) -> str:
        return (self.delimiter + self.space).join(self.cell(cell) for cell in cells)


@dataclass
class Page:
    """A delimited file in the making, which knows the physical line of each of its rows."""

    clean: Clean
    dialect: Dialect = field(default_factory=Dialect)
    text: str = ""
    line: int = 1
    rows: list[Expected] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ends = itertools.cycle(self.dialect.ends)

    def put(self, text: str) -> int:
        """Add a line, or several, and return the number of the first."""
        line = self.line
        self.text += text + next(self._ends)
        self.line += len(BREAK.findall(text)) + 1
        return line

    def header(self, names: Sequence[str] | None = None) -> None:
        self.put(self.dialect.row(names or self.clean.headers))

    def row(self, at: int, **cells: str) -> None:
        """Add a row that is to be loaded as it stands, perhaps with other cells."""
        changed = self.clean.rows[at] | cells
        text = self.dialect.row(changed[header] for header in self.clean.headers)
        self.rows.append(expected(self.clean, self.put(text), changed, raw=text))

    def other(
        self,
        text: str,
        fates: Iterable[str] = (REJECTED,),
        cells: Cells | None = None,
        values: Mapping[str, tuple[Any, ...]] | None = None,
        raw: str | None = "",
        told: str = "",
    ) -> None:
        """Add a row that is not clean, and what may become of it; its text is kept unless `raw` is None."""
        kept = text if raw == "" else raw
        self.rows.append(expected(self.clean, self.put(text), cells or {}, values, fates, kept, told))

    def all_rows(self) -> None:
        for at in range(len(self.clean.rows)):
            self.row(at)

    def part(self, member: str = "") -> Part:
        return Part(self.clean.table, tuple(self.rows), member)

    def polluted(
        self, name: str, encoding: str = "utf-8", mark: bytes = b"", suffix: str = ".csv", **how: Any
    ) -> Polluted:
        content = mark + self.text.encode(encoding, "surrogateescape")
        file = f"{self.clean.mark}_{self.clean.table}{suffix}"
        return Polluted(name, self.clean.mark, file, content, (self.part(),), **how)


def expected(
    clean: Clean,
    line: int,
    cells: Cells,
    values: Mapping[str, tuple[Any, ...]] | None = None,
    fates: Iterable[str] = (LOADED,),
    raw: str | None = None,
    told: str = "",
) -> Expected:
    """What is expected of a row with these cells; `values` are those that a changed cell may be read as."""
    read = {name: (values or {}).get(name) or (value_of(clean.table, name, cell),) for name, cell in cells.items()}
    return Expected(line, dict(cells), read, frozenset(fates), raw, told)


def written(clean: Clean, dialect: Dialect | None = None) -> Page:
    """The whole table, clean, as a page of this dialect."""
    page = Page(clean, dialect or Dialect())
    page.header()
    page.all_rows()
    return page
