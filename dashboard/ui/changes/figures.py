"""The figures whose new value lies outside the limits that they had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import export
from dashboard.changes import FIGURES
from dashboard.charts.changes import MOST, figures_moved
from dashboard.charts.style import count
from dashboard.ui import cache
from dashboard.ui.readings.changes import HEADLINES, HEADS, Compared
from dashboard.ui.section import CONFIG, downloads
from dashboard.ui.signals import many
from dashboard.ui.tables import columns_in_words
from dashboard.ui.wording import plain


def figures_that_moved(figures: Mapping[str, Compared]) -> None:
    """Measure by measure: the figures that moved, as they were and as they are, and on demand all of them."""
    st.header("Figures that moved", anchor=False)
    st.caption(
        "Rates, and the medians of both curves, whose value now lies outside the 95 % limits that it had. The two "
        "snapshots share most of their records, so few figures should."
    )
    for name in HEADLINES:
        moved_of(name, figures.get(name))


def moved_of(name: str, compared: Compared | None) -> None:
    """The figures of one measure that moved; None while they are being counted."""
    head = HEADS[name]
    if compared is None:
        st.markdown(f"**{plain(head)}**: being counted, with their limits.")
        return
    moved, of = compared.moved, len(compared.figures)
    few = f"{count(len(moved))} of {many(of, 'figure')} moved" if of else "nothing to compare"
    st.markdown(f"**{plain(head)}**: {plain(few)}.")
    if len(moved):
        figure = figures_moved(moved, cache.look(), is_days=FIGURES[name].is_days)
        alt = f"{head}: the figures that moved by more than their limits, as they were and as they are"
        st.plotly_chart(figure, theme=None, config=CONFIG, key=f"changes-{name}", alt=alt)
        if len(moved) > MOST:
            st.caption(f"The chart shows the first {MOST}; the table has all.")
    if of:
        _table(f"changes_{name}", f"All figures of {head.lower()}", compared.figures)


def _table(name: str, label: str, frame: pd.DataFrame) -> None:
    """A table that opens on demand, with its downloads."""
    with st.expander(label, key=f"table-{name}"):
        config: dict[str, Any] = columns_in_words(frame)
        st.dataframe(frame, hide_index=True, column_config=config, placeholder="–", alt=f"{label}, as a table")
        with st.container(horizontal=True):
            downloads(name, lambda suffix: export.to_bytes(frame, suffix), name)
