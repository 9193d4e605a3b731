"""How often which side effect follows which treatment, and who was followed up."""

from typing import Any

import streamlit as st

from dashboard.charts.funnel import follow_up_funnel
from dashboard.charts.rates import (
    COMMON,
    MOST_COLUMNS,
    by_frequency,
    follow_up_completeness,
    side_effect_rates,
    side_effect_rates_heat_map,
)
from dashboard.filters import Filters
from dashboard.ui import choices
from dashboard.ui.cache import measure
from dashboard.ui.heading import heading
from dashboard.ui.section import FUNNELS, section

TITLE = "Side effects"
URL_PATH = "side-effects"
FREQUENT = 30
UNSEEN = (
    "The pale line is what the unseen could make of it: from none of those not followed up affected, to all of them."
)
SEEN = "The share of those treated who were followed up at least once."
FUNNEL = (
    "Between the lines is what chance and the usual spread between groups make. Who is below the lower solid line was "
    "little followed up."
)


def render(filters: Filters) -> None:
    if not heading(
        TITLE, "How often a side effect follows a treatment, of the treatments that were followed up.", filters
    ):
        return
    with st.container(horizontal=True, vertical_alignment="top"):
        by = choices.group("follow_up_completeness", "rates_by")
        unit = choices.unit("rates_unit")
        window = choices.window("rates_window")
    with st.container(horizontal=True):
        is_bounded = st.toggle("Scale to the worst case", key="rates_bounds", bind="query-params")
        is_complete = st.toggle("Every single effect", key="rates_all", bind="query-params")
    options: dict[str, Any] = {"by": by, "unit": unit, "window_days": window}
    left, right = st.columns(2, gap="large")
    with left:
        title = "Any selected side effect" if filters.are_of_side_effects else "Any side effect"
        section(title, side_effect_rates, filters, lead=UNSEEN, is_bounded=is_bounded, **options)
    with right:
        section("Follow-up completeness", follow_up_completeness, filters, lead=SEEN, **options)
    who = by if by in FUNNELS else FUNNELS[0]
    section(f"Who was followed up, by {who[0]}", follow_up_funnel, filters, lead=FUNNEL, **{**options, "by": who})
    effects = by_frequency(measure("side_effect_rates", filters, by, unit=unit, window_days=window))
    frequent = effects if is_complete else effects[:FREQUENT]
    lead = f"The {FREQUENT} most frequent of {len(effects)}; the table has all." if len(frequent) < len(effects) else ""
    section(
        "Every effect",
        side_effect_rates_heat_map,
        filters,
        effects=tuple(frequent),
        lead=lead,
        most=MOST_COLUMNS,
        **options,
    )
    shown = effects if is_complete else effects[:COMMON]
    section("Effect by effect", side_effect_rates, filters, effects=tuple(shown), is_bounded=is_bounded, **options)
