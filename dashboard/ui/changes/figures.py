"""The figures whose new value lies outside the limits that they had."""

from __future__ import annotations

from collections.abc import Sequence
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
from dashboard.ui.tables import columns_in_words
from dashboard.ui.wording import plain

HEADLINES = ("side_effect_rates", "time_to_resolution_summary", "maintenance_summary")

_HEADS = {
    "side_effect_rates": "Side-effect rates",
    "time_to_resolution_summary": "Median time to resolution",
    "maintenance_summary": "Median maintenance interval",
    "follow_up_completeness": "Follow-up completeness",
}


@dataclass(frozen=True)
class Compared:
    """The figures of a measure in two snapshots, as `figures_compared` has them, and whether limits are still to come.

    Of all together the treatment type is "total".
    """

    name: str
    figures: pd.DataFrame
    is_awaited: bool

    @property
    def moved(self) -> pd.DataFrame:
        return self.figures[self.figures["is_moved"]]


def compared(name: str, earlier: Store, filters: Filters) -> Compared:
    """The figures of a measure in both snapshots, of all together and by treatment type.

    A median maintenance interval over all types would be nobody's, so there is none.
    """
    frames, is_awaited = [], False
    for by in ((), ("treatment_type",)) if name != "maintenance_summary" else (("treatment_type",),):
        before, is_before_awaited = cache.arriving_in(earlier, name, filters, by)
        now, is_now_awaited = cache.arriving(name, filters, by)
        is_awaited |= is_before_awaited or is_now_awaited
        frame = figures_compared(name, before, now, by)
        frames.append(frame if by else frame.assign(treatment_type="total"))
    figures = pd.concat(frames, ignore_index=True)
    keys = [column for column in ("treatment_type", "effect") if column in figures]
    return Compared(name, figures[[*keys, *figures.columns.drop(keys)]], is_awaited)


def headlines(earlier: Store, filters: Filters) -> list[Compared]:
    """The figures that the page is about."""
    return [compared(name, earlier, filters) for name in HEADLINES]


def figures_that_moved(headlines: Sequence[Compared]) -> None:
    """Measure by measure: the figures that moved, as they were and as they are, and on demand all of them."""
    st.subheader("Figures that moved", anchor=False)
    st.caption(
        "Rates, and the medians of both curves, whose value now lies outside the 95 % limits that it had. Most records "
        "are in both snapshots, so that few should."
    )
    for one in headlines:
        moved(one)


def moved(one: Compared) -> None:
    """The figures of one measure that moved."""
    head, of = _HEADS[one.name], len(one.figures)
    few = f"{count(len(one.moved))} of {count(of)} figure{'s' * (of != 1)} moved" if of else "nothing to compare"
    st.markdown(f"**{plain(head)}**: {plain(few)}")
    if one.figures.empty:
        return
    if len(one.moved):
        figure = figures_moved(one.moved, cache.look(), is_days=FIGURES[one.name].is_days)
        alt = f"{head}: the figures that moved by more than their limits, as they were and as they are"
        st.plotly_chart(figure, theme=None, config=CONFIG, key=f"changes-{one.name}", alt=alt)
        if len(one.moved) > MOST:
            st.caption(f"The chart shows the first {MOST}; the table has all.")
    _table(f"changes_{one.name}", f"All figures of {head.lower()}", one.figures)


def _table(name: str, label: str, frame: pd.DataFrame) -> None:
    """A table that opens on demand, with its downloads."""
    with st.expander(label, key=f"table-{name}"):
        config: dict[str, Any] = columns_in_words(frame)
        st.dataframe(frame, hide_index=True, column_config=config, placeholder="–", alt=f"{label}, as a table")
        with st.container(horizontal=True):
            downloads(name, lambda suffix: export.to_bytes(frame, suffix), name)
