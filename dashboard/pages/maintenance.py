"""How long until patients come back for the same treatment, whether as planned, and who is due."""

import dataclasses
from typing import Any

import streamlit as st

from dashboard.charts.maintenance import kept_plans, maintenance_intervals, maintenance_summary
from dashboard.filters import Filters
from dashboard.ui.cache import expected_interval, maintained_types
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
    types = maintained_types(filters)
    with st.container(horizontal=True, vertical_alignment="top"):
        by = group("maintenance_intervals", "maintenance_by", "position")
        days = horizon("maintenance_days", 365, 180, 730)
        is_returned = choice("Curve of those", RETURNS, "maintenance_curve")
    drawing: dict[str, Any] = {"horizon": days, "is_returned": is_returned}
    expected, band = _expected(next(iter(types.values())), days) if len(types) == 1 else (None, "")
    section("Return over time", maintenance_intervals, filters, by=by, lead=band, expected=expected, **drawing)
    section("Median time between treatments", maintenance_summary, filters, by=by, opened="Table")
    section(
        "Kept plans",
        kept_plans,
        filters,
        by=by,
        lead="Whether patients came back when their plan said: on time is within 14 days of it.",
        nothing="No plan was due in this selection. Choose a longer period or fewer filters; plans are what treatments "
        "have as planned_interval_days.",
    )
    if types:
        chosen = choice("Intervals of", types, "maintenance_type", is_list=True)
        expected, band = _expected(chosen, days)
        section(
            "First, second, third interval",
            maintenance_intervals,
            dataclasses.replace(filters, treatment_type=(chosen,)),
            by=("position",),
            lead=f"Treatment adapts over time: the first interval of a patient is not like the fifth. {band}",
            expected=expected,
            **drawing,
        )
    recall_list(filters)


def _expected(treatment_type: str, days: int) -> tuple[tuple[int, int] | None, str]:
    """What the catalogue expects of one type, for a chart of so many days, and in words."""
    expected = expected_interval(treatment_type)
    if not expected:
        return None, ""
    where = "the pale band" if expected[0] < days else "beyond the days shown"
    return expected, f"The catalogue expects a return after {expected[0]} to {expected[1]} days ({where})."
