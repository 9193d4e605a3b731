"""How long until patients come back for the same treatment, and who is due."""

import dataclasses
from typing import Any

import streamlit as st

from dashboard.charts.maintenance import maintenance_intervals, maintenance_summary
from dashboard.filters import Filters
from dashboard.ui.cache import maintained_types
from dashboard.ui.choices import RETURNS, choice, group, horizon
from dashboard.ui.heading import heading
from dashboard.ui.recall import recall_list
from dashboard.ui.section import section

TITLE = "Maintenance"
URL_PATH = "maintenance"


def render(filters: Filters) -> None:
    lead = "Time between treatments of the same type, not the duration of the effect. Touch-ups belong to their course."
    if not heading(TITLE, lead, filters):
        return
    with st.container(horizontal=True, vertical_alignment="top"):
        by = group("maintenance_intervals", "maintenance_by", "position")
        days = horizon("maintenance_days", 365, 180, 730)
        is_returned = choice("Curve of those", RETURNS, "maintenance_curve")
    drawing: dict[str, Any] = {"horizon": days, "is_returned": is_returned}
    section("Return over time", maintenance_intervals, filters, by=by, **drawing)
    section("Median time between treatments", maintenance_summary, filters, by=by, opened="Table")
    if types := maintained_types(filters):
        chosen = choice("Intervals of", types, "maintenance_type", is_list=True)
        one_type = dataclasses.replace(filters, treatment_type=(chosen,))
        lead = "Treatment adapts over time: the first interval of a patient is not like the fifth."
        section(
            "First, second, third interval", maintenance_intervals, one_type, by=("position",), lead=lead, **drawing
        )
    recall_list(filters)
