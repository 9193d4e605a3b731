"""How long side effects last."""

import streamlit as st

from dashboard.charts import resolution
from dashboard.filters import Filters
from dashboard.ui.choices import CLOCKS, choice, group, horizon, stratum
from dashboard.ui.heading import heading
from dashboard.ui.section import section

TITLE = "Time to resolution"
URL_PATH = "time-to-resolution"


def render(filters: Filters) -> None:
    if not heading(TITLE, "How long side effects last, including those not yet seen to resolve.", filters):
        return
    with st.container(horizontal=True, vertical_alignment="top"):
        by = group("time_to_resolution", "resolution_by")
        days = horizon("resolution_days", 60, 30, 90, 180, 365)
        clock = choice("Clock starts at", CLOCKS, "resolution_clock")
        strata = stratum("time_to_resolution", "resolution_strata", *by)
    section("Still unresolved", resolution.time_to_resolution, filters, by=by, clock=clock, horizon=days)
    section(
        "Median time to resolution",
        resolution.time_to_resolution_summary,
        filters,
        by=by,
        clock=clock,
        strata=strata,
        opened="Table",
    )
