"""The filter panel that all pages share. It stands in the address, so that a link opens the same view."""

from __future__ import annotations

import datetime
import math
from typing import Any

import streamlit as st

from dashboard import privacy
from dashboard.charts.style import count, words
from dashboard.filters import BOUND_FILTERS, VALUE_FILTERS, FilterError, Filters
from dashboard.periods import OFFERED, month_end, months_before
from dashboard.ui import cache
from dashboard.ui.address import is_known, names_of
from dashboard.ui.wording import plain, sentence

_FIRST = ("treatment_type",)
_SECOND = ("practitioner", "clinic", "product", "area")
_SIDE_EFFECTS = ("effect", "severity", "serious")
_DAYS = (datetime.date(1900, 1, 1), datetime.date(2200, 12, 31))


def filter_panel() -> Filters:
    """The panel, drawn into the sidebar, and what it selects.

    A value that a link asks for and that occurs nowhere stays selected, is named, and selects nothing. Raises
    FilterError for a date or a number in the link that is none.
    """
    if "filters_read" not in st.session_state:
        _read_address()
    with st.sidebar:
        total = st.container()
        chosen: dict[str, Any] = _period()
        for column in _FIRST:
            chosen[column] = _values(column)
        offered = _offered()
        rest = [column for column in offered if column not in (*_FIRST, *_SECOND, *_SIDE_EFFECTS)]
        for name, group in (("Who and where", _SECOND), ("Side effects", _SIDE_EFFECTS), ("More filters", rest)):
            columns = [column for column in group if column in offered]
            active = sum(bool(st.session_state.get(column)) for column in columns)
            with st.expander(f"{name} · {active}" if active else name, key=f"fold_{name}", expanded=bool(active)):
                chosen |= {column: _values(column) for column in columns}
                if name == "More filters" and tuple(offered) == VALUE_FILTERS:
                    chosen |= _doses()
        with total:
            try:
                filters = Filters(**chosen)
            except FilterError:
                st.button("Reset filters", on_click=_reset, width="stretch", key="reset")
                raise
            _selection(filters)
    return filters


def _offered() -> tuple[str, ...]:
    """The columns to filter by: where small numbers are suppressed those of the fixed tables, and what a link asks for,
    so that it can be taken away.
    """
    if not cache.current_store().suppress_below:
        return VALUE_FILTERS
    return tuple(
        column
        for column in VALUE_FILTERS
        if column in (*privacy.COLUMNS, "effect")
        or st.session_state.get(column)
        or f"asked_{column}" in st.session_state
    )


def _selection(filters: Filters) -> None:
    selected, of = cache.cohort_size(filters)
    st.markdown(f"**{count(selected)}** of {count(of)} treatment records")
    if filters.is_empty:
        return
    st.caption(sentence(filters.describe(cache.look().name)))
    for column in VALUE_FILTERS:
        if unknown := [value for value in getattr(filters, column) if value not in cache.values(column)]:
            st.warning(f"{words(column)} {plain(', '.join(unknown))} occurs nowhere in this data.")
    st.button("Reset filters", on_click=_reset, width="stretch", key="reset")


def _period() -> dict[str, datetime.date | None]:
    chosen = {
        name: st.date_input(label, None, *_DAYS, key=name, bind="query-params", format="YYYY-MM-DD")
        for name, label in (("treated_from", "Treated from"), ("treated_to", "Treated up to"))
    }
    st.menu_button("Choose a period", list(OFFERED), key="span", on_click=_span, width="stretch")
    return chosen


def _span() -> None:
    months = OFFERED[st.session_state["span"]]
    period = cache.current_store().period
    last = period[1] if period else cache.current_store().as_of
    if cache.current_store().suppress_below:
        last = month_end(last)
    st.session_state["treated_to"] = last if months else None
    st.session_state["treated_from"] = months_before(last, months) if months else None


def _doses() -> dict[str, float | None]:
    left, right = st.columns(2, gap="small")
    return {
        name: column.number_input(label, value=None, key=name, bind="query-params")
        for name, label, column in (("dose_from", "Dose from", left), ("dose_to", "to", right))
    }


def _values(column: str) -> tuple[str, ...]:
    names = {name: value for value, name in names_of(column).items()}
    kept = [*st.session_state.get(f"asked_{column}", ()), *st.session_state.get(column, ())]
    names |= {value: value for value in kept if value not in names}
    chosen = st.multiselect(
        words(column), list(names), key=column, bind="query-params", placeholder="All", select_all=False
    )
    return tuple(names[name] for name in chosen)


def _read_address() -> None:
    """Checks what the link asks for, and turns codes into the names that the widgets write themselves.

    A value that occurs nowhere is left as it is, to be shown as such. Raises FilterError for a filter that is none.
    """
    asked = {name: st.query_params.get_all(name) for name in st.query_params}
    for name in asked:
        if not is_known(name):
            raise FilterError(f"the link asks for {name}, and there is no such filter")
    bounds = Filters.from_query({name: asked[name] for name in asked if name in BOUND_FILTERS})
    if any(day and not _DAYS[0] <= day <= _DAYS[1] for day in (bounds.treated_from, bounds.treated_to)):
        raise FilterError(f"the period lies outside {_DAYS[0].year} to {_DAYS[1].year}")
    if any(dose is not None and not math.isfinite(dose) for dose in (bounds.dose_from, bounds.dose_to)):
        raise FilterError("the dose is not a number")
    named = dict(asked)
    for column in set(asked) & set(VALUE_FILTERS):
        names = names_of(column)
        named[column] = [names.get(value, value) for value in asked[column]]
        st.session_state[f"asked_{column}"] = named[column]
    st.session_state["filters_read"] = True
    if named != asked:
        st.query_params.from_dict(named)
        st.rerun()


def _reset() -> None:
    for name in (*BOUND_FILTERS, *VALUE_FILTERS):
        st.session_state[name] = [] if name in VALUE_FILTERS else None
