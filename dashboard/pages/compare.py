"""One way of treating against another: who was treated, what followed, how long it lasted, and who came back."""

import dataclasses
from typing import Any

import streamlit as st

from dashboard.charts.comparison import MOST_GROUPS, baseline_balance, comparison, comparison_ratios, most_frequent
from dashboard.charts.maintenance import maintenance_intervals
from dashboard.charts.pairs import MOST as MOST_SIDES
from dashboard.charts.pairs import side_differences
from dashboard.charts.resolution import time_to_resolution
from dashboard.charts.risk import MOST as MOST_CROSSES
from dashboard.charts.risk import risk_and_durability
from dashboard.filters import Filters
from dashboard.ui import cache, choices, wording
from dashboard.ui.address import pin
from dashboard.ui.choices import choice, horizon, several
from dashboard.ui.errors import calmly
from dashboard.ui.heading import heading
from dashboard.ui.readings import comparison as readings
from dashboard.ui.section import is_offered, section, told_rows
from dashboard.ui.wording import plain

TITLE = "Compare"
URL_PATH = "compare"
COMMON = 6
LEAD = (
    "Whatever differs here is an association: nobody was allotted to a group by chance, so a difference may come from "
    "who was treated in which way, and adjusting takes away only what was recorded and is chosen below."
)
WHO = "How far each group is from the reference in what was known before: 0 is alike, above 0.1 they differ."
POINTS = "In percentage points; p is adjusted for the number of effects (Benjamini-Hochberg)."
TIMES = "How many times as often; 1 is as often."
NOT_TESTED = (
    "The curves are compared by their limits: patients count by weights here, and the log-rank test, which takes every "
    "interval for another patient's, would find differences too easily."
)
SIDES = "The same patient, day, treatment type and area, left against right, both followed up."
NO_PAIRS = (
    "No left and right of one patient, day, treatment type and area were both followed up in this selection. Choose a "
    "longer period or fewer filters. Sides are what treatments have as side."
)
RISK = "Side by side, and not one because of the other. Time between courses is not the duration of the effect."


def render(filters: Filters) -> None:
    if not heading(TITLE, LEAD, filters):
        return
    look = cache.look()
    with st.container(horizontal=True, vertical_alignment="top"):
        column = choice("Compare", choices.compared(), "comparison_by")
        unit = choices.unit("comparison_unit")
        window = choices.window("comparison_window")
    by = (column,)
    offered = cache.largest(column, filters, unit=unit, window_days=window)
    names = {look.name(column, value): value for value in offered}
    with st.container(horizontal=True, vertical_alignment="top"):
        groups = several("Groups", names, f"comparison_groups_{column}", "The two largest") or tuple(offered[:2])
        pin(f"comparison_groups_{column}", *(look.name(column, value) for value in groups))
        others = {"The largest": None} | {look.name(column, value): value for value in groups}
        reference = choice("Reference", others, f"comparison_reference_{column}", is_list=True)
        confounders = choices.confounders(column)
        strata = several("Adjust for", confounders, f"comparison_strata_{column}", "Nothing") if confounders else ()
    if len(groups) < 2:
        st.info(
            "Choose a second group, a longer period, or fewer filters, or reset them: it takes two to compare.",
            title="There is only one group",
        )
        return
    compared: dict[str, Any] = {column: groups}
    chosen = dataclasses.replace(filters, **compared)
    options: dict[str, Any] = {"unit": unit, "window_days": window, "reference": reference}
    with st.container(width=760):
        section("Who they are", baseline_balance, chosen, by=by, lead=WHO, most=MOST_GROUPS, **options)
    with calmly():
        if is_offered("baseline_balance"):
            _said(readings.balance(cache.measure("baseline_balance", chosen, by, **options), by, look))
    _side_effects(chosen, by, strata, options)
    _curves(chosen, by, strata)
    _pictures(chosen, by, unit, window)


def _side_effects(filters: Filters, by: tuple[str, ...], strata: tuple[str, ...], options: dict[str, Any]) -> None:
    with calmly():
        compared = told_rows(cache.measure("comparison", filters, by, strata=strata, **options))
        effects = ("any", *most_frequent(compared, COMMON))
        every: dict[str, Any] = {"by": by, "strata": strata, "effects": effects, "most": MOST_GROUPS, **options}
        left, right = st.columns(2, gap="large")
        with left:
            section("Side effects: difference", comparison, filters, lead=POINTS, **every)
        with right:
            section("Side effects: ratio", comparison_ratios, filters, lead=TIMES, **every)
        look = cache.look()
        if compared.empty:
            return
        _said(readings.side_effects(compared, by, look, strata))
        _beware([readings.too_few(compared, by, look), *readings.overlap(compared, by, look, options["unit"])])


def _curves(filters: Filters, by: tuple[str, ...], strata: tuple[str, ...]) -> None:
    look = cache.look()
    left, right = st.columns(2, gap="large")
    with left:
        days = horizon("comparison_days", 60, 30, 90, 180, 365)
        section("Time to resolution", time_to_resolution, filters, by=by, horizon=days)
        with calmly():
            summary = cache.arriving("time_to_resolution_summary", filters, by)[0]
            _said([readings.medians(summary, by, look, "had resolved")])
            for within in dict.fromkeys(((), strata)):
                tested = cache.measure("time_to_resolution_summary", filters, by, limits="none", strata=within)
                if told := wording.tested(tested, by, look, within):
                    st.caption(plain(told))
    with right:
        days = horizon("comparison_return_days", 365, 180, 730)
        section("Maintenance interval", maintenance_intervals, filters, by=by, horizon=days)
        with calmly():
            _said([readings.medians(cache.measure("maintenance_summary", filters, by), by, look, "had returned")])
            st.caption(NOT_TESTED)


def _pictures(filters: Filters, by: tuple[str, ...], unit: str, window: int | None) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        section(
            "Risk against durability",
            risk_and_durability,
            filters,
            by=by,
            lead=RISK,
            most=MOST_CROSSES,
            unit=unit,
            window_days=window,
        )
    with right:
        # Of sides compared the pairs are of everybody: no pair has but one side.
        section(
            "Left against right",
            side_differences,
            filters,
            by=() if by == ("side",) else by,
            lead=SIDES,
            most=MOST_SIDES,
            nothing=NO_PAIRS,
            reading=readings.sides,
        )


def _said(sentences: list[str]) -> None:
    for sentence in filter(None, sentences):
        st.markdown(plain(sentence))


def _beware(sentences: list[str]) -> None:
    for sentence in filter(None, sentences):
        st.caption(f":orange-badge[Note] {plain(sentence)}")
