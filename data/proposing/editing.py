"""A proposal is changed by whoever knows better: each change is pure and gives a new proposal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from data.contract import TABLES
from data.proposing import files
from data.proposing.cells import cell_from, nothing
from data.proposing.proposal import OFFSET_SAYS, Cell, Column, File, Proposal, Section
from data.proposing.sections import finished
from data.refusal import ImportRefused

CHOSEN = "chosen by you"


def with_tables(proposal: Proposal, file: str, tables: Sequence[str]) -> Proposal:
    """The proposal in which a file is read into these tables, anew; into none: it is left out."""
    for table in tables:
        if table not in TABLES:
            raise ImportRefused(f"There is no table {table}; there are {', '.join(TABLES)}.")
    of_file = proposal.file(file)
    sections = files.with_tables(of_file, tuple(dict.fromkeys(tables)))
    return _with_file(proposal, replace(of_file, sections=sections, reason=CHOSEN, score=1.0))


def with_source(proposal: Proposal, file: str, section: int, column: str, source: str) -> Proposal:
    """The proposal in which a column of the contract is read from this source column; from "" it is not read."""
    of_file = proposal.file(file)

    def changed(cell: Cell) -> Cell:
        if not source:
            return Cell(column, reason=f"{CHOSEN}: not read")
        found = of_file.column(source)
        if found is None:
            raise ImportRefused(f"{file} has no column {source}.")
        table = TABLES[of_file.sections[section].table]
        return cell_from(table.column(column), found, "chosen", CHOSEN, 1.0)

    return _with_cell(proposal, of_file, section, column, changed)


def with_constant(proposal: Proposal, file: str, section: int, column: str, value: str) -> Proposal:
    """The proposal in which a column of the contract has the same value in every row; "" is none."""

    def changed(cell: Cell) -> Cell:
        return Cell(column, "chosen", CHOSEN, 1.0, value=value) if value else nothing(column, ())

    return _with_cell(proposal, proposal.file(file), section, column, changed)


def with_value(proposal: Proposal, file: str, section: int, column: str, value: str, code: str) -> Proposal:
    """The proposal in which a value becomes this code: "" for as it is, LEFT_OUT to skip its rows."""

    def changed(cell: Cell) -> Cell:
        if value not in {match.value for match in cell.values}:
            raise ImportRefused(f"{cell.source or column} has no value {value}.")
        values = tuple(
            replace(match, code=code, reason=CHOSEN, score=1.0) if match.value == value else match
            for match in cell.values
        )
        return replace(cell, values=values)

    return _with_cell(proposal, proposal.file(file), section, column, changed)


def with_date_formats(
    proposal: Proposal, file: str, section: int, column: str, formats: Sequence[str], of_the_file: bool = True
) -> Proposal:
    """The proposal in which the dates of a column are read by these formats.

    `of_the_file`: the same for every other column of the file whose reading is open and that can be read so too.
    """
    of_file = proposal.file(file)
    wanted = tuple(formats)
    of_file.sections[section].cell(column)
    sections = []
    for place, one in enumerate(of_file.sections):
        cells = []
        for cell in one.cells:
            source = of_file.column(cell.source)
            is_meant = (place, cell.column) == (section, column)
            is_open = bool(of_the_file and cell.question and source and wanted in [way.formats for way in source.dates])
            cells.append(replace(cell, date_formats=wanted) if is_meant or is_open else cell)
        sections.append(finished(replace(one, cells=tuple(cells)), of_file.columns))
    return _with_file(proposal, replace(of_file, sections=tuple(sections)))


def with_decimal(proposal: Proposal, file: str, section: int, decimal: str) -> Proposal:
    """The proposal in which the numbers of a section have this decimal mark."""
    if decimal not in (".", ","):
        raise ImportRefused('A decimal mark is "." or ",".')
    of_file = proposal.file(file)
    changed = finished(of_file.sections[section], of_file.columns)
    kinds = {column.name: column.kind for column in TABLES[changed.table].columns}
    cells = tuple(cell if kinds[cell.column] == "date" else replace(cell, question="") for cell in changed.cells)
    return _with_section(proposal, of_file, section, replace(changed, cells=cells, decimal=decimal))


def with_timezone(proposal: Proposal, timezone: str) -> Proposal:
    """The proposal in which times with an offset are days of this time zone, in all files."""
    changed = []
    for file in proposal.files:
        sections = tuple(
            finished(replace(section, timezone=timezone), file.columns)
            if any(_is_timed(file.column(cell.source)) for cell in section.cells)
            else section
            for section in file.sections
        )
        changed.append(replace(file, sections=sections))
    return Proposal(tuple(changed))


def _is_timed(source: Column | None) -> bool:
    return source is not None and any(reading.says == OFFSET_SAYS for reading in source.dates)


def with_where(proposal: Proposal, file: str, section: int, where: str) -> Proposal:
    """The proposal in which only the rows for which this SQL is true are read; "" reads all."""
    of_file = proposal.file(file)
    changed = replace(of_file.sections[section], where=where.strip(), where_reason=CHOSEN if where.strip() else "")
    return _with_section(proposal, of_file, section, changed)


def _with_cell(proposal: Proposal, file: File, section: int, column: str, changed: Callable[[Cell], Cell]) -> Proposal:
    of_file = file.sections[section]
    if column not in TABLES[of_file.table].column_names:
        raise ImportRefused(f"The table {of_file.table} has no column {column}.")
    cells = tuple(changed(cell) if cell.column == column else cell for cell in of_file.cells)
    return _with_section(proposal, file, section, finished(replace(of_file, cells=cells), file.columns))


def _with_section(proposal: Proposal, file: File, place: int, section: Section) -> Proposal:
    sections = tuple(section if no == place else one for no, one in enumerate(file.sections))
    return _with_file(proposal, replace(file, sections=sections))


def _with_file(proposal: Proposal, file: File) -> Proposal:
    return Proposal(tuple(file if one.name == file.name else one for one in proposal.files))
