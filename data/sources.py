"""The files that an import is given, and what each is read as: all that can be refused before anything is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from data.contract import TABLES
from data.expressions import columns_missing, expression_of, type_of
from data.formats.export_file import ExportFile, Settings
from data.formats.headers import plain
from data.formats.unfolding import Readable, unfolded
from data.lookups import LookedUp, looked_up
from data.mapping import Cell, Section, contract_sections, suggestion
from data.refusal import ImportRefused

TEXTS = (".csv", ".tsv", ".txt")
# Files that may hold records: to leave one out is worth a word.
RECORDS = (*TEXTS, ".xlsx", ".xlsm", ".xls", ".ods", ".json", ".ndjson", ".jsonl", ".parquet", ".xml", ".gz", ".zip")


@dataclass(frozen=True)
class Source:
    """One file read into one table: an expression over its text columns for each column of the contract it has.

    `no` numbers the sources in reading order, from 1; `again` is 0 for the first section that reads this file into
    this table. `typed` are the columns whose expressions yield dates and numbers rather than text, `absent` the
    columns that expressions name and no record of the file has, and `notes` tell what is empty for that. `lookups`
    are columns that other files give.
    """

    no: int
    file: ExportFile
    section: Section
    expressions: Mapping[str, str]
    typed: frozenset[str]
    where: str | None
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    again: int = 0
    lookups: tuple[LookedUp, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What an import is going to read, file by file; `left_out` are files of a folder that were not recognised."""

    files: tuple[tuple[ExportFile, tuple[Source, ...]], ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Given:
    """The files that an import is given, by the name they go by in reports; `explicit` were named themselves."""

    named: Mapping[str, Path]
    explicit: frozenset[str]


def given_files(sources: Sequence[str | Path]) -> Given:
    """The files of these files and folders. ImportRefused where one does not exist, or there is none."""
    found: dict[Path, str] = {}
    explicit: set[str] = set()
    for source in map(Path, sources):
        if source.is_dir():
            inside = [path for path in sorted(source.iterdir()) if path.is_file() and not path.name.startswith(".")]
            if not inside:
                raise ImportRefused(f"The folder {source} is empty.")
        elif source.is_file():
            inside = [source]
        else:
            kind = "is no regular file" if source.exists() else "does not exist"
            raise ImportRefused(f"{source} {kind}. Name a folder of exports, or files.")
        for path in inside:
            if path.resolve() not in found:
                name = path.name
                while name in found.values():
                    name = f"{path.resolve().parent.name}/{name}"
                found[path.resolve()] = name
                if source.is_file():
                    explicit.add(name)
    if not found:
        raise ImportRefused("Nothing to import: name a folder of exports, or files.")
    return Given({name: path for path, name in found.items()}, frozenset(explicit))


def plan_import(given: Given, sections: Sequence[Section] | None, folder: Path) -> Plan:
    """What the files given hold, by the sections of a mapping or, without one, by the contract's names.

    What has to be unpacked or converted goes into `folder`. Raises ImportRefused for anything that is named and not
    there, before a record is read.
    """
    left_out: list[str] = []
    readables = list(_readables(given, sections, folder, left_out))
    chosen: list[tuple[list[Section], ExportFile]] = []
    if sections is None:
        for readable in readables:
            recognised = _recognised(readable, readables, given)
            if recognised is None:
                left_out.append(readable.name)
            else:
                chosen.append(([recognised[0]], recognised[1]))
        if not chosen:
            raise ImportRefused(
                f"None of {_listed(given.named)} holds a table of the contract. Name the files treatments.csv, "
                "follow_ups.csv, side_effects.csv and patients.csv, or read them through a mapping."
            )
    else:
        for readable, matching in _matching(readables, sections):
            chosen.append((matching, _examined(readable, matching)))
        read = {file.name for _, file in chosen}
        if not read:
            raise ImportRefused(f"The mapping reads nothing from {_listed(given.named)}.")
        read |= _looked_up_in(readables, [section for matching, _ in chosen for section in matching])
        left_out += [readable.name for readable in readables if readable.name not in read]
        if unread := [
            name for name in given.explicit if not any(one == name or one.startswith(f"{name}/") for one in read)
        ]:
            raise ImportRefused(f"The mapping reads nothing from {_listed(unread)}. Leave it out, or map it.")
    files: list[tuple[ExportFile, tuple[Source, ...]]] = []
    no = 0
    for matching, file in chosen:
        of_file: list[Source] = []
        for section in matching:
            no += 1
            again = sum(one.section.table is section.table for one in of_file)
            lookups = looked_up(section, file, readables)
            of_file.append(_source(no, file, section, again, lookups, by_contract=sections is None))
        files.append((file, tuple(of_file)))
    told = tuple(name for name in left_out if Path(name).suffix.lower() in RECORDS or "/" in name)
    return Plan(tuple(files), told)


def _readables(
    given: Given, sections: Sequence[Section] | None, folder: Path, left_out: list[str]
) -> Iterator[Readable]:
    """Everything that may be read in the files given; what cannot be opened and nobody asks for is left out."""
    for at, (name, path) in enumerate(given.named.items()):
        try:
            inside = list(unfolded(path, name, folder / f"{at}"))
            yield from inside
            left_out += [] if inside else [name]
        except ImportRefused:
            is_meant = any(table in _stem(name) for table in TABLES) if sections is None else False
            is_meant |= any(_means(section, name, name) for section in sections or ())
            if is_meant or name in given.explicit or Path(name).suffix.lower() == ".zip":
                raise
            left_out.append(name)


def _means(section: Section, *called: str) -> bool:
    """Whether a section means a file that is called so."""
    if section.file is not None:
        return any(fnmatchcase(name.casefold(), section.file.casefold()) for name in called)
    return any(
        section.table.name in _stem(name) and (Path(name).suffix.lower() in RECORDS or not Path(name).suffix)
        for name in called
    )


def _matching(readables: Sequence[Readable], sections: Sequence[Section]) -> list[tuple[Readable, list[Section]]]:
    """What some section reads, each with its sections."""
    by_name: dict[str, list[Section]] = {readable.name: [] for readable in readables}
    for section in sections:
        pattern = section.file or f"*{section.table.name}*"
        matching = [readable for readable in readables if _means(section, *readable.called)]
        if not matching and section.optional:
            continue
        if not matching:
            names = dict.fromkeys(readable.called[-1] for readable in readables)
            raise ImportRefused(f"{section.place}: there is no file {pattern}. {suggestion(pattern, names)}")
        if section.sheet is not None:
            wanted = section.sheet.casefold()
            of_sheet = [one for one in matching if fnmatchcase(one.sheet.casefold(), wanted)]
            if not of_sheet:
                sheets = [one.sheet or one.name for one in matching]
                raise ImportRefused(
                    f"{section.place}: {matching[0].called[-1]} has no sheet {section.sheet}. "
                    + suggestion(section.sheet, sheets, "its sheets are")
                )
            matching = of_sheet
        for readable in matching:
            beside = [one.sheet for one in matching if one.path == readable.path]
            if len(beside) > 1 and section.sheet is None:
                raise ImportRefused(
                    f"{section.place}: {readable.called[-1]} has several sheets: {_listed(beside)}. "
                    f'Say which is meant: sheet = "{beside[0]}"'
                )
            by_name[readable.name].append(section)
    return [(readable, by_name[readable.name]) for readable in readables if by_name[readable.name]]


def _looked_up_in(readables: Sequence[Readable], sections: Sequence[Section]) -> set[str]:
    """The names of what these sections look something up in."""
    patterns = {lookup.file.casefold() for section in sections for lookup in section.lookups.values()}
    return {
        readable.name
        for readable in readables
        if any(fnmatchcase(name.casefold(), pattern) for name in readable.called for pattern in patterns)
    }


def _examined(readable: Readable, sections: Sequence[Section]) -> ExportFile:
    """The file as these sections declare it."""
    settings: dict[str, Any] = {}
    for setting in (one.name for one in fields(Settings)):
        declared = {getattr(section.settings, setting) for section in sections} - {None}
        if len(declared) > 1:
            raise ImportRefused(f"{sections[0].place}: {readable.name} is given two settings of {setting}: {declared}.")
        settings[setting] = next(iter(declared), None)
    wanted = [column for section in sections for cell in section.columns.values() for column in cell.column]
    wanted += [column for section in sections for column in section.table.column_names]
    return readable.opened(wanted, Settings(**settings))


def _recognised(readable: Readable, readables: Sequence[Readable], given: Given) -> tuple[Section, ExportFile] | None:
    """What a file is by its name, else by its columns; None where it is neither and its folder was given."""
    is_explicit = readable.name in given.explicit
    if readable.is_text and Path(readable.called[-1]).suffix.lower() not in TEXTS and not is_explicit:
        return None
    is_alone = not readable.sheet or sum(one.path == readable.path for one in readables) == 1
    stems = [_stem(readable.sheet)] if readable.sheet else []
    stems += [_stem(readable.called[-1])] if is_alone else []
    by_name = next(
        (found for stem in stems if (found := [one for one in contract_sections() if one.table.name in stem])), []
    )
    try:
        file = readable.opened([column for table in TABLES.values() for column in table.column_names])
    except ImportRefused:
        if by_name or is_explicit:
            raise
        return None
    headers = {plain(header) for header in file.headers}
    if len(by_name) == 1:
        return by_name[0], file
    by_columns = [
        section
        for section in contract_sections()
        if not _missing(section.table.name, headers) and len(headers & set(section.table.column_names)) > 1
    ]
    by_columns = [section for section in by_columns if section.table.name != "patients"] or by_columns
    if len(by_columns) == 1:
        return by_columns[0], file
    if is_explicit:
        raise ImportRefused(
            f"{readable.name} is no table of the contract, by its name or by its columns ({_listed(file.headers)}). "
            f"Call it {', '.join(f'{table}.csv' for table in TABLES)}, or read it through a mapping."
        )
    return None


def _stem(name: str) -> str:
    return re.sub(r"[\W_]+", "_", PurePosixPath(name).stem.casefold())


def _missing(table: str, columns: set[str]) -> str | None:
    """The column that a file lacks to be read into a table."""
    for column in TABLES[table].columns:
        if column.required and column.name not in columns:
            return column.name
    if table in ("follow_ups", "side_effects") and not columns & {"treatment_id", "patient_id"}:
        return "treatment_id or patient_id"
    return None


def _source(
    no: int, file: ExportFile, section: Section, again: int, lookups: tuple[LookedUp, ...], by_contract: bool
) -> Source:
    """The section turned into expressions over the columns of this file, and those that it looks up."""
    _require_single(file, section, by_contract)
    headers = (*file.headers, *(lookup.name for lookup in lookups))
    by_header = {plain(header) if by_contract else header: header for header in reversed(file.headers)}
    cells = {name: Cell(column=(by_header[name],)) for name in section.table.column_names if name in by_header}
    cells |= section.columns
    notes: list[str] = []
    for name, cell in list(cells.items()):
        there = tuple(column for column in cell.column if column in headers)
        if cell.column and not there:
            if not file.has_open_columns or section.table.column(name).required:
                raise ImportRefused(
                    f"{section.place}, {name}: {file.name} has no column {' or '.join(cell.column)}. "
                    + suggestion(cell.column[0], headers, "its columns are")
                )
            notes.append(f"{name} is empty: no record has {' or '.join(cell.column)}")
            del cells[name]
        elif cell.column:
            cells[name] = replace(cell, column=there)
    missing = _missing(section.table.name, set(cells))
    if missing:
        raise ImportRefused(
            f"{file.name} has no column {missing}, which the table {section.table.name} needs. "
            + suggestion(missing, file.headers, "its columns are")
            + " A mapping can say which of them it is."
        )
    absent: dict[str, None] = {}
    if file.has_open_columns:
        for sql in (section.where, *(cell.sql for cell in cells.values())):
            absent.update(dict.fromkeys(columns_missing(sql, headers) if sql else ()))
        for lookup in lookups:
            absent.update(dict.fromkeys(lookup.absent))
    columns = (*headers, *absent)
    expressions = {name: expression_of(cell) for name, cell in cells.items()}
    typed = {name for name, cell in cells.items() if cell.value is not None}
    for name, cell in cells.items():
        if cell.sql is not None and type_of(cell.sql, file, columns, f"{section.place}, {name}") != "VARCHAR":
            typed.add(name)
    if section.where is not None and type_of(section.where, file, columns, f"{section.place}, where") != "BOOLEAN":
        raise ImportRefused(f"{section.place}: where has to be true or false for each row: where = {section.where}")
    return Source(
        no, file, section, expressions, frozenset(typed), section.where, tuple(absent), tuple(notes), again, lookups
    )


def _require_single(file: ExportFile, section: Section, by_contract: bool) -> None:
    """Refuse a file where a column that is wanted stands more than once."""
    wanted = {column for cell in section.columns.values() for column in cell.column}
    for name in file.twice:
        if name in wanted or (by_contract and plain(name) in section.table.column_names):
            raise ImportRefused(
                f"{file.name} has two columns called {name}: which is meant? Rename one of them, or say which in a "
                f'mapping: "{name} (1)" is the first, "{name} (2)" the second.'
            )
    if by_contract:
        for column in section.table.column_names:
            if len(called := [header for header in file.headers if plain(header) == column]) > 1:
                raise ImportRefused(f"{file.name} has two columns for {column}: {', '.join(called)}. Rename one.")


def _listed(names: Sequence[str] | Mapping[str, Path]) -> str:
    return ", ".join(list(names)[:12]) + (", ..." if len(names) > 12 else "")
