"""For the owner: the figures that matter for the period, against the period before, and the ways into the rest."""

import datetime
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from dashboard.charts.maintenance import maintenance_intervals
from dashboard.charts.rates import follow_up_completeness, side_effect_rates
from dashboard.charts.resolution import time_to_resolution
from dashboard.filters import Filters
from dashboard.periods import compared, month_end
from dashboard.privacy import Withheld
from dashboard.report import Asked, make_report, to_html, to_pdf
from dashboard.store import earlier_snapshots
from dashboard.ui import cards
from dashboard.ui.auditing import taken
from dashboard.ui.awaiting import drawn
from dashboard.ui.cache import (
    arriving,
    current_store,
    kept_store,
    look,
    measure,
    pointer,
    usual_maintained_type,
)
from dashboard.ui.choices import COMPARED
from dashboard.ui.errors import calmly
from dashboard.ui.heading import heading
from dashboard.ui.navigation import link
from dashboard.ui.readings import headlines
from dashboard.ui.section import small
from dashboard.ui.waiting import waited_for
from dashboard.ui.wording import upper

TITLE = "Overview"
URL_PATH = "overview"
Told = TypeVar("Told")


def render(filters: Filters) -> None:
    if not heading(TITLE, "What follows treatment, how long it lasts, and when patients come back.", filters):
        return
    store = current_store()
    as_of = month_end(store.as_of) if store.suppress_below else store.as_of
    now, before, when = compared(filters, as_of)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.header(_day(now.treated_from) + " to " + _day(now.treated_to or as_of), anchor=False, width="content")
        with st.popover("Report", width="content"):
            st.fragment(_report)(filters)
    resolved = _told(arriving, "time_to_resolution_summary", now)
    drawn(partial(_cards, now, before, when), resolved is not None and resolved[1], beside=True)
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
    shown: list[cards.Card] = [
        (title, read, _told(measure, name, now), _told(measure, name, before)) for title, read, name in wanted
    ]
    resolved, is_awaited = _told(arriving, "time_to_resolution_summary", now) or (None, False)
    resolved_before = _told(measure, "time_to_resolution_summary", before, limits="none")
    shown.append(("Time to resolution", headlines.median_resolution, resolved, resolved_before))
    returned, returned_before = _told(_returned, now, now), _told(_returned, before, now)
    shown.append(("Maintenance interval", partial(headlines.median_return, look=look()), returned, returned_before))
    cards.cards(shown, when)
    return is_awaited


def _told(figures: Callable[..., Told], *asked: Any, **options: Any) -> Told | None:
    """The figures, None where they are withheld while small numbers are suppressed."""
    try:
        return figures(*asked, **options)
    except Withheld:
        return None


def _returned(filters: Filters, now: Filters) -> pd.DataFrame:
    """How soon people came back, of the maintained type with the most courses now."""
    usual = usual_maintained_type(now)
    returned = measure("maintenance_summary", filters, ("treatment_type",))
    return returned[returned["treatment_type"].isin(usual)]


def _report(filters: Filters) -> None:
    """The report of the selection, which is made when it is asked for, to be taken away as HTML or PDF."""
    store = current_store()
    st.caption(
        "The figures of what is selected as a file of its own, to read, print or hand on. No patient's record is in it."
    )
    practice = st.text_input("Practice", key="report_practice", placeholder="The name above the report")
    offered = {"Nothing": ""} if store.suppress_below else {"Nothing": "", **COMPARED}
    compared = st.selectbox("Compare the two largest by", list(offered), key="report_compare")
    asked = (store.name, filters, practice, compared)
    with calmly():
        if st.button("Make the report", key="report_make"):
            bar, told = st.progress(0.0), [(0.0, "")]

            def tell(step: str, done: int, total: int) -> None:
                told[0] = (done / total, upper(step))

            earlier = [] if store.suppress_below else earlier_snapshots(pointer())
            wanted = Asked(
                made_at=datetime.datetime.now(),
                filters=filters,
                practice=practice,
                compare=offered[compared],
                earlier=kept_store(earlier[0]) if earlier else None,
            )
            made = waited_for(partial(make_report, store, wanted, tell), lambda: bar.progress(*told[0]))
            st.session_state["report"] = asked, made
            bar.empty()
        made_for, made = st.session_state.get("report", (None, None))
        if made_for == asked:
            with st.container(horizontal=True):
                for name, write in (("html", to_html), ("pdf", to_pdf)):
                    st.download_button(
                        name.upper(),
                        data=taken(partial(write, made), f"outcomes-{made.made_at:%Y-%m-%d}.{name}"),
                        file_name=f"outcomes-{made.made_at:%Y-%m-%d}.{name}",
                        key=f"report-{name}",
                        on_click="ignore",
                    )


def _day(day: datetime.date | None) -> str:
    return f"{day:%-d %B %Y}" if day else ""
