"""The pages as Streamlit knows them, the filter panel beside them, and links between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import streamlit as st
from streamlit.navigation.page import StreamlitPage

import data
from dashboard import access
from dashboard.filters import Filters
from dashboard.ui import cache
from dashboard.ui.address import Shown, show, shown
from dashboard.ui.auditing import seen
from dashboard.ui.errors import calmly
from dashboard.ui.sidebar import filter_panel
from dashboard.ui.signing_in import account, banner, nobody, not_for_you, who_looks
from dashboard.ui.views import saved_views


class PageModule(Protocol):
    """A page: what it is called, where it is, and what it shows of a selection.

    Where it has a MAY_OPEN, one of `dashboard.access`, that says to whom it is open; else to whoever sees figures.
    """

    TITLE: str
    URL_PATH: str

    def render(self, filters: Filters) -> None: ...


def front_door(sections: Mapping[str, Sequence[PageModule]]) -> None:
    """The page that is asked for, of what the filter panel selects; the first of the pages is the way in.

    The sections, by their names, are those of the menu.
    """
    access.ask(who_looks)
    if not access.may_see_figures():
        nobody()
        return
    cache.look_again()
    pages = [page for section in sections.values() for page in section]
    is_open = {page.URL_PATH: _is_open(page) for page in pages}
    known = {page.URL_PATH: _page(page, page is pages[0], is_open[page.URL_PATH]) for page in pages}
    current = st.navigation(
        {name: [known[page.URL_PATH] for page in section] for name, section in sections.items()}, position="top"
    )
    page = next(page for page in pages if known[page.URL_PATH] is current)
    banner()
    account()
    if not is_open[page.URL_PATH]:
        not_for_you(page.TITLE)
        return
    st.session_state["pages"] = {url_path: one for url_path, one in known.items() if is_open[url_path]}
    with calmly():
        try:
            st.session_state["filters"] = filter_panel()
        except data.ImportRefused:
            # Where the data cannot be opened, the page that brings in new data can.
            if not getattr(page, "IS_FOR_IMPORTING", False):
                raise
            st.session_state["filters"] = Filters()
        is_of_patients = getattr(page, "IS_OF_PATIENTS", False)
        show(Shown(page.TITLE, current.url_path, st.session_state["filters"], is_of_patients))
        seen("page", page=current.url_path or "overview", filters=shown().filters.to_query())
        saved_views()
        current.run()


def _is_open(page: PageModule) -> bool:
    may_open: Callable[[], bool] = getattr(page, "MAY_OPEN", access.may_see_figures)
    return may_open()


def _page(page: PageModule, is_first: bool, is_open: bool) -> StreamlitPage:
    """A page of the menu, or where it is not open to whoever looks, of none: its address still says so."""
    return st.Page(
        _shown(page),
        title=page.TITLE,
        url_path=None if is_first else page.URL_PATH,
        default=is_first,
        visibility="visible" if is_open else "hidden",
    )


def link(url_path: str, label: str, **options: str) -> None:
    """A link to another page, which keeps the selection; `options` are the page's own. None to one that is not open."""
    if page := st.session_state["pages"].get(url_path):
        st.page_link(page, label=label, query_params=options or None)


def _shown(page: PageModule) -> Callable[[], None]:
    def shown() -> None:
        page.render(st.session_state["filters"])

    return shown
