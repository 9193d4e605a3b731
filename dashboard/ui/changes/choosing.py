"""The earlier snapshot that the current one is compared with."""

from __future__ import annotations

import streamlit as st

import data
from dashboard.charts.style import count
from dashboard.store import Store, earlier_snapshots
from dashboard.ui import cache
from dashboard.ui.choices import choice
from dashboard.ui.wording import plain


def earlier_snapshot() -> Store | None:
    """The one that is chosen among those imported before the current one; None where there is none yet, and says so."""
    earlier = earlier_snapshots(cache.pointer())
    if not earlier:
        st.info(
            "Every import keeps the snapshot before it, and this page compares the two. Bring in the next export, on "
            "the page Data or with the command outcomes import, and come back.",
            title="There is no earlier snapshot yet",
        )
        return None
    names: dict[str, data.KeptSnapshot] = {}
    for one in earlier:
        name = f"{one.imported_at:%-d %b %Y, %H:%M}"
        names[f"{name} ({one.number})" if name in names else name] = one
    chosen = choice("Since the import of", names, "changes_since", is_list=True)
    store = cache.kept_store(chosen)
    facts = [f"Snapshot {chosen.number}", f"{count(store.cohort_size()[1])} treatment records"]
    facts += [f"data as of {chosen.as_of:%-d %B %Y}"] if chosen.as_of else []
    st.caption(plain(" · ".join(facts)))
    if store.is_synthetic != cache.current_store().is_synthetic:
        st.caption(":orange-badge[Note] One of the two is synthetic sample data, so nearly everything differs.")
    return store
