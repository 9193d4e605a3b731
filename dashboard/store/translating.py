"""The queries in Spark's SQL: the one place where SQL is translated."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import cast

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.dialects import Spark

import queries
from dashboard.filters import BOUND_FILTERS, VALUE_FILTERS

_TYPES = {name: "date" if name.startswith("treated") else "double" for name in BOUND_FILTERS}
_TYPES |= dict.fromkeys(VALUE_FILTERS, "varchar[]")


@lru_cache(maxsize=512)
def translated(sql: str) -> str:
    """The select in Spark's SQL, with `:name` where the values of its parameters go, and of filters `:filters_name`.

    Raises sqlglot.UnsupportedError for what Spark's SQL does not have, instead of leaving it out.
    """
    for macro in reversed(queries.MACROS):
        sql = sql.replace(f"{macro}($filters)", f"({_macro(macro)})")
    tree: exp.Expr = parse_one(sql, read="duckdb")
    _name_apart(tree)
    for union in tree.find_all(exp.Union):
        if union.args.get("by_name"):
            _put_in_order(union)
    spark: str = Spark().generate(tree.transform(_portable), unsupported_level=ErrorLevel.RAISE)
    return spark


def _macro(name: str) -> str:
    """The select of a macro over the filters, each of which is a parameter of its own."""
    sql = queries.read(name)
    for inner in queries.MACROS:
        if f"{inner}(filters)" in sql:
            sql = sql.replace(f"{inner}(filters)", f"({_macro(inner)})")
    return re.sub(r"filters\['(\w+)'\]", lambda found: f"cast($filters_{found[1]} as {_TYPES[found[1]]})", sql)


def _name_apart(tree: exp.Expr) -> None:
    """Other names for what subselects give a name (with): sqlglot moves that to the top, where each has to be one."""
    inner = [one for one in tree.find_all(exp.With) if one.parent is not tree]
    for number, named in enumerate(sorted(inner, key=lambda one: one.depth, reverse=True)):
        for cte in named.expressions:
            called = cte.alias
            cte.args["alias"].set("this", exp.to_identifier(f"{called}_{number}"))
            for table in cast(exp.Expr, named.parent).find_all(exp.Table):
                if table.name == called:
                    table.set("alias", table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(called)))
                    table.set("this", exp.to_identifier(f"{called}_{number}"))


def _portable(node: exp.Expr) -> exp.Expr:
    """What sqlglot would leave as DuckDB has it, or change, as Spark has it."""
    if isinstance(node, exp.Explode) and node.expressions:  # unnest(..., recursive := true): fields become columns
        return exp.Inline(this=node.this)
    values, condition = (node.this, node.expression) if isinstance(node, exp.Filter) else (node, None)
    if isinstance(values, exp.Min) and values.args.get("count"):  # min(distinct value, count): the first so many
        found: exp.Expr = exp.func(
            "collect_set", values.this.expressions[0] if values.find(exp.Distinct) else values.this
        )
        if condition:
            found = exp.Filter(this=found, expression=condition)
        return exp.func("slice", exp.func("sort_array", found), exp.Literal.number(1), values.args["count"])
    return node


def _put_in_order(union: exp.Union) -> None:
    """A union by name with the columns of all its selects in each of them, in one order."""
    selects = _sides(union)
    listed = [_columns(select) for select in selects]
    names = list(dict.fromkeys(name for columns in listed for name in columns))
    for select, columns in zip(selects, listed, strict=True):
        select.set("expressions", [columns.get(name) or exp.alias_(exp.null(), name, quoted=True) for name in names])


def _sides(query: exp.Expr) -> list[exp.Select]:
    """The selects that a union joins, the first one first."""
    if isinstance(query, exp.Union):
        query.set("by_name", False)
        return [*_sides(query.left), *_sides(query.right)]
    assert isinstance(query, exp.Select), query
    return [query]


def _columns(select: exp.Select) -> dict[str, exp.Expr]:
    """What a select gives by name; all of another relation is what the query itself says that this one gives."""
    if not select.is_star:
        return {one.output_name: one for one in select.selects}
    relation = select.args["from_"].this.name
    given = next(cte.this for cte in select.root().find_all(exp.CTE) if cte.alias == relation)
    return {name: exp.column(name, quoted=True) for name in given.named_selects}
