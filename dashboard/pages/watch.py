"""What is further from the usual than chance explains: month by month, between people, between lots."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts.funnel import practitioner_funnel
from dashboard.charts.lots import lot_signals
from dashboard.charts.over_time import MOST, days_between_events, rates_over_time
from dashboard.filters import Filters
from dashboard.ui import cache, choices, signals
from dashboard.ui.awaiting import drawn
from dashboard.ui.choices import choice, group_or_all
from dashboard.ui.errors import calmly
from dashboard.ui.exposed import lot_exposed
from dashboard.ui.heading import heading
from dashboard.ui.practice_events import marks, practice_events
from dashboard.ui.section import is_offered, section
from dashboard.ui.wording import plain

TITLE = "Watch"
URL_PATH = "watch"
SHOWN = 4
WHO = {"Practitioners": ("practitioner",), "Clinics": ("clinic",)}
_WINDOWED = (
    "Side effects that began within {days} days, of treatments at least {days} days ago: so the latest are not "
    "judged by those who called first."
)
_UNWINDOWED = (
    "The latest months and lots are judged by those who called first, so their rates are too high until the follow-ups "
    "are in. With an onset window they wait."
)
RARE = "This is too rare for monthly limits, so the days from one to the next are watched. Low is close together."
FUNNEL = "Between the solid lines is what chance and the usual spread make. Outside them means look, not bad."
NAMED = " The table and the download name everybody."
LOTS = "The lots that differ most upward from the other lots of their product. From 5 exposed."


def render(filters: Filters) -> None:
    lead = "What is further from the usual than chance explains: month by month, between people, between lots."
    if not heading(TITLE, lead, filters):
        return
    name = cache.look().name
    effects = {signals.effect_name(effect, cache.look()): effect for effect in cache.affected("effect", filters)}
    with st.container(horizontal=True, vertical_alignment="top"):
        effect = choice("Side effect", {"Any side effect": "any"} | effects, "watch_effect", is_list=True)
        by = group_or_all("rates_over_time", "watch_by", "quarter", "year", "effect", "severity")
        window = choices.window("watch_window", "30 days")
        who = choice("Funnel of", WHO, "watch_who")
        named: dict[str, str | None] = {name(who[0], value): value for value in cache.values(who[0])}
        you = choice("By name", {"Everybody": None, **named}, "watch_you", is_list=True)
    options: dict[str, Any] = {"effect": effect, "window_days": window}
    is_told = is_offered("lot_signals")
    if is_told:
        st.header("What crossed a limit", anchor=False)
        st.caption(_WINDOWED.format(days=window) if window else _UNWINDOWED)
        drawn(partial(_crossed, filters, by, who, you, effect, window), beside=True)
    section("Rate by month", rates_over_time, filters, by=by, most=MOST, events=marks(), **options)
    if is_told and _of(_watched("days_between_events", filters, by, window), effect)["days"].notna().any():
        section(
            "Days between events", days_between_events, filters, by=by, lead=RARE, most=MOST, events=marks(), **options
        )
    practice_events()
    left, right = st.columns(2, gap="large")
    with left:
        section(
            "Rate and number followed up",
            practitioner_funnel,
            filters,
            by=who,
            lead=FUNNEL + (NAMED if you else ""),
            you=you,
            **options,
        )
    with right:
        section("Lots", lot_signals, filters, by=(), lead=LOTS, **options)
    if is_told:
        lot_exposed(filters, _of(_watched("lot_signals", filters, (), window), effect))


def _crossed(
    filters: Filters, by: tuple[str, ...], who: tuple[str, ...], you: str | None, effect: str, window: int | None
) -> bool:
    """What crossed a limit, in words; nothing of it is still to come."""
    groups = {"rates_over_time": by, "days_between_events": by, "practitioner_funnel": who, "lot_signals": ()}
    with calmly():
        watched = {name: _watched(name, filters, group, window) for name, group in groups.items()}
        frames = watched if effect == "any" else {name: _of(rows, effect) for name, rows in watched.items()}
        found = {title: said for title, said in signals.crossed(frames, by, who, you, cache.look()).items() if said}
        if not found:
            st.success("Nothing crossed a limit.")
        for title, said in found.items():
            st.markdown(f"**{title}**\n" + "".join(f"\n- {plain(sentence)}" for sentence in said[:SHOWN]))
            if len(said) > SHOWN:
                with st.expander(f"{len(said) - SHOWN} more"):
                    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in said[SHOWN:]))
        st.caption(plain(signals.watched(frames, who)))
    return False


def _watched(name: str, filters: Filters, by: tuple[str, ...], window: int | None) -> pd.DataFrame:
    return cache.measure(name, filters, by, window_days=window)


def _of(rows: pd.DataFrame, effect: str) -> pd.DataFrame:
    return rows[rows["effect"] == effect]
