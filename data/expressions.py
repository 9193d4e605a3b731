"""Expressions of a mapping over the text columns of a file: what they yield, and that they do nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import duckdb

from data.formats.export_file import ExportFile
from data.mapping import Cell, suggestion
from data.refusal import ImportRefused

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


def expression_of(cell: Cell) -> str:
    """SQL: what a cell of a mapping yields for a row; null where that is nothing."""
    if cell.column:
        texts = [f"nullif({quoted(column)}, '')" for column in cell.column]
        text = texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"
        cases = " ".join(f"when {literal(key.strip())} then {literal(kept)}" for key, kept in cell.values.items())
        return f"cell(case {text} {cases} else {text} end)" if cases else text
    if cell.sql is not None:
        return f"cell(cast((\n{cell.sql}\n) as varchar))"
    return f"cell({literal(cell.value or '')})"


def columns_missing(sql: str, headers: Collection[str]) -> list[str]:
    """The columns that an expression names and that are not among these."""
    with duckdb.connect(config={"enable_external_access": False, "threads": 1}) as connection:
        parsed = connection.execute("select json_serialize_sql($select)", {"select": f"select (\n{sql}\n)"}).fetchall()
    there = {header.casefold() for header in headers}
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


def type_of(sql: str, file: ExportFile, there: Sequence[str], place: str) -> str:
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
