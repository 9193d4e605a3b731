"""The figures whose new value lies outside the limits that they had."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import export
from dashboard.changes import FIGURES, THEN_AND_NOW
from dashboard.charts.changes import MOST, figures_moved
from dashboard.charts.style import count
from dashboard.filters import Filters
from dashboard.store import Store
from dashboard.ui import cache
from dashboard.ui.address import anchor_of
from dashboard.ui.readings.changes import HEADLINES, HEADS
from dashboard.ui.section import CONFIG, panels
from dashboard.ui.signals import many
from dashboard.ui.wording import plain
from dashboard.ui.working import Working

HEADING = "Figures that moved"


def figures_that_moved(figures: Mapping[str, pd.DataFrame], earlier: Store, filters: Filters) -> None:
    """Measure by measure: the figures that moved, as they were and as they are, and on demand all of them."""
    st.header(HEADING, anchor=anchor_of(HEADING))
    st.caption(
        "Rates, and the medians of both curves, whose value now lies outside the 95 % limits that it had. The two "
        "snapshots share most of their records, so few figures should."
    )
    for name in HEADLINES:
        moved_of(name, figures.get(name), earlier, filters, HEADING)


def moved_of(name: str, figures: pd.DataFrame | None, earlier: Store, filters: Filters, heading: str) -> None:
    """The figures of one measure that moved; None while they are being counted."""
    head = HEADS[name]
    if figures is None:
        st.markdown(f"**{plain(head)}**: being counted, with their limits.")
        return
    moved, of = figures[figures["is_moved"]], len(figures)
    few = f"{count(len(moved))} of {many(of, 'figure')} moved" if of else "nothing to compare"
    st.markdown(f"**{plain(head)}**: {plain(few)}.")
    if len(moved):
        figure = figures_moved(moved, cache.look(), is_days=FIGURES[name].is_days)
        alt = f"{head}: the figures that moved by more than their limits, as they were and as they are"
        st.plotly_chart(figure, theme=None, config=CONFIG, key=f"changes-{name}", alt=alt)
        if len(moved) > MOST:
            st.caption(f"The chart shows the first {MOST}; the table has all.")
    if of:
        panels(
            Working.of_figures_since(name, earlier, filters, heading),
            lambda suffix: export.to_file(figures, suffix),
            f"changes_{name}",
            figures,
            shares=() if FIGURES[name].is_days else THEN_AND_NOW,
        )
