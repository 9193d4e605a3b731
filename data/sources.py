"""The files that an import is given, and what each is read as: all that can be refused before anything is read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import duckdb

from data.contract import TABLES
from data.examining import CsvFile, examine
from data.mapping import Cell, Section, contract_sections, suggestion
from data.refusal import ImportRefused

SUFFIXES = (".csv", ".tsv", ".txt")
# Files that may hold records: to leave one out is worth a word.
RECORDS = (*SUFFIXES, ".xlsx", ".xls", ".json", ".ndjson", ".parquet", ".xml", ".gz", ".zip")
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
    this table. `typed` are the columns whose expressions yield dates and numbers rather than text.
    """

    no: int
    file: CsvFile
    section: Section
    expressions: Mapping[str, str]
    typed: frozenset[str]
    where: str | None
    again: int = 0


@dataclass(frozen=True)
class Plan:
    """What an import is going to read, file by file; `left_out` are files of a folder that were not recognised."""

    files: tuple[tuple[CsvFile, tuple[Source, ...]], ...]
    left_out: tuple[str, ...] = ()


def plan_import(sources: Sequence[str | Path], sections: Sequence[Section] | None) -> Plan:
    """What the files and folders given hold, by the sections of a mapping or, without one, by the contract's names.

    Raises ImportRefused for anything that is named and not there, before a record is read.
    """
    named, explicit = _files(sources)
    left_out: list[str] = []
    chosen: list[tuple[str, Path, list[Section], CsvFile]] = []
    if sections is None:
        for name, path in named.items():
            recognised = _recognised(name, path, name in explicit)
            if recognised is None:
                left_out.append(name)
            else:
                chosen.append((name, path, [recognised[0]], recognised[1]))
        if not chosen:
            raise ImportRefused(
                f"None of {_listed(named)} holds a table of the contract. Name the files treatments.csv, "
                "follow_ups.csv, side_effects.csv and patients.csv, or read them through a mapping."
            )
    else:
        for name, path, matching in _matching(named, sections):
            chosen.append((name, path, matching, _examined(name, path, matching)))
        left_out += [name for name in named if name not in {one[0] for one in chosen}]
        if unread := [name for name in left_out if name in explicit]:
            raise ImportRefused(f"The mapping reads nothing from {_listed(unread)}. Leave it out, or map it.")
    files: list[tuple[CsvFile, tuple[Source, ...]]] = []
    no = 0
    for _, _, matching, file in chosen:
        of_file: list[Source] = []
        for section in matching:
            no += 1
            again = sum(one.section.table is section.table for one in of_file)
            of_file.append(_source(no, file, section, again, by_contract=sections is None))
        files.append((file, tuple(of_file)))
    return Plan(tuple(files), tuple(name for name in left_out if Path(name).suffix.lower() in RECORDS))


def _files(sources: Sequence[str | Path]) -> tuple[dict[str, Path], set[str]]:
    """The files by the name they go by in reports, and those that were named themselves."""
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
            raise ImportRefused(f"{source} {kind}. Name a folder of exports, or CSV files.")
        for path in inside:
            if path.resolve() not in found:
                name = path.name
                while name in found.values():
                    name = f"{path.resolve().parent.name}/{name}"
                found[path.resolve()] = name
                if source.is_file():
                    explicit.add(name)
    if not found:
        raise ImportRefused("Nothing to import: name a folder of exports, or CSV files.")
    return {name: path for path, name in found.items()}, explicit


def _matching(named: Mapping[str, Path], sections: Sequence[Section]) -> list[tuple[str, Path, list[Section]]]:
    """The files that some section reads, each with its sections."""
    by_file: dict[str, list[Section]] = {name: [] for name in named}
    for section in sections:
        pattern = section.file or f"*{section.table.name}*.csv"
        matching = [name for name in named if fnmatchcase(name.rsplit("/", 1)[-1], pattern) or name == pattern]
        if not matching:
            raise ImportRefused(f"{section.place}: there is no file {pattern}. {suggestion(pattern, named)}")
        for name in matching:
            by_file[name].append(section)
    return [(name, named[name], matching) for name, matching in by_file.items() if matching]


