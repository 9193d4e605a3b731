"""The signals that are new, and those that are closed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import export
from dashboard.changes import WINDOW_DAYS, Signals
from dashboard.filters import Filters
from dashboard.store import Store
from dashboard.ui import cache
from dashboard.ui.address import anchor_of
from dashboard.ui.readings.changes import signals_in_words
from dashboard.ui.section import panels
from dashboard.ui.wording import plain
from dashboard.ui.working import Working

HEADING = "Signals"
SHOWN = 6


def signals_changed(compared: Signals | None, earlier: Store, filters: Filters) -> None:
    """The new signals, and what the closed ones said."""
    st.header(HEADING, anchor=anchor_of(HEADING))
    said = f"What crosses a limit on the page Watch, of what began within {WINDOW_DAYS} days"
    st.caption(f"{said}: a reason to look, not a finding.")
    if compared is None:
        st.markdown("Being counted.")
        return
    new, closed = signals_in_words(compared, cache.look())
    _listed("New", new, "no signal.")
    _listed("Closed", closed, "no signal.")
    table = compared.table
    panels(
        Working.of_signals_since(earlier, filters, HEADING),
        lambda suffix: export.to_file(table, suffix),
        "changes_signals",
        table,
    )


def _listed(title: str, said: Sequence[str], none: str) -> None:
    if not said:
        st.markdown(f"**{title}**: {none}")
        return
    st.markdown(f"**{title}**\n" + "".join(f"\n- {plain(sentence)}" for sentence in said[:SHOWN]))
    if len(said) > SHOWN:
        with st.expander(f"{len(said) - SHOWN} more", key=f"changes-{title}"):
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in said[SHOWN:]))
