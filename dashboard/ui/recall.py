"""The recall list: whom to call, why, and what that rests on."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboard import export
from dashboard.access import may_see_patients, may_see_records
from dashboard.charts.style import count
from dashboard.filters import Filters
from dashboard.request import Request
from dashboard.ui import cache
from dashboard.ui.address import anchor_of
from dashboard.ui.choices import due_within
from dashboard.ui.errors import calmly
from dashboard.ui.heading import told_of_records
from dashboard.ui.navigation import link
from dashboard.ui.section import panels
from dashboard.ui.tables import columns_in_words
from dashboard.ui.wording import joined, plain
from dashboard.ui.working import Working

SHOWN = 500
HEADING = "Recall list"

_FIRST = ("patient_id", "treatment_type", "status", "due_on", "overdue_days", "reason")
_COUNTED = ("status", "basis", "listed")
_BASES = {
    "own intervals": "the patient's own intervals",
    "mean of the type": "the mean of the treatment type",
    "catalogue": "the catalogue's expected interval",
}


@st.fragment
def recall_list(filters: Filters) -> None:
    """The patients of the cohort who are due within a chosen horizon, or overdue."""
    if not may_see_records():
        return
    with calmly():
        store = cache.current_records_store()
        st.header(HEADING, anchor=anchor_of(HEADING))
        st.caption(
            "Patients and treatment types whose usual time between treatments has passed, or soon will have. Those who "
            "have gone elsewhere, or who want no more treatments, are on it too: the records do not tell. Tick a row "
            "for everything about that person."
        )
        told_of_records()
        with st.container(horizontal=True, vertical_alignment="top"):
            days = due_within("maintenance_horizon")
            search = st.text_input("Search", key="recall_search", placeholder="Patient, clinic, ...", width=220)
        counts = cache.recall_counts(filters, days)
        if counts.empty:
            when = f"due within {days} days" if days else "due"
            st.info(f"Nobody is {when}, nor overdue. Choose a longer time, a longer period or fewer filters.")
            return
        st.markdown(plain(_in_words(counts, days)))
        found = cache.recall_list(filters, SHOWN, days, search.strip())
        if not len(found):
            st.info("Nothing on the list has that text. Search for another, or empty the search.")
        else:
            _table(found)
            if len(found) == SHOWN:
                st.caption(f"The first {SHOWN} are shown, nearest to their day first; search, or download all.")
        panels(
            Working.of(Request("recall_list", filters, options=(("horizon_days", days),)), HEADING),
            lambda suffix: export.to_file(store.records_reader("recall_list", filters, horizon_days=days), suffix),
            "recall_list",
        )


def _in_words(counts: pd.DataFrame, days: int) -> str:
    """How many are on the list, how late they are, and what their days rest on."""
    by_status: Counter[str] = Counter()
    by_basis: Counter[str] = Counter()
    for status, basis, listed in zip(*(counts[column].tolist() for column in _COUNTED), strict=True):
        by_status[status] += listed
        by_basis[basis] += listed
    within = f"due within {days} days" if days else "due today"
    late = [(within, "due"), ("overdue", "overdue"), ("long overdue", "long overdue")]
    said = [f"{count(by_status[status])} {name}" for name, status in late if status in by_status]
    rests = [f"on {name} for {count(by_basis[basis])}" for basis, name in _BASES.items() if basis in by_basis]
    return f"{joined(said)}. Their days rest {joined(rests)}."


def _table(found: pa.Table) -> None:
    shown = found.select([*_FIRST, *(column for column in found.column_names if column not in _FIRST)])
    chosen = st.dataframe(
        shown,
        hide_index=True,
        column_config=columns_in_words(shown),
        placeholder="–",
        alt="The recall list as a table",
        key="recall_rows",
        on_select="rerun",
        selection_mode="single-row",
    )
    for row in chosen.selection.rows[:1]:
        if row < len(shown) and may_see_patients():
            patient_id = shown["patient_id"][row].as_py()
            link(
                "patients", f"**Everything about {plain(patient_id)}** →", patient_pseudonym=cache.pseudonym(patient_id)
            )
