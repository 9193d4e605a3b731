"""The files that an import is given, and what each is read as: all that can be refused before anything is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb

from data.contract import TABLES
from data.formats.export_file import ExportFile, Settings
from data.formats.headers import plain
from data.formats.unfolding import Readable, unfolded
from data.mapping import Cell, Section, contract_sections, suggestion
from data.refusal import ImportRefused

TEXTS = (".csv", ".tsv", ".txt")
# Files that may hold records: to leave one out is worth a word.
RECORDS = (*TEXTS, ".xlsx", ".xlsm", ".xls", ".ods", ".json", ".ndjson", ".jsonl", ".parquet", ".xml", ".gz", ".zip")
BARRED_NODES = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "*",
    "PARAMETER": "a parameter",
}
BARRED_FUNCTIONS = (
    "unnest",
    "generate_subscripts",
    "current_setting",
    "getvariable",
    "getenv",
    "nextval",
    "currval",
)
BATCH = "batch"


@dataclass(frozen=True)
class Source:
    """One file read into one table: an expression over its text columns for each column of the contract it has.

    `no` numbers the sources in reading order, from 1; `again` is 0 for the first section that reads this file into
    this table. `typed` are the columns whose expressions yield dates and numbers rather than text, `absent` the
    columns that expressions name and no record of the file has, and `notes` tell what is empty for that.
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
            of_file.append(_source(no, file, section, again, by_contract=sections is None))
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
        return any(fnmatchcase(name, section.file) for name in called)
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


def _source(no: int, file: ExportFile, section: Section, again: int, by_contract: bool) -> Source:
    """The section turned into expressions over the columns of this file."""
    _require_single(file, section, by_contract)
    by_header = {plain(header) if by_contract else header: header for header in reversed(file.headers)}
    cells = {name: Cell(column=(by_header[name],)) for name in section.table.column_names if name in by_header}
    cells |= section.columns
    notes: list[str] = []
    for name, cell in list(cells.items()):
        there = tuple(column for column in cell.column if column in file.headers)
        if cell.column and not there:
            if not file.has_open_columns or section.table.column(name).required:
                raise ImportRefused(
                    f"{section.place}, {name}: {file.name} has no column {' or '.join(cell.column)}. "
                    + suggestion(cell.column[0], file.headers, "its columns are")
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
            absent.update(dict.fromkeys(_columns_of(sql, file) if sql else ()))
    columns = (*file.headers, *absent)
    expressions = {name: _expression(cell) for name, cell in cells.items()}
    typed = {name for name, cell in cells.items() if cell.value is not None}
    for name, cell in cells.items():
        if cell.sql is not None and _checked(cell.sql, file, columns, f"{section.place}, {name}") != "VARCHAR":
            typed.add(name)
    if section.where is not None and _checked(section.where, file, columns, f"{section.place}, where") != "BOOLEAN":
        raise ImportRefused(f"{section.place}: where has to be true or false for each row: where = {section.where}")
    return Source(no, file, section, expressions, frozenset(typed), section.where, tuple(absent), tuple(notes), again)


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


def _expression(cell: Cell) -> str:
    if cell.column:
        texts = [f"nullif({quoted(column)}, '')" for column in cell.column]
        text = texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"
        cases = " ".join(f"when {literal(key.strip())} then {literal(kept)}" for key, kept in cell.values.items())
        return f"cell(case {text} {cases} else {text} end)" if cases else text
    if cell.sql is not None:
        return f"cell(cast((\n{cell.sql}\n) as varchar))"
    return f"cell({literal(cell.value or '')})"


def _columns_of(sql: str, file: ExportFile) -> list[str]:
    """The columns that an expression names and the file has not."""
    with duckdb.connect(config={"enable_external_access": False, "threads": 1}) as connection:
        parsed = connection.execute("select json_serialize_sql($select)", {"select": f"select (\n{sql}\n)"}).fetchall()
    there = {header.casefold() for header in file.headers}
    names = [name for name in _named(json.loads(parsed[0][0])) if name.casefold() not in there]
    return list(dict.fromkeys(names))


def _named(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _named(one)
    elif isinstance(node, dict):
        if node.get("class") == "COLUMN_REF" and len(node.get("column_names", ())) == 1:
            yield node["column_names"][0]
        yield from _named(list(node.values()))


def _checked(sql: str, file: ExportFile, there: Sequence[str], place: str) -> str:
    """The type of an expression over these columns; ImportRefused where it is anything else than that."""
    connection = duckdb.connect(config={"enable_external_access": False, "threads": 1})
    try:
        columns = ", ".join(f"{quoted(header)} varchar" for header in there)
        connection.execute(f'create table {BATCH} ("__line" bigint, {columns})')
        select = f'select "__line", (\n{sql}\n) from {BATCH}'
        statements = connection.extract_statements(select)
        parsed = connection.execute("select json_serialize_sql($select)", {"select": select}).fetchall()
        tree: dict[str, Any] = json.loads(parsed[0][0])
        if len(statements) != 1 or tree["error"] or len(tree["statements"]) != 1:
            raise ImportRefused(f"{place}: not an expression over the columns of {file.name}: {sql}")
        node = tree["statements"][0]["node"]
        if node["type"] != "SELECT_NODE" or len(node["select_list"]) != 2 or _is_more_than_a_select(node):
            raise ImportRefused(f"{place}: not one expression over the columns of {file.name}: {sql}")
        barred = _barred(node["select_list"][1])
        if barred:
            raise ImportRefused(f"{place}: {barred} cannot stand in a mapping: {sql}")
        sql_type = str(connection.sql(select).types[1])
        if re.match(r"STRUCT|MAP|UNION|TUPLE|ROW", sql_type) or sql_type.endswith("]"):
            raise ImportRefused(f"{place}: not one value for each row of {file.name}: {sql}")
        return sql_type
    except duckdb.Error as error:
        unknown = re.search(r'Referenced column "(.*?)" not found', str(error))
        told = (
            f"{file.name} has no column {unknown[1]}. {suggestion(unknown[1], file.headers, 'its columns are')}"
            if unknown
            else str(error).split("\n")[0]
        )
        raise ImportRefused(f"{place}: {told} The expression is: {sql}") from error
    finally:
        connection.close()


def _is_more_than_a_select(node: Mapping[str, Any]) -> bool:
    clauses = ("where_clause", "group_expressions", "group_sets", "having", "qualify", "sample", "modifiers")
    table = node["from_table"]
    return any(node.get(clause) for clause in clauses) or table["type"] != "BASE_TABLE" or table["table_name"] != BATCH


def _barred(node: Any) -> str | None:
    """What in a parsed expression may not stand in a mapping."""
    if isinstance(node, list):
        return next((found for found in map(_barred, node) if found), None)
    if not isinstance(node, dict):
        return None
    if node.get("class") in BARRED_NODES:
        return BARRED_NODES[node["class"]]
    function = str(node.get("function_name", "")).lower()
    if function in BARRED_FUNCTIONS or function.startswith("read_"):
        return f"{function}()"
    return _barred(list(node.values()))


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _listed(names: Sequence[str] | Mapping[str, Path]) -> str:
    return ", ".join(list(names)[:12]) + (", ..." if len(names) > 12 else "")
