"""How a frame is shown as a table: heads in words, shares in per cent, days whole."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts.style import words

_SHARES = re.compile(
    r"(reference_)?(rate|completeness)|difference|unresolved|not_returned|returned_by|resolved_by|funnel_"
    r"|(adjusted_)?risk_difference|(.*_)?share(_low|_high)?$"
    r"|(overall|others)_(rate|completeness)$|(centre|limit_low|limit_high)$|shift$"
)
_DAYS = ("_days", "_low", "_high", "earlier", "later")
_RATIOS = re.compile(r"(adjusted_)?risk_ratio|standardised_difference|mean$|sd$")


def columns_in_words(frame: pd.DataFrame, shares: Collection[str] = ()) -> dict[str, Any]:
    """The column configuration of a measure's frame; the values themselves stay as they are in the download.

    `shares` are the columns with shares whose names do not say so.
    """
    return {column: _column(column, frame, column in shares) for column in frame.columns}


def _column(column: str, frame: pd.DataFrame, is_share: bool) -> Any:
    name = words(column)
    if not pd.api.types.is_float_dtype(frame[column]):
        is_count = pd.api.types.is_integer_dtype(frame[column])
        return st.column_config.NumberColumn(name, format="localized") if is_count else st.column_config.Column(name)
    if column.startswith(("value", "change")) or column in ("p", "before", "after"):  # shares, or scores in points
        return st.column_config.NumberColumn(name, format="%.1f" if column in ("before", "after") else "%.3f")
    if is_share or _SHARES.match(column):
        return st.column_config.NumberColumn(name, format="percent")
    if _RATIOS.match(column):
        return st.column_config.NumberColumn(name, format="%.2f")
    return st.column_config.NumberColumn(name, format="%.0f" if column.endswith(_DAYS) else None)
