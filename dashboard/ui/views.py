"""Views saved under a name: a list that opens them, and for whoever may, a line to save, rename and remove."""

from __future__ import annotations

import html

import streamlit as st

import data
from dashboard.access import may_save_views
from dashboard.filters import VALUE_FILTERS, FilterError, Filters
from dashboard.ui import cache
from dashboard.ui.address import Shown, link_to, shown
from dashboard.ui.auditing import changed
from dashboard.ui.wording import plain

OF_A_PATIENT = "What is shown of a single patient is not saved: whoever opens the list would read who it is."


def saved_views() -> None:
    """The saved views, in the panel on the left; nothing where there is none and none may be saved."""
    kept = data.saved_views(cache.pointer())
    titles = {page.url_path: page.title for page in st.session_state["pages"].values()}
    views = [view for view in kept.views if view.page in titles and not _tells_of_others(view)]
    if not (views or kept.problem or may_save_views()):
        return
    name = f"Saved views · {len(views)}" if views else "Saved views"
    with st.sidebar, st.expander(name, key="fold_views"):
        if kept.problem:
            st.warning(plain(kept.problem))
        if views:
            st.html(f'<ul class="views">{"".join(_item(view, titles[view.page]) for view in views)}</ul>')
        if may_save_views():
            _save()
            if names := [view.name for view in kept.views if not _tells_of_others(view)]:
                _change(names)


def _tells_of_others(view: data.SavedView) -> bool:
    """Whether a view names what is outside the scope of whoever looks, as far as can be told."""
    if not cache.figures_scope().is_cut:
        return False
    try:
        filters = Filters.from_query(view.query)
    except FilterError:
        return True
    return any(not set(getattr(filters, column)) <= set(cache.values(column)) for column in VALUE_FILTERS)


def _item(view: data.SavedView, title: str) -> str:
    """A link as whoever gets it opens it, called as the browser's tab will be."""
    try:
        words = Shown(title, view.page, Filters.from_query(view.query)).in_words
    except FilterError:
        words = title  # it opens, and says what cannot be understood
    address = html.escape(link_to(view.page, view.query))
    return f'<li><a href="{address}" target="_self" title="{html.escape(words)}">{html.escape(view.name)}</a></li>'


def _save() -> None:
    now = shown()
    if now.is_of_patients:
        st.caption(OF_A_PATIENT)
        return
    with st.form("views_save", clear_on_submit=True, border=False):
        name = st.text_input("Name of this view", max_chars=60, placeholder="Lips, by product", key="views_name")
        is_saved = st.form_submit_button("Save this view", width="stretch")
    if is_saved:
        changed(lambda: data.save_view(cache.pointer(), name, now.url_path, now.query), "saved view", saved=name)


def _change(names: list[str]) -> None:
    with st.popover("Rename or remove", width="stretch"):
        chosen = st.selectbox("View", names, key="views_chosen")
        new = st.text_input("New name", max_chars=60, key="views_new_name")
        if st.button("Rename", key="views_rename", width="stretch"):
            changed(lambda: data.rename_view(cache.pointer(), chosen, new), "saved view", renamed=chosen, to=new)
        if st.button("Remove", key="views_remove", width="stretch"):
            changed(lambda: data.remove_view(cache.pointer(), chosen), "saved view", removed=chosen)
