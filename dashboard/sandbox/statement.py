"""The first wall: one SELECT over the relations that are offered, with functions that only compute."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import duckdb

LONGEST = 20_000
"""Characters of a statement: a longer one is refused before it is parsed."""
DEEPEST = 200
"""How many brackets may stand in one another, for the parser has no limit of its own."""

# Every kind of node that a statement may hold: queries, what they select from, expressions, and what modifies a query.
_KINDS = """
    SELECT_NODE SET_OPERATION_NODE RECURSIVE_CTE_NODE
    BASE_TABLE SUBQUERY JOIN TABLE_FUNCTION EXPRESSION_LIST EMPTY PIVOT SHOW_REF
    ORDER_MODIFIER LIMIT_MODIFIER LIMIT_PERCENT_MODIFIER DISTINCT_MODIFIER
    ORDER_DEFAULT ASCENDING DESCENDING
    COLUMN_REF STAR POSITIONAL_REFERENCE VALUE_CONSTANT FUNCTION LAMBDA CASE_EXPR COLLATE TYPE
    ARRAY_CONSTRUCTOR ARRAY_SLICE ARRAY_EXTRACT STRUCT_EXTRACT GROUPING_FUNCTION
    CONJUNCTION_AND CONJUNCTION_OR
    COMPARE_EQUAL COMPARE_NOTEQUAL COMPARE_LESSTHAN COMPARE_GREATERTHAN COMPARE_LESSTHANOREQUALTO
    COMPARE_GREATERTHANOREQUALTO COMPARE_IN COMPARE_NOT_IN COMPARE_BETWEEN COMPARE_NOT_BETWEEN
    COMPARE_DISTINCT_FROM COMPARE_NOT_DISTINCT_FROM
    OPERATOR_CAST OPERATOR_NOT OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_COALESCE OPERATOR_NULLIF OPERATOR_TRY
    WINDOW_AGGREGATE WINDOW_ROW_NUMBER WINDOW_RANK WINDOW_RANK_DENSE WINDOW_PERCENT_RANK WINDOW_CUME_DIST WINDOW_NTILE
    WINDOW_FIRST_VALUE WINDOW_LAST_VALUE WINDOW_NTH_VALUE WINDOW_LEAD WINDOW_LAG WINDOW_FILL
