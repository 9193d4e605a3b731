"""Where on the face side effects happen, treatments last and asymmetry changes; and one area by itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.charts.face import PLACES, maintenance_summary_face, results_face, side_effect_rates_face
from dashboard.charts.maintenance import maintenance_intervals
from dashboard.charts.rates import by_frequency, side_effect_rates
from dashboard.charts.resolution import time_to_resolution
from dashboard.charts.results import MEAN_CHANGE
from dashboard.charts.style import Figure, count
from dashboard.filters import Filters
from dashboard.ui import cache
from dashboard.ui.choices import choice
from dashboard.ui.heading import heading
from dashboard.ui.section import section
from dashboard.ui.wording import plain

TITLE = "Face map"
URL_PATH = "face-map"
WHOLE = "Whole face"
SHOWN: dict[str, Callable[..., Figure]] = {
    "Side effects": side_effect_rates_face,
    "Maintenance interval": maintenance_summary_face,
    "Asymmetry": results_face,
}
SIDES = {"Together": ("area",), "Apart": ("area", "side")}
AREA = "face_area"
MOST = 1_000
CHANGE = (
    "The mean change in points, from before the treatment to the last follow-up between day 7 and day 180 after it."
)


def render(filters: Filters) -> None:
    if not heading(TITLE, "Where on the face side effects happen, treatments last, and asymmetry changes.", filters):
        return
    areas = _areas(filters)
    with st.container(horizontal=True, vertical_alignment="top"):
        shown = choice("Show", SHOWN, "face_show")
        chosen = choice("Area", areas, AREA, is_list=True)
        drawing, of = OPTIONS[shown](filters)
        is_told = not cache.current_store().suppress_below
        by = choice("Left and right", SIDES, "face_sides") if is_told else ("area",)
    narrowed = filters if chosen is None else replace(filters, area=(chosen,))
    _statement(chosen, narrowed)
    left, right = st.columns(2, gap="large")
    with left:
        section(
            next(name for name, chart in SHOWN.items() if chart == shown),
            shown,
            of,
            by=by,
            most=MOST,
            on_choose=_choose,
            chosen=chosen,
            **drawing,
        )
    with right:
        title = "Any selected side effect" if filters.are_of_side_effects else "Any side effect"
        section(title, side_effect_rates, narrowed)
    left, right = st.columns(2, gap="large")
    with left:
        section("Still unresolved", time_to_resolution, narrowed, horizon=30)
    with right:
        section("Return over time", maintenance_intervals, narrowed)


def _areas(filters: Filters) -> dict[str, str | None]:
    """The areas treated in the selection, by name: from the top of the face down, then those that are not on it."""
    treated = cache.measure("side_effect_rates", filters, ("area",))["area"].astype(str).unique()
    places = list(PLACES)
    order = sorted(treated, key=lambda area: (places.index(area) if area in places else len(places), area == "", area))
    return {WHOLE: None} | {_name(area): area for area in order}


def _name(area: str) -> str:
    return cache.look().name("area", area)


def _of_effect(filters: Filters) -> tuple[dict[str, Any], Filters]:
    effects = by_frequency(cache.measure("side_effect_rates", filters, ("area",)))
    names = {"Any": "any"} | {cache.look().name("effect", effect): effect for effect in effects}
    return {"effect": choice("Side effect", names, "face_effect", is_list=True)}, filters


def _of_type(filters: Filters) -> tuple[dict[str, Any], Filters]:
    """A median over types that come back after weeks and after years would be nobody's: one type at a time."""
    types = cache.maintained_types(filters)
    if not types:
        return {}, filters
    usual = next(label for label, code in types.items() if (code,) == cache.usual_maintained_type(filters))
    return {}, replace(filters, treatment_type=(choice("Intervals of", types, "face_type", usual, is_list=True),))


def _of_asymmetry(filters: Filters) -> tuple[dict[str, Any], Filters]:
    return {"outcomes": (MEAN_CHANGE,), "lead": CHANGE}, filters


OPTIONS = {side_effect_rates_face: _of_effect, maintenance_summary_face: _of_type, results_face: _of_asymmetry}


def _choose(area: str) -> None:
    """Narrows the page to that area, or, where it is chosen already, shows the whole face again."""
    name = _name(area)
    st.session_state[AREA] = WHOLE if st.session_state.get(AREA) == name else name


def _statement(chosen: str | None, narrowed: Filters) -> None:
    """What is chosen, what that narrows, and the way back."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="face-statement"):
        if chosen is None:
            st.markdown("**The whole face.** Click or tap an area, or choose it from the list, to see it alone.")
            return
        selected, _ = cache.cohort_size(narrowed)
        st.markdown(
            f"**{plain(_name(chosen))}**, {count(selected)} treatment records. Everything on this page but the map "
            "is of this area alone; other pages are not narrowed.",
            width="stretch",
        )
        st.button(f"Back to the {WHOLE.lower()}", on_click=_choose, args=(chosen,), key="face_back")
