"""What became of every row: loaded, duplicate, skipped or rejected, as a sentence and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts.style import count
from dashboard.ui.fields import table_name
from dashboard.ui.wording import joined

COUNTS = {
    "rows_read": ("Read", "Every row of the file."),
    "rows_loaded": ("Loaded", "Read, checked, and in the dashboard."),
    "rows_duplicate": ("Duplicate", "In here already, or twice in the file."),
    "rows_skipped": ("Skipped", "Left out because you asked for it."),
    "rows_rejected": ("Rejected", "Not loaded; kept as they are, with the reason."),
    "rows_replaced": ("Replaced", "Took the place of a row with the same number and other content."),
    "warnings": ("Warnings", "Loaded, but a value looks wrong or was left empty."),
}

NOUNS = {
    "treatments": "treatment records",
    "follow_ups": "follow-ups",
    "side_effects": "side effects",
    "patients": "patients",
}


def counted(row: Any, loaded: str = "loaded") -> str:
    """The account in one sentence; the parts that are nought are left out."""
    parts = [
        f"{count(number)} {noun if number != 1 else noun.removesuffix('s')}"
        for table, noun in NOUNS.items()
        if (number := int(getattr(row, table)))
    ]
    told = [f"{joined(parts)} {loaded}" if parts else f"nothing {loaded}"]
    told += [
        f"{count(number)} {name}"
        for name in ("duplicate", "skipped", "rejected", "replaced")
        if (number := int(getattr(row, f"rows_{name}")))
    ]
    if row.warnings:
        told.append(f"{count(row.warnings)} warning{'s' * (row.warnings != 1)}")
    return ", ".join(told)


def total(files: Sequence[Mapping[str, Any]]) -> Any:
    """The accounts of all files and tables together, as one row that has the loaded rows of each table, too."""
    sums = {name: sum(int(file[name]) for file in files) for name in COUNTS}
    loaded = {table: sum(int(file["rows_loaded"]) for file in files if file["table"] == table) for table in NOUNS}
    return SimpleNamespace(**sums, **loaded)


def file_table(files: pd.DataFrame | Sequence[Mapping[str, Any]], alt: str) -> None:
    """The account of each file and table."""
    frame = pd.DataFrame(files)
    shown = pd.DataFrame({"File": frame["file"], "Holds": [table_name(table) for table in frame["table"]]})
    config: dict[str, Any] = {"File": st.column_config.TextColumn(width="medium")}
    for name, (head, says) in COUNTS.items():
        shown[head] = frame[name].astype("int64")
        config[head] = st.column_config.NumberColumn(head, help=says, format="localized")
    st.dataframe(shown, hide_index=True, column_config=config, alt=alt)
