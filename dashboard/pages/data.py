"""For the owner: bring in what the practice's system exports, and see what is in here and what became of every row."""

from __future__ import annotations

import streamlit as st

from dashboard.access import may_import
from dashboard.charts.rates import follow_up_completeness
from dashboard.charts.style import count
from dashboard.filters import Filters
from dashboard.store import Store
from dashboard.ui import catalogue, history
from dashboard.ui.cache import readable_store
from dashboard.ui.heading import told_of_engine
from dashboard.ui.importing import bring_in
from dashboard.ui.section import section

TITLE = "Data"
URL_PATH = "data"
IS_FOR_IMPORTING = True
MAY_OPEN = may_import


def render(filters: Filters) -> None:
    st.title(TITLE, anchor=False)
    if told_of_engine("Each source imports its own exports, and shares the snapshot that comes of them."):
        return
    st.markdown(
        "Bring in what your practice system exports, and see what became of every row. It stays on this machine."
    )
    store, trouble = readable_store()
    _facts(store)
    if store is not None:
        catalogue.bring_up_to_date(store)
    is_at_work = bring_in(store, trouble)
    if is_at_work or store is None:
        return
    st.header("What is in here", anchor=False)
    history.imports()
    section("Follow-up completeness", follow_up_completeness, filters)
    history.warnings()
    history.rejects()
    catalogue.treatment_types(store)
    history.saved_answers()
    history.snapshots()


def _facts(store: Store | None) -> None:
    if store is None:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if store.is_synthetic:
            st.badge("Synthetic sample data, no real patients", color="orange")
        records = store.cohort_size()[1]
        day = f" · data as of {store.as_of:%-d %B %Y}" if store.as_of else ""
        st.caption(f"{count(records)} treatment records{day}", width="content")
