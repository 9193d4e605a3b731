"""Big numbers, each with its limits, its n and what it was before, in small words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from dashboard.charts.style import SMALL
from dashboard.ui.readings.headlines import Estimate
from dashboard.ui.wording import plain

Card = tuple[str, Callable[[pd.DataFrame], Estimate], pd.DataFrame | None, pd.DataFrame | None]
"""A title, how to read the estimate from a measure's one row, and that row now and before; None is withheld."""


def cards(wanted: Sequence[Card], when: str) -> None:
    """A row of cards, each against what it was before, when that was."""
    with st.grid(4, min_column_width=182, gap="small"):
        for title, read, now, before in wanted:
            with st.container(border=True, height="stretch", gap="small"):
                if now is None:
                    st.metric(title, "–")
                    st.caption("Small numbers are suppressed, so not for this period with this filter.")
                    continue
                if now.empty:
                    st.metric(title, "–")
                    st.caption("nothing counted in this period")
                    continue
                estimate = read(now)
                st.metric(title, estimate.written)
                st.caption(plain(f"{estimate.limits}; {estimate.counted}"))
                if estimate.n < SMALL:
                    st.caption(f":orange-badge[Note] Fewer than {SMALL}, so read with care.")
                if before is not None and not before.empty:
                    st.caption(plain(estimate.against(read(before), when)))
