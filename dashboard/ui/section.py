"""One line of a page: a chart with its n, its warnings, its definition, its table, its SQL and its downloads."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import orjson
import pandas as pd
import streamlit as st

from dashboard import export, privacy
from dashboard.charts.style import Figure, drawable
from dashboard.filters import Filters
from dashboard.request import Request
from dashboard.store import MEASURES, definition, options_of
from dashboard.ui import cache, wording
from dashboard.ui.address import PANEL, anchor_of
from dashboard.ui.auditing import taken
from dashboard.ui.awaiting import drawn
from dashboard.ui.errors import calmly
from dashboard.ui.marks import Choose, chart_of_marks
from dashboard.ui.tables import columns_in_words
from dashboard.ui.wording import plain
from dashboard.ui.working import PANELS, Working
from queries import COURSE_GROUPS

CONFIG = {
    "displayModeBar": False,
    "displaylogo": False,
    "showSendToCloud": False,
    "scrollZoom": False,
    "doubleClick": False,
}
FORMATS = {"csv": "CSV", "parquet": "Parquet", "xlsx": "Excel", "json": "JSON"}

_TOTALS = {
    "side_effect_rates": "follow_up_completeness",
    "time_to_resolution": "time_to_resolution_summary",
    "healing_clock": "time_to_resolution_summary",
    "maintenance_intervals": "maintenance_summary",
    "result_distribution": "results",
    "asymmetry_change": "results",
    "risk_and_durability": "follow_up_completeness",
    "rates_over_time": "follow_up_completeness",
    "days_between_events": "follow_up_completeness",
    "practitioner_funnel": "follow_up_completeness",
    "lot_signals": "follow_up_completeness",
    "comparison": "follow_up_completeness",
    "baseline_balance": "follow_up_completeness",
}
"""Where the n of a measure stands, if not in itself."""
IN_ONE_GROUP: dict[str, tuple[str, ...] | None] = {
    "results_over_time": None,
    "time_to_resolution_summary": None,
    "kept_plans": ("treatment_type", *COURSE_GROUPS),
    "maintenance_summary": ("treatment_type", *COURSE_GROUPS),
}
"""Measures whose units are each in one group, by whatever they are shown, or by these: there the groups add up."""
_COUNTS = ("recorded", "treated", "pairs", "side_effects", "due", "courses", "at_risk", "exposed", "event", "evaluable")
"""What a measure counts: the first that it has says whether there is anything."""
_DRAWN_AS_TOLD = ("kept_plans", "comparison", "practitioner_funnel", "rates_over_time", "results")
"""Measures whose charts leave away what is suppressed; the others show that it is."""
FUNNELS = (("practitioner",), ("clinic",))
"""By what it is told who was little followed up."""


@dataclass(frozen=True)
class Picture:
    """A chart as JSON, and what is said beneath it: of whom it is, how it was estimated, and what to mind."""

    chart: bytes
    reading: str = ""
    said: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def figure(self) -> Figure:
        figure: Figure = orjson.loads(self.chart)
        return figure


def section(
    heading: str,
    chart: Callable[..., Figure],
    filters: Filters,
    *,
    by: tuple[str, ...] = ("treatment_type",),
    lead: str = "",
    opened: str | None = None,
    most: int | None = None,
    nothing: str = "Nothing to show for this selection. Choose a longer period or fewer filters, or reset them.",
    unit: str = "session",
    window_days: int | None = None,
    clock: str = "onset",
    strata: tuple[str, ...] = (),
    reading: Callable[[pd.DataFrame], str] | None = None,
    outcomes: tuple[str, ...] = (),
    reference: str | None = None,
    on_choose: Choose | None = None,
    **drawing: Any,
) -> None:
    """The measure whose name the chart function bears, drawn, with everything a reader may ask about it.

    `opened` names the panel that is open to begin with, `most` the number of groups that the chart shows where it is
    not the usual one, `nothing` what is said where there is nothing to show; `reading` says in words what the totals
    are, `outcomes` are those whose n is told; `on_choose` is told what mark of a chart that keeps its proportion is
    chosen (chart_of_marks); `drawing` goes to the chart.
    """
    name = measure_of(chart)
    if not is_offered(name):
        return
    with calmly():
        given: dict[str, Any] = {
            "unit": unit,
            "window_days": window_days,
            "clock": clock,
            "strata": strata,
            "reference": reference,
        }
        options = {option: given[option] for option in options_of(name) if option in given}
        totals = _TOTALS.get(name, name)
        total_options = {
            option: given[option] for option in options_of(totals) if option in given and option != "strata"
        }
        request = Request(name, filters, by, tuple(options.items()))
        key = f"{chart.__name__}-{anchor_of(heading)}"
        if "clock" in inspect.signature(chart).parameters:
            drawing["clock"] = clock

        def draw() -> bool:
            with calmly():
                frame, is_awaited = cache.arriving(name, filters, by, **options)
                st.header(heading, anchor=anchor_of(heading))
                if lead:
                    st.caption(lead)
                if is_nothing(frame):
                    st.info(nothing)
                    return is_awaited
                told = told_rows(frame) if name in _DRAWN_AS_TOLD else frame
                if told.empty:
                    st.info("Small numbers are suppressed, and of this nothing is left to be told.")
                    return is_awaited

                def made() -> Picture:
                    look = cache.look()
                    counted = _counted(totals, filters, by, total_options)
                    read = reading(counted) if reading else ""
                    if outcomes:
                        counted = counted[counted["outcome"].isin(outcomes)]
                    return Picture(
                        _as_json(chart(told, look, by, **drawing)),
                        read,
                        (
                            wording.n_in_words(counted, unit),
                            *wording.estimated(frame, by, look, is_awaited),
                            wording.tested(frame, by, look, strata),
                        ),
                        (*_followed_up(name, filters, by, given), *wording.warnings(frame, by, look, most)),
                    )

                of = (chart, request, is_awaited, most, reading, outcomes, *given.items(), *sorted(drawing.items()))
                shown = cache.looking(of, made)
                _drawn(shown.figure, heading, name, key, on_choose)
                if shown.reading:
                    st.markdown(plain(shown.reading))
                for said in filter(None, shown.said):
                    st.caption(plain(said))
                for note in shown.notes:
                    st.caption(f":orange-badge[Note] {plain(note)}")

                def contents(suffix: str) -> bytes:
                    # With all limits, however long they take.
                    return export.to_file(cache.measure(name, filters, by, **options), suffix)

                panels(Working.of(request, heading), contents, key, frame, opened)
                return is_awaited
            return False

        if on_choose is not None:
            draw()
        else:
            drawn(draw, bool(_without_limits(name)) and cache.arriving(name, filters, by, **options)[1])


def _followed_up(name: str, filters: Filters, by: tuple[str, ...], given: dict[str, Any]) -> list[str]:
    """Who was little followed up, wherever rates are shown by practitioner or clinic."""
    if by not in FUNNELS or name not in ("side_effect_rates", "follow_up_completeness", "follow_up_funnel"):
        return []
    options = {option: given[option] for option in options_of("follow_up_funnel")}
    said = wording.little_followed_up(cache.measure("follow_up_funnel", filters, by, **options), by, cache.look())
    if not said and name == "follow_up_funnel":
        said = "Nobody is below the lower 99.8 % limit."
    return [said] if said else []


def small(
    chart: Callable[..., Figure], filters: Filters, by: tuple[str, ...] = ("treatment_type",), **drawing: Any
) -> None:
    """The chart alone with its n, as a way into its page."""

    def draw() -> bool:
        with calmly():
            name = measure_of(chart)
            frame = cache.measure(name, filters, by, **_without_limits(name))
            if is_nothing(frame):
                st.info("Nothing to show for this selection.")
                return False

            def made() -> Picture:
                counted = _counted(_TOTALS.get(name, name), filters, by, {})
                return Picture(_as_json(chart(frame, cache.look(), by, **drawing)), said=(wording.n_in_words(counted),))

            shown = cache.looking((chart, filters, by, *sorted(drawing.items())), made)
            _drawn(shown.figure, definition(name).sentence, name, f"small-{name}")
            for said in shown.said:
                st.caption(plain(said))
        return False

    drawn(draw, beside=True)


def _counted(name: str, filters: Filters, by: tuple[str, ...], options: dict[str, Any]) -> pd.DataFrame:
    """The figures that tell the n of all groups together: those of the groups where they add up, as they are known."""
    columns = IN_ONE_GROUP.get(name, ())
    is_added_up = columns is None or set(by) <= set(columns)
    is_added_up &= not cache.current_store().suppress_below
    figures = cache.measure(name, filters, by if is_added_up else (), **options, **_without_limits(name))
    # Courses add up, their patients do not: who comes for two types is in two groups.
    is_of_courses = is_added_up and name == "maintenance_summary"
    return figures.assign(patients=cache.patients_of_courses(filters)) if is_of_courses else figures


def _without_limits(name: str) -> dict[str, Any]:
    """The option that leaves limits away which take long."""
    return {"limits": "none"} if "limits" in options_of(name) else {}


def _as_json(figure: Figure) -> bytes:
    return orjson.dumps(figure, option=orjson.OPT_SERIALIZE_NUMPY)


def measure_of(chart: Callable[..., Figure]) -> str:
    """The measure that a chart function draws: its own name, or the beginning of it."""
    return max((name for name in MEASURES if chart.__name__.startswith(name)), key=len)


def is_offered(name: str) -> bool:
    """Whether whoever looks is told of a measure at all: where small numbers are suppressed not all can be."""
    return name in privacy.RULES or not cache.current_store().suppress_below


def told_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The figures but for those that are suppressed."""
    return frame[~frame["is_suppressed"]] if "is_suppressed" in frame else frame


