"""How well the data is kept, then and now: who was followed up, what is not recorded, what was rejected."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import export
from dashboard.charts.style import count, percent
from dashboard.filters import Filters
from dashboard.store import Store
from dashboard.ui import cache
from dashboard.ui.address import anchor_of
from dashboard.ui.changes.figures import moved_of
from dashboard.ui.changes.records import called, column_called
from dashboard.ui.section import panels
from dashboard.ui.working import Working

HEADING = "Data quality"
SHIFT = 0.05
"""By how much a share of records without a value has to differ to be told."""


def data_quality(earlier: Store, filters: Filters, completeness: pd.DataFrame | None) -> None:
    """Follow-up completeness of the selection; of all records, what is not recorded, rejected rows and warnings."""
    st.header(HEADING, anchor=anchor_of(HEADING))
    moved_of("follow_up_completeness", completeness, earlier, filters, HEADING)
    _not_recorded(earlier, cache.change_counts(earlier, "recording"))
    _account(earlier, cache.change_counts(earlier, "account_changes"))


def _not_recorded(earlier: Store, recording: pd.DataFrame) -> None:
    st.markdown("**Not recorded**")
    shifted = recording[recording["shift"] >= SHIFT].sort_values("shift", ascending=False, kind="stable")
    points = f"{100 * SHIFT:.0f} points or more"
    if shifted.empty:
        st.caption(f"In no column the share of records without a value differs by {points}.")
    else:
        st.caption(f"The columns in which the share of records without a value differs by {points}.")
        rows: list[Any] = list(shifted.itertuples())
        shown = {
            "Column": [column_called(row) for row in rows],
            "Was": [_of(row.earlier_share, row.earlier_records) for row in rows],
            "Is": [_of(row.later_share, row.later_records) for row in rows],
            "Of those added": [_of(row.added_share, row.added_records) for row in rows],
        }
        st.table(shown, border="horizontal", hide_index=True)
    panels(
        Working.of_changes("recording", earlier, HEADING),
        lambda suffix: export.to_file(recording, suffix),
        "changes_recording",
        recording,
    )


def _account(earlier: Store, account: pd.DataFrame) -> None:
    st.markdown("**Rejected rows and warnings**")
    rows: dict[tuple[str, bool], Any] = {(row.table, row.is_since): row for row in account.itertuples()}  # type: ignore[misc]
    tables = list(dict.fromkeys(account["table"]))
    shown = {
        "Table": [called(table) for table in tables],
        "Until then": [_read(rows.get((table, False))) for table in tables],
        "Since": [_read(rows.get((table, True))) for table in tables],
    }
    st.table(shown, border="horizontal", hide_index=True)
    panels(
        Working.of_changes("account_changes", earlier, HEADING),
        lambda suffix: export.to_file(account, suffix),
        "changes_account",
    )


def _read(row: Any) -> str:
    if row is None or not row.rows_read:
        return "nothing read"
    rejected = f"{count(row.rows_rejected)} of {count(row.rows_read)} rows rejected ({percent(row.rejected_share)})"
    return f"{rejected}, {count(row.warnings)} warning{'s' * (row.warnings != 1)}"


def _of(share: float, records: int) -> str:
    return f"{percent(share)} of {count(records)}" if records else "–"
