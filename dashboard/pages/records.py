"""For the analyst: the selected records and every measure as tables, to look at and to take away."""

from typing import Any

import streamlit as st

from dashboard.access import may_see_records
from dashboard.charts.style import count, words
from dashboard.filters import Filters
from dashboard.request import Request
from dashboard.store import MEASURES, OF_ONE_PATIENT, RECORDS, definition, options_of
from dashboard.ui import cache
from dashboard.ui.choices import UNITS, choice, due_within, group
from dashboard.ui.heading import heading, told_of_records
from dashboard.ui.section import panels
from dashboard.ui.taking import bundle, take
from dashboard.ui.wording import plain
from dashboard.ui.working import Working

TITLE = "Records"
URL_PATH = "records"
PREVIEW = 200


def render(filters: Filters) -> None:
    offered = (*RECORDS, *MEASURES) if may_see_records() else MEASURES
    lead = "The selected records, and every measure" if may_see_records() else "Every measure of what is selected"
    heading(TITLE, f"{lead}, as tables to take away.", filters)
    tables = [name for name in offered if name not in OF_ONE_PATIENT]
    name = choice("Table", {words(name): name for name in tables}, "records_table")
    st.caption(plain(definition(name).sentence))
    (_records if name in RECORDS else _measure)(name, filters)
    bundle(tables, filters)


def _records(name: str, filters: Filters) -> None:
    options: dict[str, Any] = (
        {"horizon_days": due_within("records_horizon")} if "horizon_days" in options_of(name) else {}
    )
    told_of_records()
    preview = cache.records(name, filters, PREVIEW, **options)
    selected, of = (cache.record_count(name, chosen, **options) for chosen in (filters, Filters()))
    shown = f"; the first {PREVIEW} are shown, the download has all" if selected > PREVIEW else ""
    st.markdown(f"**{count(selected)}** of {count(of)} rows{shown}")
    st.dataframe(preview, hide_index=True, placeholder="", alt=f"{name}, the first rows")
    st.caption("Download all selected rows as")
    _offered(Request(name, filters, options=tuple(options.items())), selected)


def _measure(name: str, filters: Filters) -> None:
    with st.container(horizontal=True, vertical_alignment="top"):
        by = group(name, "records_by")
        options = {"unit": choice("Count", UNITS, "records_unit")} if "unit" in options_of(name) else {}
    figures = cache.measure(name, filters, by, **options)
    st.markdown(f"**{count(len(figures))}** rows")
    st.dataframe(figures, hide_index=True, placeholder="", alt=f"{name}, the figures")
    st.caption("Download these rows as")
    _offered(Request(name, filters, by, tuple(options.items())), len(figures))


def _offered(request: Request, rows: int) -> None:
    take(request, rows)
    panels(Working.of(request, TITLE), None, "records")