"""
# Scalar, aggregate and window functions that compute from their arguments alone.
_OPERATORS = "!= !~~ !~~* % & && * ** + - -> ->> / // < << <= <@ = > >= >> @> ^ ^@ | || ~ ~~ ~~* ~~~"
_FUNCTIONS = """
    abs acos acosh add age aggregate alias any_value apply approx_count_distinct approx_quantile approx_top_k
    arbitrary arg_max arg_max_null arg_max_nulls_last arg_min arg_min_null arg_min_nulls_last argmax argmin array_agg
    array_aggr array_aggregate array_append array_apply array_cat array_concat array_contains array_distinct
    array_extract array_filter array_grade_up array_has array_has_all array_has_any array_indexof array_intersect
    array_length array_pop_back array_pop_front array_position array_prepend array_push_back array_push_front
    array_reduce array_resize array_reverse array_reverse_sort array_select array_slice array_sort array_to_json
    array_to_string array_transform array_unique array_value array_where array_zip asin asinh atan atan2 atanh avg
    binom bit_and bit_count bit_or bit_xor bool_and bool_or cardinality cbrt ceil ceiling century char_length
    character_length chr concat concat_ws contains corr cos cosh cot count count_if count_star countif covar_pop
    covar_samp cume_dist current_date current_localtime current_localtimestamp damerau_levenshtein date_add date_diff
    date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname dayofmonth dayofweek dayofyear
    days_in_month decade decimal_average decimal_division degrees dense_rank divide editdist3 element_at ends_with
    entropy enum_first enum_last enum_range epoch epoch_ms epoch_ns epoch_us era exp factorial favg fdiv fill filter
    first first_value flatten floor fmod format format_bytes fsum gcd generate_series geomean geometric_mean grade_up
    greatest greatest_common_divisor group_concat histogram histogram_exact hour if ilike_escape instr isfinite isinf
    isnan isodow isoyear jaccard jaro_similarity jaro_winkler_similarity json json_array json_array_length
    json_contains json_deep_merge json_exists json_extract json_extract_path json_extract_path_text
    json_extract_string json_group_array json_group_object json_group_structure json_insert json_keys json_merge_patch
    json_merge_patch_diff json_normalize json_object json_pretty json_quote json_remove json_replace json_set
    json_strip_nulls json_type json_valid json_value julian kahan_sum kurtosis kurtosis_pop lag last last_day
    last_value lcase lcm lead least least_common_multiple left len length levenshtein like_escape list list_aggr
    list_aggregate list_any_value list_append list_apply list_approx_count_distinct list_avg list_bit_and list_bit_or
    list_bit_xor list_bool_and list_bool_or list_cat list_concat list_contains list_count list_distance list_distinct
    list_element list_entropy list_extract list_filter list_first list_grade_up list_has list_has_all list_has_any
    list_histogram list_indexof list_intersect list_kurtosis list_kurtosis_pop list_last list_mad list_max list_median
    list_min list_mode list_pack list_position list_prepend list_product list_reduce list_resize list_reverse
    list_reverse_sort list_select list_sem list_skewness list_slice list_sort list_stddev_pop list_stddev_samp
    list_string_agg list_sum list_transform list_unique list_value list_var_pop list_var_samp list_where list_zip
    listagg ln log log10 log2 lower lpad ltrim mad make_date make_time make_timestamp make_timestamp_ms
    make_timestamp_ns make_timestamptz map map_concat map_contains map_contains_entry map_contains_value map_entries
    map_extract map_from_entries map_keys map_values max max_by mean median microsecond millennium millisecond min
    min_by minute mod mode month monthname multiply nanosecond normalized_interval not_ilike_escape not_like_escape
    now nth_value ntile nullif overlay percent_rank pi position pow power prefix printf product quantile quantile_cont
    quantile_disc quarter radians random range rank rank_dense reduce regexp_escape regexp_extract regexp_extract_all
    regexp_full_match regexp_matches regexp_replace regexp_split_to_array regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat replace reverse right round round_even
    roundbankers row row_number row_to_json rpad rtrim second sem sign sin sinh skewness split split_part sqrt
    starts_with stddev stddev_pop stddev_samp str_split str_split_regex strftime string_agg string_split
    string_split_regex string_to_array strip_accents strlen strpos strptime struct_concat struct_extract
    struct_extract_at struct_insert struct_keys struct_pack struct_update struct_values substr substring subtract
    suffix sum sum_no_overflow sumkahan switch tan tanh time_bucket timezone timezone_hour timezone_minute
    to_centuries to_days to_decades to_hours to_json to_microseconds to_millennia to_milliseconds to_minutes to_months
    to_quarters to_seconds to_timestamp to_weeks to_years today translate trim trunc try_strptime typeof ucase unnest
    upper var_pop var_samp variance wavg week weekday weekofyear weighted_avg year yearweek
