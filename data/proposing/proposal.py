"""What is proposed, as plain values: easy to show, to edit, and to carry as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, get_args, get_origin, get_type_hints

from data.refusal import ImportRefused

ISO_SAYS = "year first (ISO)"
OFFSET_SAYS = "times with an offset"


@dataclass(frozen=True)
class DateReading:
    """One way in which the dates of a column can be read; `formats` is empty for ISO dates.

    `examples` are values of the column, each with the day (ISO) that it would be read as.
    """

    formats: tuple[str, ...]
    says: str
    examples: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a file, as it was found.

    `dates` holds every way of reading it (one: proven). `decimal` is the mark that the values prove, "?" where they
    leave it open, "" where there is none. `values` are the distinct ones by frequency, where they are few enough.
    """

    name: str
    samples: tuple[str, ...] = ()
    filled: int = 0
    distinct: int = 0
    holds: str = "nothing"
    identifying: str = ""
    dates: tuple[DateReading, ...] = ()
    decimal: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = ""
    values: tuple[tuple[str, int], ...] = ()

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own, as far as was counted."""
        return 0 < self.filled == self.distinct


@dataclass(frozen=True)
class ValueMatch:
    """What one value of a source column becomes: a code, "" for as it is, or LEFT_OUT for a row that is skipped."""

    value: str
    count: int
    code: str
    reason: str
    score: float


@dataclass(frozen=True)
class Cell:
    """Where one column of the contract comes from: a source column, a constant, an expression, or nothing."""

    column: str
    by: str = "none"
    reason: str = ""
    score: float = 0.0
    source: str = ""
    value: str = ""
    sql: str = ""
    values: tuple[ValueMatch, ...] = ()
    date_formats: tuple[str, ...] = ()
    question: str = ""

    @property
    def is_given(self) -> bool:
        return bool(self.source or self.value or self.sql)


@dataclass(frozen=True)
class Section:
    """One table that is read from a file: a cell for every column of the contract's table, in its order.

    `decimal` is the mark of its numbers, "" where an import is to find it out; `timezone` the clinic's, for times
    with an offset.
    """

    table: str
    cells: tuple[Cell, ...]
    where: str = ""
    where_reason: str = ""
    decimal: str = ""
    timezone: str = ""
    problems: tuple[str, ...] = ()

    def cell(self, column: str) -> Cell:
        """The cell of that column; KeyError where the table has none."""
        return {cell.column: cell for cell in self.cells}[column]


@dataclass(frozen=True)
class File:
    """A file (or sheet), or several of the same columns: what it is taken for, and why."""

    name: str
    names: tuple[str, ...]
    pattern: str
    sheet: str = ""
    dialect: tuple[tuple[str, str], ...] = ()
    rows: int = 0
    columns: tuple[Column, ...] = ()
    sections: tuple[Section, ...] = ()
    reason: str = ""
    score: float = 0.0
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """The source column of that name, if there is one."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class Question:
    """What has to be decided before the file is imported; `section` is the place of the section in its file.

    `kind` is "missing" (a column that the table needs), "dates", "decimal" or "timezone"; `options` are the ways of
    reading dates.
    """

    file: str
    section: int
    column: str
    text: str
    options: tuple[DateReading, ...] = ()
    kind: str = "missing"


@dataclass(frozen=True)
class Proposal:
    """What a practice's files are taken for."""

    files: tuple[File, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is open, file by file: without an answer the import would stop."""
        asked: list[Question] = []
        for file in self.files:
            for place, section in enumerate(file.sections):
                asked += [Question(file.name, place, "", problem) for problem in section.problems]
                for cell in section.cells:
                    source = file.column(cell.source)
                    if not cell.question or source is None:
                        continue
                    is_timed = any(reading.says == OFFSET_SAYS for reading in source.dates)
                    kind = "timezone" if is_timed else "dates" if source.dates else "decimal"
                    options = source.dates if kind == "dates" else ()
                    asked.append(Question(file.name, place, cell.column, cell.question, options, kind))
        return tuple(asked)

    def file(self, name: str) -> File:
        """The file of that name; ImportRefused where there is none."""
        for file in self.files:
            if file.name == name:
                return file
        raise ImportRefused(f"The proposal has no file {name}.")

    def to_json(self) -> str:
        """The proposal as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Proposal:
        """The proposal that `to_json` wrote; ImportRefused for anything else."""
        proposal: Proposal = read_json(cls, text)
        return proposal

    def to_toml(self, name: str) -> str:
        """The mapping that this proposal is, with a comment wherever something is uncertain."""
        from data.proposing.writing import to_toml

        return to_toml(self, name)


def read_json(kind: Any, text: str) -> Any:
    """A value of one of the dataclasses here, from the JSON that it was written as."""
    try:
        return _value(kind, json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ImportRefused(f"This is no {kind.__name__.lower()} as it was written here ({error}).") from error


def _value(kind: Any, content: Any) -> Any:
    if hasattr(kind, "__dataclass_fields__"):
        hints = get_type_hints(kind)
        return kind(**{name: _value(hints[name], one) for name, one in content.items()})
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        if len(kinds) == 2 and kinds[1] is Ellipsis:
            return tuple(_value(kinds[0], one) for one in content)
        return tuple(_value(one, part) for one, part in zip(kinds, content, strict=True))
    if get_origin(kind) in (dict, Mapping):
        return dict(content)
    options = get_args(kind)
    if options and type(None) in options:
        if content is None:
            return None
        rest = [one for one in options if one is not type(None)]
        return _value(rest[0], content)
    if kind is float and isinstance(content, int):
        return float(content)
    if kind in (str, int, float, bool) and not isinstance(content, kind):
        raise ValueError(f"{content!r} where a {kind.__name__} belongs")
    return content
