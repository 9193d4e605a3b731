"""What changed in the practice on which day: told, added and removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

import data
from dashboard.access import may_import
from dashboard.charts.over_time import Marked
from dashboard.ui import cache
from dashboard.ui.auditing import changed
from dashboard.ui.wording import plain


def marked() -> list[tuple[str, data.PracticeEvent]]:
    """The practice events, each with the letter by which charts name it."""
    return [(_letter(place), event) for place, event in enumerate(data.practice_events(cache.pointer()).events)]


def marks() -> tuple[Marked, ...]:
    """The letters and days of the practice events, for a chart."""
    return tuple((letter, event.happened_on) for letter, event in marked())


def practice_events() -> None:
    """The list of events and, for whoever may import, a line to add one."""
    st.header("What changed in the practice", anchor=False)
    st.caption(
        "A new product, a new protocol, a move: a dashed line with a letter on the charts by month. Name no patient "
        "here: everybody who opens this page reads it."
    )
    for problem in data.practice_events(cache.pointer()).problems:
        st.warning(plain(problem))
    events = marked()
    if not events:
        st.caption("Nothing is noted yet." + (" Add the first below." if may_import() else ""))
    for letter, event in events:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{letter}** {event.happened_on:%-d %B %Y}: {plain(event.what)}", width="content")
            if may_import() and st.button("Remove", key=f"watch_remove_{letter}_{event.happened_on}", type="tertiary"):
                _changed(data.remove_practice_event, event, "removed")
    if may_import():
        _add()


def _add() -> None:
    as_of = cache.current_store().as_of
    with (
        st.form("watch_add_event", clear_on_submit=True, border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        day = st.date_input("Day", value=as_of, key="watch_event_day", width=160)
        what = st.text_input(
            "What changed", key="watch_event_what", max_chars=80, width=320, placeholder="New cannula for lips"
        )
        is_added = st.form_submit_button("Add")
    if is_added and not isinstance(day, tuple):
        _changed(data.add_practice_event, data.PracticeEvent(day, what), "added")


def _changed(change: Callable[[Path, data.PracticeEvent], None], event: data.PracticeEvent, how: str) -> None:
    about = {how: f"{event.happened_on} {event.what}"}
    changed(lambda: change(cache.pointer(), event), "practice event", **about)


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else str(place + 1)
