"""How long a side effect lasts, in a patient's words."""

import dataclasses

import streamlit as st

from dashboard.charts.healing_clock import healing_clock
from dashboard.filters import Filters
from dashboard.handout import CLOCKS as SINCE
from dashboard.handout import Question, handout, sentence
from dashboard.ui import cache
from dashboard.ui.auditing import taken
from dashboard.ui.awaiting import drawn
from dashboard.ui.choices import CLOCKS, choice
from dashboard.ui.heading import heading
from dashboard.ui.section import section
from dashboard.ui.wording import plain

TITLE = "Healing clock"
URL_PATH = "healing-clock"
DAYS = {f"Day {day}": day for day in (1, 3, 7, 14, 30, 90)}
ANY_AREA = "Any area"


def render(filters: Filters) -> None:
    if not heading(
        TITLE, "What to tell a patient: how soon a side effect is gone, seen in your own patients.", filters
    ):
        return
    name = cache.look().name
    types = cache.affected("treatment_type", filters)
    if not types:
        st.info("No side effect is recorded in this selection. Choose a longer period or fewer filters.")
        return
    with st.container(horizontal=True, vertical_alignment="top"):
        treatment = choice("Treatment", {name("treatment_type", one): one for one in types}, "clock_type", is_list=True)
        of_type = dataclasses.replace(filters, treatment_type=(treatment,))
        effects = {name("effect", one): one for one in cache.affected("effect", of_type)}
        if effects:
            effect = choice("Side effect", effects, "clock_effect", is_list=True)
            asked = dataclasses.replace(of_type, effect=(effect,))
            areas = {ANY_AREA: None} | {name("area", one): one for one in cache.affected("area", asked)}
            area = choice("Area", areas, "clock_area", is_list=True)
            day = choice("By", DAYS, "clock_day", "Day 7", is_list=True)
            since = choice("Days since", CLOCKS, "clock_since")
    if not effects:
        st.info("Each side effect of this treatment has too few to be told. Choose another treatment or fewer filters.")
        return
    if area is not None:
        asked = dataclasses.replace(asked, area=(area,))
    area_name = None if area is None else name("area", area)
    question = Question(name("effect", effect), name("treatment_type", treatment), area_name, since)

    def answer() -> bool:
        clock, is_awaited = cache.arriving("healing_clock", asked, (), clock=since)
        st.markdown(f"**{plain(sentence(clock, question, day))}**")
        store = cache.current_store()

        def page() -> str:
            complete = cache.measure("healing_clock", asked, (), clock=since)
            estimator, limits = complete["estimator"].max(), complete["limits"].max()
            facts = (
                f"{asked.describe(name)}. Data as of {store.as_of:%-d %B %Y}. Estimator: {estimator}; limits: {limits}."
            )
            return handout(complete, question, day, facts, store.is_synthetic)

        st.download_button(
            "One page to print",
            data=taken(page, "healing-clock.html"),
            file_name="healing-clock.html",
            mime="text/html",
            on_click="ignore",
        )
        return is_awaited

    with st.container(border=True):
        drawn(answer, cache.arriving("healing_clock", asked, (), clock=since)[1])
    with st.container(width=680):
        section(f"Free of it, day by day {SINCE[since]}", healing_clock, asked, by=(), clock=since, day=day)
