"""The address of what is shown: the page, its filters and options, and what they are in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from dashboard.filters import BOUND_FILTERS, VALUE_FILTERS, Filters
from dashboard.ui import cache

OPTIONS = (
    "rates_",
    "resolution_",
    "maintenance_",
    "results_",
    "comparison_",
    "face_",
    "watch_",
    "clock_",
    "changes_",
    "patient_",
    "records_",
)
"""How the names of the pages' own options begin."""
PANEL = "panel_"
"""How the names of what is open beneath a figure begin."""
LONGEST_TITLE = 150


@dataclass(frozen=True)
class Shown:
    """The page that is open, and what is selected."""

    title: str
    url_path: str
    filters: Filters

    @property
    def in_words(self) -> str:
        """Page and selection in plain words, as the browser's tab has them."""
        described = "" if self.filters.is_empty else self.filters.describe(cache.look().name)
        if len(described) > LONGEST_TITLE:
            described = described[: LONGEST_TITLE - 1].rstrip() + "…"
        return " · ".join(filter(None, (self.title, described, "Outcomes")))

    @property
    def query(self) -> dict[str, list[str]]:
        """The filters, by codes, and the page's options, as a link holds them."""
        options = {name: st.query_params.get_all(name) for name in st.query_params if name.startswith(OPTIONS)}
        return {**self.filters.to_query(), **options}


def shown() -> Shown:
    """What is shown now."""
    current: Shown = st.session_state["shown"]
    return current


def show(title: str, url_path: str, filters: Filters) -> None:
    """From here on this is shown, and named in the browser's tab."""
    st.session_state["shown"] = now = Shown(title, url_path, filters)
    st.set_page_config(page_title=now.in_words)


def is_known(name: str) -> bool:
    """Whether an address may hold a parameter of that name."""
    return name in (*BOUND_FILTERS, *VALUE_FILTERS) or name.startswith((*OPTIONS, PANEL))


def link_to(url_path: str, query: dict[str, list[str]], anchor: str = "") -> str:
    """The whole address of a page, with what it is asked for and the place on it."""
    home = (st.context.url or "").rstrip("/")
    asked = urlencode(query, doseq=True)
    return f"{home}/{url_path}{'?' * bool(asked)}{asked}{'#' * bool(anchor)}{anchor}"


def anchor_of(heading: str) -> str:
    """The name of a place on a page in an address."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
