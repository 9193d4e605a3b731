"""The signals that are new, and those that are closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.changes import signals_compared
from dashboard.filters import Filters
from dashboard.store import Store
from dashboard.ui import cache, signals
from dashboard.ui.wording import plain

SHOWN = 6

_WATCHED: dict[str, tuple[str, ...]] = {
    "rates_over_time": (),
    "days_between_events": (),
    "practitioner_funnel": ("practitioner",),
    "lot_signals": (),
}
WINDOW_DAYS = 30
"""What the page Watch shows before anything is chosen."""


@dataclass(frozen=True)
class Signals:
    """The frames of what is watched, by measure: with the signals that are new only, and with those that are closed."""

    new: dict[str, pd.DataFrame]
    closed: dict[str, pd.DataFrame]

    def in_words(self) -> tuple[list[str], list[str]]:
        """A sentence for each of the new, and for each of the closed, as it was said then."""
        return _in_words(self.new), _in_words(self.closed)


def compare_signals(earlier: Store, later: Store, filters: Filters) -> Signals:
    """The signals of two snapshots."""
    new, closed = {}, {}
    for name, by in _WATCHED.items():
        before, now = (store.measure(name, filters, by, window_days=WINDOW_DAYS) for store in (earlier, later))
        new[name], closed[name] = signals_compared(name, before, now, by)
    return Signals(new, closed)


def signals_changed(compared: Signals | None) -> None:
    """The new signals, and what the closed ones said."""
    st.header("Signals", anchor=False)
    said = f"What crosses a limit on the page Watch, of what began within {WINDOW_DAYS} days"
    st.caption(f"{said}: a reason to look, not a finding.")
    if compared is None:
        st.markdown("Being counted.")
        return
    new, closed = compared.in_words()
    _listed("New", new, "no signal.")
    _listed("Closed", closed, "no signal.")


def _listed(title: str, said: Sequence[str], none: str) -> None:
    if not said:
        st.markdown(f"**{title}**: {none}")
        return
    st.markdown(f"**{title}**\n" + "".join(f"\n- {plain(sentence)}" for sentence in said[:SHOWN]))
    if len(said) > SHOWN:
        with st.expander(f"{len(said) - SHOWN} more", key=f"changes-{title}"):
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in said[SHOWN:]))


def _in_words(frames: dict[str, pd.DataFrame]) -> list[str]:
    look = cache.look()
    return [
        *signals.over_time(frames["rates_over_time"], (), look),
        *signals.between_events(frames["days_between_events"], (), look),
        *signals.of_groups(frames["practitioner_funnel"], ("practitioner",), look),
        *signals.of_lots(frames["lot_signals"], look),
    ]
