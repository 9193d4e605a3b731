"""What changed, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.charts.style import count
from dashboard.store import Store
from dashboard.ui import cache
from dashboard.ui.account import NOUNS
from dashboard.ui.changes.figures import Compared
from dashboard.ui.wording import plain, when


def summary(earlier: Store, headlines: Sequence[Compared]) -> None:
    """How many records and figures changed since, in a sentence."""
    changed = cache.change_counts(earlier, "record_changes")
    by_kind = changed[changed["table"].isin(NOUNS)].groupby("change")["records"].sum()
    late, added = (int(by_kind.get(kind, 0)) for kind in ("late", "added"))
    told = f"{count(added + late)} record{'s' * (added + late != 1)} added"
    if late:
        told += f" ({count(late)} of them late)"
    told += f", {count(by_kind.get('edited', 0))} edited, {count(by_kind.get('removed', 0))} removed"
    moved, of = sum(len(one.moved) for one in headlines), sum(len(one.figures) for one in headlines)
    told += f"; {count(moved)} of {count(of)} figures moved by more than their limits."
    st.markdown(f"**{plain(f'Since {when(earlier.created_at)}: {told}')}**")
    if any(one.is_awaited for one in headlines):
        st.caption(
            "Limits of the time to resolution are still being estimated; until then its medians are not counted."
        )
