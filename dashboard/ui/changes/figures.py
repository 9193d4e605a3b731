"""The figures whose new value lies outside the limits that they had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import export
from dashboard.changes import FIGURES, figures_compared
from dashboard.charts.changes import MOST, figures_moved
from dashboard.charts.style import count
from dashboard.filters import Filters
from dashboard.store import Store
from dashboard.ui import cache
from dashboard.ui.section import CONFIG, downloads
from dashboard.ui.signals import many
from dashboard.ui.tables import columns_in_words
from dashboard.ui.wording import plain

HEADS = {
    "side_effect_rates": "Side-effect rates",
    "time_to_resolution_summary": "Median time to resolution",
    "maintenance_summary": "Median maintenance interval",
    "follow_up_completeness": "Follow-up completeness",
}
HEADLINES = ("side_effect_rates", "time_to_resolution_summary", "maintenance_summary")


@dataclass(frozen=True)
class Compared:
    """The figures of a measure in two snapshots, as `figures_compared` has them; of all together the treatment type is
    "total".
    """

    figures: pd.DataFrame

    @property
    def moved(self) -> pd.DataFrame:
        return self.figures[self.figures["is_moved"]]


def compare_figures(name: str, earlier: Store, later: Store, filters: Filters) -> Compared:
    """The figures of a measure in two snapshots, of all together and by treatment type.

    A median maintenance interval over all types would be nobody's, so there is none.
    """
    frames = []
    for by in ((), ("treatment_type",)) if name != "maintenance_summary" else (("treatment_type",),):
        frame = figures_compared(name, earlier.measure(name, filters, by), later.measure(name, filters, by), by)
        frames.append(frame if by else frame.assign(treatment_type="total"))
    figures = pd.concat(frames, ignore_index=True)
    keys = [column for column in ("treatment_type", "effect") if column in figures]
    return Compared(figures[[*keys, *figures.columns.drop(keys)]])


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
