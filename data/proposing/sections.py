"""Which column of a file is which column of a table: by its name, by what it holds, or not at all. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from data.contract import TABLES
from data.contract import Column as ContractColumn
from data.proposing.cells import BY_CONTENT, cell_from, known_share, nothing
from data.proposing.expressions import birth_year, of_treatments
from data.proposing.numbers import number_in
from data.proposing.proposal import OFFSET_SAYS, Cell, Column, Section
from data.proposing.words import (
    found,
    header_words,
    lexicon,
    normalised,
    resemblance,
    vocabulary,
)

LEAST = 0.45
"""A source column that is less sure than this is not proposed."""
GENERIC = 0.6
GENERIC_ALONE = 0.75
WITHIN = 0.9
FEW = 3
"""Numbers up to this in a column called Quantity count what was billed, not what was injected."""
MAIN_DATE = {"treatments": "treated_on", "follow_ups": "followed_up_on", "side_effects": "onset_on"}


@dataclass(frozen=True)
class Candidate:
    """A source column for a column of the contract."""

    column: str
    source: Column
    score: float
    by: str
    reason: str


def propose_section(
    columns: Sequence[Column], table: str, barred: Collection[str] = (), linking: Section | None = None
) -> Section:
    """The section that reads a table from these columns; `barred` are source columns that are not to be used.

    `linking` is the section that reads the treatments of the same file, if it holds them: what belongs to a record
    is known there by the same columns.
    """
    usable = [one for one in columns if one.holds not in ("identifying", "nothing") and one.name not in barred]
    contract = TABLES[table].columns
    given = dict.fromkeys(("treatment_id", "patient_id")) if linking else {}
    candidates = [
        candidate
        for column in contract
        if column.name not in given
        for source in usable
        if (candidate := _candidate(column, source, table, usable)) is not None
    ]
    chosen: dict[str, Candidate] = {}
    taken: set[str] = set()
    for candidate in sorted(candidates, key=lambda one: -one.score):
        if candidate.column not in chosen and candidate.source.name not in taken:
            chosen[candidate.column] = candidate
            taken.add(candidate.source.name)
    cells = {name: _cell(candidate) for name, candidate in chosen.items()}
    if linking:
        cells |= {name: linking.cell(name) for name in given if linking.cell(name).is_given}
    if table == "patients":
        cells = birth_year(columns) | cells
    if table == "treatments":
        cells = of_treatments(cells, usable)
    return finished(Section(table, tuple(cells.get(one.name, nothing(one.name, columns)) for one in contract)), columns)


def finished(section: Section, columns: Sequence[Column]) -> Section:
    """The section with what follows from its cells: the decimal mark, and what is missing or open."""
    table = TABLES[section.table]
    by_name = {column.name: column for column in columns}
    numeric = [
        by_name[cell.source]
        for cell in section.cells
        if cell.source in by_name and table.column(cell.column).kind in ("decimal", "integer")
    ]
    marks = {column.decimal for column in numeric} - {""}
    proven = marks - {"?"}
    decimal = section.decimal or (next(iter(proven)) if len(proven) == 1 else "")
    cells = tuple(
        replace(
            cell,
            question=_question(table.column(cell.column), cell, by_name.get(cell.source), decimal, section.timezone),
        )
        for cell in section.cells
    )
    problems = [
        f"No column of the file is {column.name}, which the table {table.name} needs."
        f"{_instead_of_a_name(column, columns)}"
        for column in table.columns
        if column.required and not section.cell(column.name).is_given
    ]
    if table.name in ("follow_ups", "side_effects") and not any(
        section.cell(name).is_given for name in ("treatment_id", "patient_id")
    ):
        problems.append(f"No column of the file is treatment_id or patient_id: {table.name} need one of them.")
    return replace(section, cells=cells, decimal=decimal, problems=tuple(problems))


def _instead_of_a_name(column: ContractColumn, columns: Sequence[Column]) -> str:
    names = [source.name for source in columns if source.identifying == "names of people"]
    if column.name != "patient_id" or not names:
        return ""
    return f" {names[0]} holds names, which are not kept: export the number of the person as well."


def _has_offset(source: Column) -> bool:
    return any(reading.says == OFFSET_SAYS for reading in source.dates)


def _candidate(column: ContractColumn, source: Column, table: str, usable: Sequence[Column]) -> Candidate | None:
    fit, told = _fit(column, source)
    if not fit:
        return None
    named = resemblance(source.name, header_words(column.name))
    generic = _generic(column, source, table, usable)
    if named >= LEAST and _is_beside(source.name, named):
        named = 0.0
    if max(named, generic) >= LEAST:
        by_generic = generic > named
        score = max(named, generic) * (0.4 + 0.6 * fit)
        told = f", a name that could be of anything{told}" if by_generic and generic == GENERIC else told
        reason = f"by its name {source.name!r}"
        return Candidate(column.name, source, score, "name", f"{reason}{told}") if score >= LEAST - 0.1 else None
    if column.name in BY_CONTENT and not _is_beside(source.name, 0.0):
        share = known_share(source, column.name)
        if share >= BY_CONTENT[column.name] and _is_telling(column.name, source):
            return Candidate(
                column.name, source, 0.35 + 0.3 * share, "content", f"{share:.0%} of its values are known{told}"
            )
    if column.name == MAIN_DATE.get(table):
        unnamed = [one.name for one in usable if one.holds == "dates" and not _is_day_of_else(one.name, column.name)]
        if unnamed == [source.name]:
            return Candidate(column.name, source, 0.5, "content", "the only dates that are not of something else")
    return None


def _is_day_of_else(header: str, column: str) -> bool:
    """Whether a header is that of another date than this column of the contract."""
    others = {one.name for table in TABLES.values() for one in table.columns if one.kind == "date"} - {column}
    return (
        _is_beside(header, 0.0)
        or any(resemblance(header, header_words(other)) >= 0.75 for other in others)
        or found(header, "effect").score >= 0.75
    )


def _is_telling(column: str, source: Column) -> bool:
    """Whether the values of a column say by themselves what it is: M, F do; a lone R or 1, 2, 3 do not."""
    texts = {normalised(value) for value, _ in source.values}
    if column == "skin_type":
        return len(texts) > 2 and not any(text.isdecimal() for text in texts)
    if column == "severity":
        return not any(text.isdecimal() for text in texts) and len(texts) > 1
    if column in ("sex", "side"):
        return len(texts) > 1
    return True


def _generic(column: ContractColumn, source: Column, table: str, usable: Sequence[Column]) -> float:
    """How far a name that could be of anything, Date or No, stands for the date or the number of this table."""
    words = vocabulary()["generic"]
    if column.name == MAIN_DATE.get(table) and resemblance(source.name, words["date"]) >= 0.98:
        return GENERIC_ALONE if sum(one.holds == "dates" for one in usable) == 1 else GENERIC
    if column.name == "effect" and resemblance(source.name, words["text"]) >= 0.98:
        return GENERIC
    if column.name == TABLES[table].id_column and resemblance(source.name, words["id"]) >= 0.98:
        return GENERIC if source.is_unique else 0.0
    return 0.0


def _is_beside(header: str, named: float) -> bool:
    """Whether a header says that the column is of an invoice, a price, a time of day."""
    if named >= 0.97:
        return False
    words = set(normalised(header).split())
    return bool(words & set(vocabulary()["beside"]["words"]))


def _fit(column: ContractColumn, source: Column) -> tuple[float, str]:
    """How well what a column holds suits a column of the contract (0: not at all), and words on it."""
    if column.kind == "date":
        return (1.0 if source.dates else 0.0), ""
    if source.dates:
        return 0.0, ""
    if column.kind in ("decimal", "integer"):
        return _number_fit(column, source)
    if column.kind == "boolean":
        share = known_share(source, column.name)
        return (share if share >= 0.8 else 0.0), ""
    if column.codes:
        share = known_share(source, column.name)
        return (share if share >= 0.5 else 0.0), ""
    if column.name in ("treatment_type", "effect"):
        if source.holds in ("yes or no", "numbers") or not source.values:
            return 0.0, ""
        share = known_share(source, column.name)
        return 0.3 + 0.7 * share, f", and {share:.0%} of its values are known" if share else ""
    if column.name == "treatment_id":
        if known_share(source, "treatment_type") > 0.3:
            return 0.0, ""
        return (1.0 if source.is_unique else 0.7), ("" if source.is_unique else ", but its values repeat")
    if column.name in ("patient_id", "follow_up_id", "side_effect_id"):
        return (0.0 if source.holds == "yes or no" else 1.0), ""
    if column.name == "lot":
        return 1.0, ""
    if column.name == "area" and source.values:
        return 0.7 + 0.3 * known_share(source, "area"), ""
    return (0.0 if source.holds in ("yes or no",) and column.name != "action" else 1.0), ""


def _number_fit(column: ContractColumn, source: Column) -> tuple[float, str]:
    if source.holds == "numbers" or source.low is not None:
        high = source.high or 0.0
        is_count = resemblance(source.name, vocabulary()["generic"]["count"]) >= 0.98 and not source.decimal
        if column.name == "dose" and is_count and high <= FEW:
            return 0.0, ""
        share = _share_within(column, source)
        return (share if share >= WITHIN else 0.0), ""
    if column.name in ("satisfaction", "gais") and lexicon(column.name):
        share = known_share(source, column.name)
        return (share if share >= 0.6 else 0.0), ""
    return 0.0, ""


def _share_within(column: ContractColumn, source: Column) -> float:
    """The share of numbers that the contract allows; a few beyond are mistakes, many are another scale."""
    low = -math.inf if column.low is None else column.low
    high = math.inf if column.high is None else column.high
    numbers = [(number, count) for value, count in source.values if (number := number_in(value)) is not None]
    if not numbers:
        return 1.0 if low <= (source.low or 0) and (source.high or 0) <= high else 0.0
    return sum(count for number, count in numbers if low <= number <= high) / sum(count for _, count in numbers)


def _cell(candidate: Candidate) -> Cell:
    column = next(table.column(candidate.column) for table in TABLES.values() if candidate.column in table.column_names)
    return cell_from(column, candidate.source, candidate.by, candidate.reason, candidate.score)


def _question(column: ContractColumn, cell: Cell, source: Column | None, decimal: str, timezone: str) -> str:
    if source is None or not cell.source:
        return ""
    if column.kind == "date" and _has_offset(source) and not timezone:
        return f"{source.name} holds times with an offset. In which time zone is the clinic?"
    if column.kind == "date" and len(source.dates) > 1 and not cell.date_formats:
        ways = " or ".join(dict.fromkeys(reading.says for reading in source.dates))
        return f"The dates of {source.name} can be read as {ways}. Which is meant?"
    if column.kind in ("decimal", "integer") and source.decimal == "?" and not decimal:
        return f"A comma or a point in {source.name} could stand for decimals or for thousands. Which is meant?"
    return ""
