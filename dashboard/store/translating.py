"""The queries in Spark's SQL: the one place where SQL is translated."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import cast

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.dialects import Spark
from sqlglot.optimizer.simplify import simplify

import queries
from dashboard.filters import BOUND_FILTERS, VALUE_FILTERS

FILTERS = "filters_"
"""Before the name of each filter in that of its parameter."""

_TYPES = {name: "date" if name.startswith("treated") else "double" for name in BOUND_FILTERS}
_TYPES |= dict.fromkeys(VALUE_FILTERS, "array<string>")


@lru_cache(maxsize=512)
def translated(sql: str, filters: frozenset[str] = frozenset()) -> str:
    """The select in Spark's SQL, with `:name` where the values of parameters go, and `:filters_name` of these filters.

    The other filters do not restrict, and are not in it. Raises sqlglot.UnsupportedError for what Spark's SQL does not
    have, instead of leaving it out.
    """
    tree = _with_macros(parse_one(sql, read="duckdb"), filters)
    _name_apart(tree)
    for union in tree.find_all(exp.Union):
        if union.args.get("by_name"):
            _put_in_order(union)
    spark: str = Spark().generate(tree.transform(_portable), unsupported_level=ErrorLevel.RAISE)
    return spark


def _with_macros(tree: exp.Expr, filters: frozenset[str]) -> exp.Expr:
    """The select with those of the macros over the filters in place of their calls."""
    for table in list(tree.find_all(exp.Table)):
        if isinstance(table.this, exp.Anonymous) and table.this.name in queries.MACROS:
            table.replace(_macro(table.this.name, filters).subquery(table.alias or table.this.name))
    return tree


@lru_cache(maxsize=512)
def _macro(name: str, filters: frozenset[str]) -> exp.Select:
    """The select of a macro, in which each of these filters is a parameter of its own, and no other is left."""

    def decided(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Is) and (filter_name := _filter(node.this)):
            return exp.false() if filter_name in filters else exp.true()
        if filter_name := _filter(node):
            return exp.cast(exp.Placeholder(this=f"{FILTERS}{filter_name}"), _TYPES[filter_name], dialect="spark")
        return node

    select = simplify(_with_macros(parse_one(queries.read(name), read="duckdb"), filters).transform(decided))
    return cast(exp.Select, select)


def _filter(node: exp.Expr) -> str:
    """Which filter this is, as filters['sex'] is one; "" where it is none."""
    return node.expressions[0].name if isinstance(node, exp.Bracket) and node.this.name == "filters" else ""


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
    if isinstance(node, exp.Explode) and node.expressions:  # unnest(structs, ...): their fields become columns
        return exp.Inline(this=node.this)
    if isinstance(node, exp.GroupConcat) and isinstance(node.this.this, exp.Distinct):
        # string_agg(distinct value, ... order by value): of several Spark's listagg makes an error of its own.
        several = exp.func("sort_array", exp.func("collect_set", node.this.this.expressions[0]))
        joined = exp.func("array_join", several, node.args["separator"])
        return exp.Nullif(this=joined, expression=exp.Literal.string(""))
    if isinstance(node, exp.Cast) and node.is_type(exp.DType.ENUM):  # there are none: a value of a list is a text
        return cast(exp.Expr, node.this)
    values, condition = (node.this, node.expression) if isinstance(node, exp.Filter) else (node, None)
    if isinstance(values, exp.Min) and values.args.get("count"):  # min(distinct value, count): the first so many
        of = values.this.expressions[0] if isinstance(values.this, exp.Distinct) else values.this
        found: exp.Expr = exp.func("collect_set", of)
        if condition:
            found = exp.Filter(this=found, expression=condition)
        return exp.func("slice", exp.func("sort_array", found), exp.Literal.number(1), values.args["count"])
    return node


def _put_in_order(union: exp.Union) -> None:
    """A union by name with the columns of all its selects in each of them, in one order."""
    selects = list(_selects(union))
    listed = [_columns(select) for select in selects]
    names = list(dict.fromkeys(name for columns in listed for name in columns))
    for select, columns in zip(selects, listed, strict=True):
        select.set("expressions", [columns.get(name) or exp.alias_(exp.null(), name, quoted=True) for name in names])


def _selects(query: exp.Expr) -> Iterator[exp.Select]:
    """The selects that a union joins, the first one first; the union is by place from then on."""
    if isinstance(query, exp.Union):
        query.set("by_name", False)
        yield from _selects(query.left)
        yield from _selects(query.right)
    else:
        yield cast(exp.Select, query)


def _columns(select: exp.Select) -> dict[str, exp.Expr]:
    """What a select gives by name; all of another relation is what the query itself says that this one gives."""
    if not select.is_star:
        return {one.output_name: one for one in select.selects}
    relation = select.args["from_"].this.name
    given = next(cte.this for cte in select.root().find_all(exp.CTE) if cte.alias == relation)
    return {name: exp.column(name, quoted=True) for name in given.named_selects}