def is_nothing(frame: pd.DataFrame) -> bool:
    """Whether a measure has no unit to speak of; a count that is suppressed is one."""
    n = next(column for column in _COUNTS if column in frame)
    return bool((frame[n] == 0).all())


def downloads(
    name: str, contents: Callable[[str], bytes], key: str, formats: Mapping[str, str] = MappingProxyType(FORMATS)
) -> None:
    """One button per file format; a file is made only when it is asked for."""
    for suffix, called in formats.items():
        st.download_button(
            called,
            data=taken(partial(contents, suffix), f"{name}.{suffix}"),
            file_name=f"{name}.{suffix}",
            key=f"{key}-{suffix}",
            on_click="ignore",
        )


def _drawn(figure: Figure, heading: str, name: str, key: str, on_choose: Choose | None = None) -> None:
    """The figure as wide as the page; one that says how wide it has to be scrolls sideways where that is more, and one
    that says how wide it is to its height keeps that.
    """
    alt = f"{heading}: {definition(name).sentence}"
    if on_choose is not None:
        del figure["layout"]["height"]
        proportion = figure["layout"]["meta"]["proportion"]
        st.html(f"<style>.st-key-shaped-{key} {{ aspect-ratio: {proportion} }}</style>")
        with st.container(key=f"shaped-{key}", gap=None):
            chart_of_marks(figure, key, alt, CONFIG, on_choose)
        return
    least = figure["layout"].pop("width", 0)
    if least:
        st.html(f"<style>.st-key-wide-{key} > * {{ min-width: {least}px }}</style>")
    with st.container(key=f"wide-{key}") if least else contextlib.nullcontext():
        st.plotly_chart(drawable(figure), theme=None, config=CONFIG, key=key, alt=alt)


