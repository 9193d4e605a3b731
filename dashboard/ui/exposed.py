"""Who was treated with a lot, for whoever may see single patients."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboard import export
from dashboard.access import may_see_records
from dashboard.charts.style import count
from dashboard.filters import Filters
from dashboard.request import Request
from dashboard.ui import cache
from dashboard.ui.address import anchor_of
from dashboard.ui.choices import choice
from dashboard.ui.errors import calmly
from dashboard.ui.heading import told_of_records
from dashboard.ui.section import panels
from dashboard.ui.tables import columns_in_words
from dashboard.ui.working import Working

SHOWN = 500
HEADING = "The exposed"


@st.fragment
def lot_exposed(filters: Filters, lots: pd.DataFrame) -> None:
    """The patients of a chosen lot, those of the frame `lots` to choose from, the one with the smallest p first."""
    if not may_see_records():
        return
    with calmly():
        st.header(HEADING, anchor=anchor_of(HEADING))
        if lots.empty:
            st.info("No lot is recorded with its product in this selection. Choose a longer period or fewer filters.")
            return
        every = lots.sort_values("p", kind="stable")[["product", "lot"]].drop_duplicates().itertuples(index=False)
        named = {f"{lot}, {product}": (product, lot) for product, lot in every}
        product, lot = choice("Lot", named, "watch_lot", is_list=True)
        chosen = replace(filters, product=(product,), lot=(lot,))
        found = cache.records("lot_exposed", chosen, SHOWN)
        of = cache.record_count("lot_exposed", chosen)
        first = f"; the first {SHOWN} are shown, the download has all" if of > SHOWN else ""
        st.markdown(f"**{count(of)}** patient{'s' * (of != 1)} of this selection{first}")
        st.dataframe(
            found, hide_index=True, column_config=columns_in_words(found), placeholder="–", alt="The exposed as a table"
        )
        told_of_records()
        store = cache.current_records_store()
        panels(
            Working.of(Request("lot_exposed", chosen), HEADING),
            lambda suffix: export.to_file(store.records_reader("lot_exposed", chosen), suffix),
            "lot_exposed",
        )
