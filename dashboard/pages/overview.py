"""For the owner: the figures that matter for the period, against the period before, and the ways into the rest."""

import datetime
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from dashboard.charts.maintenance import maintenance_intervals
from dashboard.charts.rates import follow_up_completeness, side_effect_rates
from dashboard.charts.resolution import time_to_resolution
from dashboard.filters import Filters
from dashboard.ui import cards
from dashboard.ui.awaiting import drawn
from dashboard.ui.cache import arriving, current_store, look, measure, usual_maintained_type
from dashboard.ui.heading import heading
from dashboard.ui.navigation import link
from dashboard.ui.readings import headlines
from dashboard.ui.section import small
from dashboard.ui.sidebar import months_before

TITLE = "Overview"
URL_PATH = "overview"
MONTHS = 12


def render(filters: Filters) -> None:
    if not heading(TITLE, "What follows treatment, how long it lasts, and when patients come back.", filters):
        return
    now, before, when = _periods(filters)
    st.header(_day(now.treated_from) + " to " + _day(now.treated_to), anchor=False)
    drawn(partial(_cards, now, before, when), arriving("time_to_resolution_summary", now)[1], beside=True)
    st.header("By treatment type, over the whole selection", anchor=False)
    left, right = st.columns(2, gap="medium")
    is_small: dict[str, Any] = {"is_small": True}
    for column, title, chart, url_path, drawing in (
        (left, "Side effects", side_effect_rates, "side-effects", {}),
        (right, "Follow-up", follow_up_completeness, "side-effects", {}),
        (left, "Time to resolution", time_to_resolution, "time-to-resolution", is_small),
        (right, "Maintenance", maintenance_intervals, "maintenance", is_small),
    ):
        with column, st.container(border=True, key=f"card-{chart.__name__}"):
            link(url_path, f"**{title}** →")
            small(chart, filters, **drawing)


def _cards(now: Filters, before: Filters, when: str) -> bool:
    """The four figures; whether limits are still to come."""
    effect = "Any selected side effect" if now.are_of_side_effects else "Any side effect"
    wanted = (
        ("Followed up", headlines.completeness, "follow_up_completeness"),
        (effect, headlines.any_side_effect, "side_effect_rates"),
    )
    shown: list[cards.Card] = [(title, read, measure(name, now), measure(name, before)) for title, read, name in wanted]
    resolved, is_awaited = arriving("time_to_resolution_summary", now)
    resolved_before = measure("time_to_resolution_summary", before, limits="none")
    shown.append(("Time to resolution", headlines.median_resolution, resolved, resolved_before))
    usual = usual_maintained_type(now)
    returned = measure("maintenance_summary", now, ("treatment_type",))
    returned = returned[returned["treatment_type"].isin(usual)]
    returned_before = measure("maintenance_summary", replace(before, treatment_type=usual), ("treatment_type",))
    cards.cards(
        [*shown, ("Maintenance interval", partial(headlines.median_return, look=look()), returned, returned_before)],
        when,
    )
    return is_awaited


def _periods(filters: Filters) -> tuple[Filters, Filters, str]:
    """The period chosen (without one the last twelve months), the one of equal length before it, and its name."""
    last = filters.treated_to or current_store().as_of
    first = filters.treated_from or months_before(last, MONTHS)
    day = datetime.timedelta(days=1)
    if filters.treated_from or filters.treated_to:
        return (
            filters.within(first, last),
            filters.within(first - (last - first) - day, first - day),
            "the period before",
        )
    return (
        filters.within(first, last),
        filters.within(months_before(first - day, MONTHS), first - day),
        "the 12 months before",
    )


def _day(day: datetime.date | None) -> str:
    return f"{day:%-d %B %Y}" if day else ""
