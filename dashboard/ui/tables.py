"""How a frame is shown as a table: heads in words, shares in per cent, days whole."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboard.charts.style import words

_SHARES = re.compile(
    r"(reference_)?(rate|completeness)|difference|unresolved|not_returned|returned_by|resolved_by|funnel_"
    r"|(adjusted_)?risk_difference|(.*_)?share(_low|_high)?$"
    r"|(overall|others)_(rate|completeness)$|(centre|limit_low|limit_high)$|shift$"
)
_DAYS = ("_days", "_low", "_high", "earlier", "later")
_RATIOS = re.compile(r"(adjusted_)?risk_ratio|standardised_difference|mean$|sd$")


def columns_in_words(table: pd.DataFrame | pa.Table, shares: Collection[str] = ()) -> dict[str, Any]:
    """The column configuration of a measure's frame, or of records; the values themselves stay as they are.

    `shares` are the columns with shares whose names do not say so.
    """
    return {str(column): _column(str(column), kind, column in shares) for column, kind in _kinds(table).items()}


def _kinds(table: pd.DataFrame | pa.Table) -> dict[Hashable, str]:
    """Whether each column is of whole numbers ("i"), of others ("f"), or of something else."""
    if isinstance(table, pd.DataFrame):
        return {column: kind.kind.replace("u", "i") for column, kind in table.dtypes.items()}
    is_whole, is_other = pa.types.is_integer, pa.types.is_floating
    return {one.name: "i" if is_whole(one.type) else "f" if is_other(one.type) else "" for one in table.schema}


def _column(column: str, kind: str, is_share: bool) -> Any:
    name = words(column)
    if kind != "f":
        return st.column_config.NumberColumn(name, format="localized") if kind == "i" else st.column_config.Column(name)
    if column.startswith(("value", "change")) or column in ("p", "before", "after"):  # shares, or scores in points
        return st.column_config.NumberColumn(name, format="%.1f" if column in ("before", "after") else "%.3f")
    if is_share or _SHARES.match(column):
        return st.column_config.NumberColumn(name, format="percent")
    if _RATIOS.match(column):
        return st.column_config.NumberColumn(name, format="%.2f")
    return st.column_config.NumberColumn(name, format="%.0f" if column.endswith(_DAYS) else None)