def _examined(name: str, path: Path, sections: Sequence[Section]) -> CsvFile:
    """The file as these sections declare it."""
    for setting in ("encoding", "delimiter"):
        declared = {getattr(section, setting) for section in sections} - {None}
        if len(declared) > 1:
            raise ImportRefused(f"{sections[0].place}: {name} is given two settings of {setting}: {declared}.")
    wanted = [cell.column for section in sections for cell in section.columns.values() if cell.column]
    wanted += [column for section in sections for column in section.table.column_names]
    encoding = next((section.encoding for section in sections if section.encoding), None)
    delimiter = next((section.delimiter for section in sections if section.delimiter), None)
    return examine(path, name, wanted, encoding, delimiter)


def _recognised(name: str, path: Path, is_explicit: bool) -> tuple[Section, CsvFile] | None:
    """What a file is by its name, else by its columns; None where it is neither and its folder was given."""
    if path.suffix.lower() not in SUFFIXES and not is_explicit:
        return None
    stem = re.sub(r"[\W_]+", "_", path.stem.casefold())
    by_name = [section for section in contract_sections() if section.table.name in stem]
    try:
        file = examine(path, name, [column for table in TABLES.values() for column in table.column_names])
    except ImportRefused:
        if by_name or is_explicit:
            raise
        return None
    headers = {header.casefold() for header in file.headers}
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
            f"{name} is no table of the contract, by its name or by its columns ({_listed(file.headers)}). Call it "
            f"{', '.join(f'{table}.csv' for table in TABLES)}, or read it through a mapping."
        )
    return None


def _missing(table: str, columns: set[str]) -> str | None:
    """The column that a file lacks to be read into a table."""
    for column in TABLES[table].columns:
        if column.required and column.name not in columns:
            return column.name
    if table in ("follow_ups", "side_effects") and not columns & {"treatment_id", "patient_id"}:
        return "treatment_id or patient_id"
    return None


def _source(no: int, file: CsvFile, section: Section, again: int, by_contract: bool) -> Source:
    """The section turned into expressions over the columns of this file."""
    by_header = {header.casefold() if by_contract else header: header for header in file.headers}
    cells = {name: Cell(column=by_header[name]) for name in section.table.column_names if name in by_header}
    cells |= section.columns
    missing = _missing(section.table.name, set(cells))
    if missing:
        raise ImportRefused(
            f"{file.name} has no column {missing}, which the table {section.table.name} needs. "
            + suggestion(missing, file.headers, "its columns are")
            + " A mapping can say which of them it is."
        )
    for name, cell in cells.items():
        if cell.column is not None and cell.column not in file.headers:
            raise ImportRefused(
                f"{section.place}, {name}: {file.name} has no column {cell.column}. "
                + suggestion(cell.column, file.headers, "its columns are")
            )
    expressions = {name: _expression(cell) for name, cell in cells.items()}
    typed = {name for name, cell in cells.items() if cell.value is not None}
    for name, cell in cells.items():
        if cell.sql is not None and _checked(cell.sql, file, f"{section.place}, {name}") != "VARCHAR":
            typed.add(name)
    if section.where is not None and _checked(section.where, file, f"{section.place}, where") != "BOOLEAN":
        raise ImportRefused(f"{section.place}: where has to be true or false for each row: where = {section.where}")
    return Source(no, file, section, expressions, frozenset(typed), section.where, again)


def _expression(cell: Cell) -> str:
    if cell.column is not None:
        text = quoted(cell.column)
        cases = " ".join(f"when {literal(key.strip())} then {literal(kept)}" for key, kept in cell.values.items())
        return f"cell(case {text} {cases} else {text} end)" if cases else f"nullif({text}, '')"
    if cell.sql is not None:
        return f"cell(cast((\n{cell.sql}\n) as varchar))"
    return f"cell({literal(cell.value or '')})"


def _checked(sql: str, file: CsvFile, place: str) -> str:
    """The type of an expression over a file's columns; ImportRefused where it is anything else than that."""
    connection = duckdb.connect(config={"enable_external_access": False, "threads": 1})
    try:
        columns = ", ".join(f"{quoted(header)} varchar" for header in file.headers)
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
