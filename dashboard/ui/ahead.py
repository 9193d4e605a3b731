"""What a page will ask for, asked while it draws: a page asks for the same figures whatever the filters are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from threading import Thread
from typing import Any

import streamlit as st

from dashboard.filters import Filters

Options = tuple[tuple[str, Any], ...]
Ask = Callable[[str, Filters, tuple[str, ...], Options], Any]
_BEGUN = "ahead"


@dataclass(frozen=True)
class _Asked:
    """A measure, by its groups and with its options, and the filters that were not those of the page."""

    name: str
    by: tuple[str, ...]
    options: Options
    own_filters: tuple[tuple[str, Any], ...]


class _Run:
    """One run of a page: its filters, and what was asked for since it began, in that order."""

    def __init__(self, filters: Filters) -> None:
        self.filters = filters
        self.asked: dict[_Asked, None] = {}
        self.is_over = False


def begin(page: str, filters: Filters, ask: Ask) -> None:
    """A run of a page begins: what its last run in this session asked for is asked again, with these filters.

    What is first is left to the page, and so it is one step ahead of it. `ask` has to remember its answers.
    """
    runs: dict[str, _Run] = st.session_state.setdefault(_BEGUN, {})
    for run in runs.values():
        run.is_over = True
    before, now = runs.get(page), _Run(filters)
    runs[page] = now
    st.session_state[f"{_BEGUN}_now"] = now
    if before is None or before.filters == filters:
        return

    def at_work() -> None:
        for asked in list(before.asked)[1:]:
            if now.is_over:
                return
            try:
                ask(asked.name, replace(filters, **dict(asked.own_filters)), asked.by, asked.options)
            except Exception:
                # Whatever it is, the page meets it where it asks, and says so there.
                return

    Thread(target=at_work, daemon=True).start()


def note(name: str, filters: Filters, by: tuple[str, ...], options: Options) -> None:
    """The page that is drawn asks for this."""
    now: _Run | None = st.session_state.get(f"{_BEGUN}_now")
    if now is None:
        return
    own = tuple(
        (field.name, getattr(filters, field.name))
        for field in fields(filters)
        if getattr(filters, field.name) != getattr(now.filters, field.name)
    )
    now.asked[_Asked(name, by, options, own)] = None