def panels(
    working: Working,
    contents: Callable[[str], bytes] | None,
    key: str,
    table: pd.DataFrame | None = None,
    opened: str | None = None,
    shares: Collection[str] = (),
) -> None:
    """What a reader may ask for: the definition, the figures as a table, how to have them elsewhere, a file,
    unless that is offered elsewhere.

    `shares` are the columns of the table with shares whose names do not say so.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        choice = st.pills(
            "More about this",
            ("Definition", *(() if table is None else ("Table",)), *PANELS),
            default=opened,
            key=f"{PANEL}{key}",
            bind="query-params",
            label_visibility="collapsed",
            wrap=True,
        )
        if contents:
            # Its buttons, of which a page would have dozens, are made when it is opened.
            with st.popover("Download", type="tertiary", key=f"{key}-download", on_change="rerun") as menu:
                if menu.open:
                    downloads(working.file, contents, key)
    if choice == "Definition":
        for about in map(definition, working.names):
            st.markdown(plain(about.sentence))
            notes = {label: text for label, text in about.notes.items() if label != "columns"}
            st.table({plain(label.capitalize()): plain(text) for label, text in notes.items()}, border="horizontal")
    elif choice == "Table" and table is not None:
        shown = wording.without_tests(table)
        st.dataframe(
            shown,
            hide_index=True,
            column_config=columns_in_words(shown, shares),
            placeholder="–",
            alt=f"{working.file} as a table",
        )
    elif choice:
        working.show(choice)
