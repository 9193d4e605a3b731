"""How often which side effect follows which treatment, and who was followed up."""

from typing import Any

import streamlit as st

from dashboard.charts.rates import (
    COMMON,
    MOST_COLUMNS,
    by_frequency,
    follow_up_completeness,
    side_effect_rates,
    side_effect_rates_heat_map,
)
from dashboard.filters import Filters
from dashboard.ui.cache import measure
from dashboard.ui.choices import UNITS, WINDOWS, choice, group
from dashboard.ui.heading import heading
from dashboard.ui.section import section

TITLE = "Side effects"
URL_PATH = "side-effects"
FREQUENT = 30


def render(filters: Filters) -> None:
    if not heading(
        TITLE, "How often a side effect follows a treatment, of the treatments that were followed up.", filters
    ):
        return
    with st.container(horizontal=True, vertical_alignment="top"):
        by = group("follow_up_completeness", "rates_by")
        unit = choice("Count", UNITS, "rates_unit")
        window = choice("Onset within", WINDOWS, "rates_window")
    with st.container(horizontal=True):
        is_bounded = st.toggle("Best and worst case", key="rates_bounds", bind="query-params")
        is_complete = st.toggle("Every single effect", key="rates_all", bind="query-params")
    options: dict[str, Any] = {"by": by, "unit": unit, "window_days": window}
    left, right = st.columns(2, gap="large")
    with left:
        title = "Any selected side effect" if filters.are_of_side_effects else "Any side effect"
        section(title, side_effect_rates, filters, is_bounded=is_bounded, **options)
    with right:
        section("Follow-up completeness", follow_up_completeness, filters, **options)
    effects = by_frequency(measure("side_effect_rates", filters, by, unit=unit, window_days=window))
    frequent = effects if is_complete else effects[:FREQUENT]
    lead = f"The {FREQUENT} most frequent of {len(effects)}; the table has all." if len(frequent) < len(effects) else ""
    section(
        "Every effect", side_effect_rates_heat_map, filters, effects=frequent, lead=lead, most=MOST_COLUMNS, **options
    )
    shown = effects if is_complete else effects[:COMMON]
    section("Effect by effect", side_effect_rates, filters, effects=shown, is_bounded=is_bounded, **options)
