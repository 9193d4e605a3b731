"""What changed, in a sentence."""

from __future__ import annotations

import streamlit as st

from dashboard.charts.style import count
from dashboard.store import Store
from dashboard.ui import cache
from dashboard.ui.account import NOUNS
from dashboard.ui.changes.comparing import Known
from dashboard.ui.readings.changes import HEADLINES, signals_in_words
from dashboard.ui.signals import many
from dashboard.ui.wording import plain, when


def summary(earlier: Store, known: Known) -> None:
    """How many records, signals and figures changed since, in a sentence."""
    told = [_records(earlier)]
    if known.signals:
        new, closed = signals_in_words(known.signals, cache.look())
        told.append(f"{many(len(new), 'new signal')}, {count(len(closed))} closed")
    figures = [known.figures[name] for name in HEADLINES if name in known.figures]
    if figures:
        moved, of = sum(int(one["is_moved"].sum()) for one in figures), sum(len(one) for one in figures)
        told.append(f"{count(moved)} of {count(of)} figures moved by more than their limits")
    st.markdown(f"**{plain(f'Since {when(earlier.created_at)}: ' + '; '.join(told))}.**")
    if not known.is_complete:
        st.caption("Some is still being counted, and is added here when it is there.")


def _records(earlier: Store) -> str:
    changed = cache.change_counts(earlier, "record_changes")
    by_kind = changed[changed["table"].isin(NOUNS)].groupby("change")["records"].sum()
    late, added = (int(by_kind.get(kind, 0)) for kind in ("late", "added"))
    told = f"{many(added + late, 'record')} added"
    if late:
        told += f" ({count(late)} of them late)"
    return f"{told}, {count(by_kind.get('edited', 0))} edited, {count(by_kind.get('removed', 0))} removed"
