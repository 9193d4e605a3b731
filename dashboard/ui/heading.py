"""What stands at the top of every page."""

from __future__ import annotations

import streamlit as st

from dashboard.charts.style import count
from dashboard.filters import Filters
from dashboard.store import engine_address
from dashboard.ui import cache
from dashboard.ui.address import anchor_of
from dashboard.ui.wording import sentence


def heading(title: str, lead: str, filters: Filters) -> bool:
    """Title, what the page answers, what is selected of which data; False where the selection is empty, and says so."""
    store = cache.current_store()
    st.title(title, anchor=anchor_of(title))
    st.markdown(lead)
    selected, of = cache.cohort_size(filters)
    facts = f"{count(selected)} of {count(of)} treatment records · data as of {store.as_of:%-d %B %Y}"
    if store.limited_to:
        facts += f" · {store.limited_to}"
    if not filters.is_empty:
        facts = f"{filters.describe(cache.look().name)} · {facts}"
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if store.is_synthetic:
            st.badge("Synthetic sample data, no real patients", color="orange")
        st.caption(sentence(facts), width="content")
    if not selected:
        st.info(
            "Choose a longer period or take filters away, or reset them all in the panel on the left.",
            title="No treatment record matches this selection",
        )
    return selected != 0


def told_of_engine(why: str) -> bool:
    """Whether an engine answers for what several sources share; then says why something is not there."""
    if not engine_address():
        return False
    st.info(
        f"{why} Open the snapshot of the clinic itself, by a dashboard without OUTCOMES_ENGINE.",
        title="Not there for what several sources share",
    )
    return True


def told_of_records() -> None:
    """Says which single records there are for whoever looks, where they are fewer than those that figures are of."""
    scope = cache.records_scope()
    if scope != cache.figures_scope():
        st.caption(sentence(f"single records: {scope.in_words or 'all'}"))