"""
KINDS = frozenset(_KINDS.split())
FUNCTIONS = frozenset((_OPERATORS + _FUNCTIONS).split())
TABLE_FUNCTIONS = frozenset({"generate_series", "range", "unnest"})
_SHOWN = {"DESCRIBE", "SUMMARY"}


class NotAllowed(ValueError):
    """A statement that is not run; the message says what of it, and what is possible."""


def check(
    sql: str, relations: Collection[str], connection: duckdb.DuckDBPyConnection, macros: Collection[str] = ()
) -> None:
    """Nothing, where the statement is one SELECT that reads these relations and macros; else NotAllowed."""
    if len(sql) > LONGEST:
        raise NotAllowed(f"A query may have {LONGEST:,} characters. Make it shorter.")
    if _depth(sql) > DEEPEST:
        raise NotAllowed(f"Brackets may stand {DEEPEST} deep in one another. Make the query simpler.")
    serialize = "select json_serialize_sql($sql, skip_null := true, skip_empty := true)"
    ((written,),) = connection.execute(serialize, {"sql": sql}).fetchall()
    parsed = json.loads(written)
    if parsed["error"]:
        if parsed["error_type"] == "parser":
            raise NotAllowed(f"This is not SQL as DuckDB reads it: {parsed['error_message']}.")
        raise NotAllowed("Only a SELECT can be run here: nothing is written, set or loaded.")
    if len(parsed["statements"]) != 1:
        raise NotAllowed("One SELECT at a time. Take the others away, and the semicolon between them.")
    _visit(parsed["statements"][0], frozenset(relations), TABLE_FUNCTIONS | frozenset(macros), frozenset())


def _depth(sql: str) -> int:
    deepest = depth = 0
    for bracket in re.findall(r"[(\[{)\]}]", sql):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    return deepest


def _visit(
    node: Any, relations: frozenset[str], tables: frozenset[str], named: frozenset[str], is_table: bool = False
) -> None:
    """Walks the tree; `tables` are the functions that give one, `named` what WITH calls what is being visited."""
    if isinstance(node, list):
        for each in node:
            _visit(each, relations, tables, named)
    if not isinstance(node, dict):
        return
    if isinstance(kind := node.get("type"), str):
        if kind not in KINDS:
            raise NotAllowed(f"{_words(kind)} cannot be used here: a query only reads and computes.")
        if kind == "BASE_TABLE":
            _check_relation(node, relations, named)
        if kind == "SHOW_REF" and not ("query" in node and node.get("show_type") in _SHOWN):
            raise NotAllowed("SHOW cannot be used here: the tables are listed beside the query.")
    if "function_name" in node:
        _check_function(node, tables if is_table else FUNCTIONS)
    elif len(_path(node)) > 1:
        raise NotAllowed(f"{'.'.join(_path(node))}: a table is called by its name alone.")
    named = _with_names(node, relations, tables, named)
    for key, child in node.items():
        if key != "cte_map":
            _visit(child, relations, tables, named, is_table=key == "function" and kind == "TABLE_FUNCTION")


def _with_names(
    node: Mapping[str, Any], relations: frozenset[str], tables: frozenset[str], named: frozenset[str]
) -> frozenset[str]:
    """The names of a query's WITH, each visible to those after it and to the query, and its own only in a recursion."""
    for entry in node.get("cte_map", {}).get("map", []):
        name = entry["key"].lower()
        if not re.fullmatch(r"[^\W\d]\w*", name):
            raise NotAllowed(f"WITH cannot name a query {entry['key']!r}: take a plain name.")
        query = entry["value"].get("query_node", {})
        is_recursive = query.get("type") == "RECURSIVE_CTE_NODE"
        _visit(entry["value"], relations, tables, named | {name} if is_recursive else named)
        named |= {name}
    return named


def _check_relation(node: Mapping[str, Any], relations: frozenset[str], named: frozenset[str]) -> None:
    path = _path(node)
    if len(path) != 1 or (path[0].lower() not in relations and path[0].lower() not in named):
        raise NotAllowed(f"There is no table {'.'.join(path)!r} here: the tables are listed beside the query.")


def _check_function(node: Mapping[str, Any], allowed: frozenset[str]) -> None:
    name = str(node["function_name"])
    if name.lower() not in allowed or len(_path(node)) > 1:
        raise NotAllowed(f"The function {'.'.join(_path(node)) or name} cannot be used here.")


def _path(node: Mapping[str, Any]) -> list[str]:
    qualified = node.get("qualified_name")
    return [str(part) for part in qualified.get("path", [])] if isinstance(qualified, dict) else []


def _words(kind: str) -> str:
    return {"VALUE_PARAMETER": "A parameter"}.get(kind, kind.removesuffix("_QUERY_NODE").removesuffix("_NODE"))
