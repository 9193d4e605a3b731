"""The records added, edited and removed: how many, in which columns, and for whoever may see them, which."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import export
from dashboard.access import may_see_records
from dashboard.charts.style import count
from dashboard.store import Store
from dashboard.ui import cache
from dashboard.ui.address import anchor_of
from dashboard.ui.fields import field, table_name
from dashboard.ui.heading import told_of_records
from dashboard.ui.section import panels
from dashboard.ui.tables import columns_in_words
from dashboard.ui.wording import plain
from dashboard.ui.working import Working

LISTED = 200
HEADING = "Records added, edited and removed"
LISTS = {"Which records": "changed_records", "Every edited value": "edits"}


def records_changed(earlier: Store) -> None:
    """How many records of each table were added, edited and removed, and what was edited."""
    st.header(HEADING, anchor=anchor_of(HEADING))
    since = f"before {earlier.as_of:%-d %B %Y}" if earlier.as_of else "before then"
    st.caption(
        f"Of all records, whatever is selected. Late are those added since whose day lies {since}, the data cut-off of "
        "the earlier snapshot. Records are matched by their numbers."
    )
    is_of_records = may_see_records()
    if is_of_records:
        told_of_records()
    changed = cache.change_counts(earlier, "record_changes", is_of_records)
    if changed.empty:
        st.caption("No record differs.")
        return
    numbers = changed.set_index(["table", "change"])["records"].to_dict()
    tables = list(dict.fromkeys(changed["table"]))

    def counted(*kinds: str) -> list[str]:
        return [count(sum(numbers.get((table, kind), 0) for kind in kinds)) for table in tables]

    shown = {
        "Table": [called(table) for table in tables],
        "Added": counted("added", "late"),
        "of them late": counted("late"),
        "Edited": counted("edited"),
        "Removed": counted("removed"),
    }
    st.table(shown, border="horizontal", hide_index=True)
    panels(
        Working.of_changes("record_changes", earlier, HEADING),
        lambda suffix: export.to_file(changed, suffix),
        "changes_record_changes",
    )
    _edited(cache.change_counts(earlier, "edited_columns", is_of_records))
    if is_of_records:
        _which(earlier, changed)


def called(table: str) -> str:
    """What people call a table that is compared."""
    return "Catalogue" if table == "treatment_types" else table_name(table)


def column_called(row: Any) -> str:
    """What people call a column of a table, safe for markdown."""
    return plain(f"{called(row.table)}: {field(row.column)}")


def _edited(edited: pd.DataFrame) -> None:
    """In which columns, with the first record as an example for whoever may see it."""
    if edited.empty:
        return
    st.markdown("**What was edited**")
    rows: list[Any] = list(edited.itertuples())
    shown = {"Column": [column_called(row) for row in rows], "Records": [_edits(row) for row in rows]}
    if may_see_records():
        shown["Such as"] = [
            f"{plain(row.example_id)}: {_value(row.example_earlier)} → {_value(row.example_later)}" for row in rows
        ]
    st.table(shown, border="horizontal", hide_index=True)


def _edits(row: Any) -> str:
    """How many were edited, and how many of them had no value, or have none any more."""
    few = ((row.filled, "filled in"), (row.emptied, "emptied"))
    told = [f"{'all' if some == row.edited else count(some)} {done}" for some, done in few if some]
    return ", ".join([count(row.edited), *told])


def _which(earlier: Store, changed: pd.DataFrame) -> None:
    """The records themselves."""
    chosen = st.pills("The records", list(LISTS), key="changes_list", bind="query-params", label_visibility="collapsed")
    if not chosen:
        return
    name, changes = LISTS[chosen], cache.changes(earlier, of_records=True)
    kinds = ("late", "edited", "removed") if name == "changed_records" else ("edited",)
    tables = list(dict.fromkeys(changed["table"][changed["change"].isin(kinds)]))
    if not tables:
        st.caption("There is none. What was added and is not late stands on the page Records.")
        return
    listed = changes.records(name, tables, LISTED)
    is_cut = bool((listed["table"].value_counts() == LISTED).any())
    listed["table"] = [called(table) for table in listed["table"]]
    config: dict[str, Any] = columns_in_words(listed)
    st.dataframe(listed, hide_index=True, column_config=config, placeholder="–", alt=f"{chosen}, as a table")
    if is_cut:
        st.caption(f"The first {LISTED} of a table are shown; the download has all.")
    panels(
        Working.of_changes(name, earlier, HEADING),
        lambda suffix: export.to_file(changes.records_reader(name), suffix),
        f"changes_{name}",
    )


def _value(value: Any) -> str:
    return plain(value) if isinstance(value, str) else "nothing"
