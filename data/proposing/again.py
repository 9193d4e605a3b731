"""Files that need no questions: they carry the contract's own names, or were read before by a saved mapping."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from data import mapping
from data.contract import TABLES
from data.expressions import literal, quoted
from data.proposing.proposal import Cell, File, Proposal, Section, ValueMatch
from data.proposing.words import codes

_IN_QUOTES = re.compile(r'"((?:[^"]|"")+)"')
AS_SAVED = "as saved"


def files_of_the_contract(proposal: Proposal) -> tuple[File, ...]:
    """The files that carry the contract's own column names and codes; () where a file that holds records does not."""
    own = tuple(file for file in proposal.files if _is_of_contract(file))
    others = [file for file in proposal.files if file.sections and file not in own]
    return () if others else own


def _is_of_contract(file: File) -> bool:
    """Whether a file has the columns that a table needs under their own names, and nothing about them is open."""
    names = {column.name.casefold() for column in file.columns}
    has_table = any(
        {column.name for column in table.columns if column.required} <= names
        and not names.isdisjoint({"treatment_id", "patient_id"})
        for table in TABLES.values()
    )
    cells = [cell for section in file.sections for cell in section.cells if cell.is_given]
    return has_table and all(map(_is_plain, cells)) and not Proposal((file,)).questions


def _is_plain(cell: Cell) -> bool:
    is_own_code = cell.column != "treatment_type" or all(
        match.code.casefold() in ("", match.value.casefold()) for match in cell.values
    )
    return cell.source.casefold() == cell.column and is_own_code


def as_saved(proposal: Proposal, sections: Sequence[mapping.Section]) -> Proposal | None:
    """The files read as a saved mapping reads them; None where it does not fit every file that holds records.

    A file is recognised by its columns; its name counts only where more than one part of the mapping would do. What
    the mapping says of encoding and delimiter is left to be found out again.
    """
    parts: dict[tuple[str | None, str | None], list[mapping.Section]] = {}
    for section in sections:
        parts.setdefault((section.file, section.sheet), []).append(section)
    files: list[File] = []
    for file in proposal.files:
        fitting = [part for part in parts.values() if file.columns and _columns(part) <= _names(file)]
        if not fitting and file.sections:
            return None
        fitting.sort(key=lambda part: (_is_called_so(file, part[0]), len(_columns(part))))
        read = tuple(_section(file, section) for section in fitting[-1]) if fitting else ()
        files.append(replace(file, sections=read, score=1.0, reason=AS_SAVED) if read else replace(file, sections=()))
    return Proposal(tuple(files)) if any(file.sections for file in files) else None


def unnamed_types(proposal: Proposal) -> tuple[str, ...]:
    """The treatments that no answer names: they are kept as types of their own."""
    known = codes("treatment_type")
    return tuple(
        dict.fromkeys(
            match.value
            for file in proposal.files
            for section in file.sections
            if section.table == "treatments"
            for match in section.cell("treatment_type").values
            if match.count and not match.code and match.value not in known and literal(match.value) not in section.where
        )
    )


def _names(file: File) -> set[str]:
    return {column.name for column in file.columns}


def _columns(part: Sequence[mapping.Section]) -> set[str]:
    """The source columns that the sections of one file name."""
    named = {name for section in part for cell in section.columns.values() for name in cell.column}
    expressions = [cell.sql or "" for section in part for cell in section.columns.values()]
    for sql in (*expressions, *(section.where or "" for section in part)):
        named |= {name.replace('""', '"') for name in _IN_QUOTES.findall(sql)}
    return named


def _is_called_so(file: File, section: mapping.Section) -> bool:
    return any(fnmatchcase(name.rsplit("/", 1)[-1], section.file or "") for name in file.names)


def _section(file: File, saved: mapping.Section) -> Section:
    headers = {name.casefold(): name for name in _names(file)}
    cells = []
    for name in saved.table.column_names:
        cell = saved.columns.get(name)
        if cell is None and name in headers:
            cell = mapping.Cell(column=(headers[name],))
        cells.append(_cell(file, name, cell, saved) if cell else Cell(name, reason=f"not read, {AS_SAVED}"))
    where = saved.where or ""
    return Section(
        saved.table.name, tuple(cells), where, AS_SAVED if where else "", saved.decimal or "", saved.timezone or ""
    )


def _cell(file: File, name: str, saved: mapping.Cell, section: mapping.Section) -> Cell:
    given = Cell(name, "chosen", AS_SAVED, 1.0)
    if saved.sql is not None:
        return replace(given, sql=saved.sql)
    if saved.value is not None:
        return replace(given, value=saved.value)
    if len(saved.column) > 1:
        first = ", ".join(f"nullif({quoted(column)}, '')" for column in saved.column)
        return replace(given, sql=f"coalesce({first})")
    source = file.column(saved.column[0])
    assert source
    counts = dict(source.values)
    values = [ValueMatch(value, counts.get(value, 0), code, AS_SAVED, 1.0) for value, code in saved.values.items()]
    if saved.values or name == "treatment_type":
        values += [
            ValueMatch(value, count, "", "not named in the saved answers: kept as it is", 1.0)
            for value, count in source.values
            if value not in saved.values
        ]
    formats = section.date_formats.get(name, section.date_formats.get("", ()))
    return replace(given, source=source.name, values=tuple(values), date_formats=formats if source.dates else ())
