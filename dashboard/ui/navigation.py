"""The pages as Streamlit knows them, the filter panel beside them, and links between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import streamlit as st

import data
from dashboard.access import may_import, may_see_patients
from dashboard.filters import Filters
from dashboard.ui import cache
from dashboard.ui.address import Shown, show
from dashboard.ui.errors import calmly
from dashboard.ui.sidebar import filter_panel
from dashboard.ui.views import saved_views


class PageModule(Protocol):
    """A page: what it is called, where it is, and what it shows of a selection."""

    TITLE: str
    URL_PATH: str

    def render(self, filters: Filters) -> None: ...


def front_door(sections: Mapping[str, Sequence[PageModule]]) -> None:
    """The page that is asked for, of what the filter panel selects; the first of the pages is the way in.

    The sections, by their names, are those of the menu.
    """
    cache.look_again()
    menu = {name: [page for page in pages if _is_offered(page)] for name, pages in sections.items()}
    pages = [page for section in menu.values() for page in section]
    known = {page.URL_PATH: st.Page(_shown(page), title=page.TITLE, url_path=page.URL_PATH) for page in pages[1:]}
    known |= {pages[0].URL_PATH: st.Page(_shown(pages[0]), title=pages[0].TITLE, default=True)}
    current = st.navigation(
        {name: [known[page.URL_PATH] for page in section] for name, section in menu.items()}, position="top"
    )
    st.session_state["pages"] = known
    with calmly():
        try:
            st.session_state["filters"] = filter_panel()
        except data.ImportRefused:
            # Where the data cannot be opened, the page that brings in new data can.
            if not any(known[page.URL_PATH] is current for page in pages if _is_for_importing(page)):
                raise
            st.session_state["filters"] = Filters()
        page = next(page for page in pages if known[page.URL_PATH] is current)
        show(Shown(page.TITLE, current.url_path, st.session_state["filters"], _is_of_patients(page)))
        saved_views()
        if cache.snapshot_name():
            cache.ask_ahead(page.URL_PATH, st.session_state["filters"])
        current.run()


def _is_offered(page: PageModule) -> bool:
    if _is_of_patients(page) and not may_see_patients():
        return False
    return may_import() or not _is_for_importing(page)


def _is_of_patients(page: PageModule) -> bool:
    return getattr(page, "IS_OF_PATIENTS", False)


def _is_for_importing(page: PageModule) -> bool:
    return getattr(page, "IS_FOR_IMPORTING", False)


def link(url_path: str, label: str, **options: str) -> None:
    """A link to another page, which keeps the selection; `options` are the page's own."""
    st.page_link(st.session_state["pages"][url_path], label=label, query_params=options or None)


def _shown(page: PageModule) -> Callable[[], None]:
    def shown() -> None:
        page.render(st.session_state["filters"])

    return shown
