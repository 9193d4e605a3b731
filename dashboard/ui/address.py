"""The address of what is shown: the page, its filters and options, and what they are in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    "sql",
    "data_",
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
    is_of_patients: bool = False
    pinned: dict[str, list[str]] = field(default_factory=dict)
    """What options are that nobody chose, where that depends on the data."""

    @property
    def in_words(self) -> str:
        """Page and selection in plain words, as the browser's tab has them."""
        described = "" if self.filters.is_empty else self.filters.describe(cache.look().name)
        if len(described) > LONGEST_TITLE:
            described = described[: LONGEST_TITLE - 1].rstrip() + "…"
        return " · ".join(filter(None, (self.title, described, "Outcomes")))

    @property
    def query(self) -> dict[str, list[str]]:
        """The filters, by codes, and the page's options, as a link may hold them."""
        options = {name: st.query_params.get_all(name) for name in st.query_params if name.startswith(OPTIONS)}
        return {**self.filters.to_query(), **options}

    def link(self, heading: str) -> str:
        """The address of what is below a heading, written as the browser's address is, for else it loses its place.

        It names what nobody chose too where other data would choose otherwise.
        """
        named = {
            name: [names_of(name).get(value, value) for value in values] if name in VALUE_FILTERS else values
            for name, values in {**self.pinned, **self.query}.items()
        }
        return f"{link_to(self.url_path, named)}#{anchor_of(heading)}"


def shown() -> Shown:
    """What is shown now."""
    current: Shown = st.session_state["shown"]
    return current


def show(now: Shown) -> None:
    """From here on this is shown, and named in the browser's tab."""
    st.session_state["shown"] = now
    st.set_page_config(page_title=now.in_words)


def pin(name: str, *values: str) -> None:
    """An option has these values now, by what they are called, because of the data."""
    shown().pinned[name] = [*values]


def is_known(name: str) -> bool:
    """Whether an address may hold a parameter of that name."""
    return name in (*BOUND_FILTERS, *VALUE_FILTERS) or name.startswith((*OPTIONS, PANEL))


def link_to(url_path: str, query: Mapping[str, Sequence[str]]) -> str:
    """The whole address of a page, with what it is asked for."""
    home = (st.context.url or "").removesuffix("/").removesuffix(f"/{shown().url_path}").removesuffix("/")
    asked = urlencode(query, doseq=True)
    return f"{home}/{url_path}{'?' * bool(asked)}{asked}"


def names_of(column: str) -> dict[str, str]:
    """The values of a filter's column that occur, and the names by which its widget and the address have them."""
    look = cache.look()
    named: dict[str, str] = {}
    for value in cache.values(column):
        name = look.name(column, value)
        named[value] = value if name in named.values() else name
    return named


def anchor_of(heading: str) -> str:
    """The name of a place on a page in an address."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
