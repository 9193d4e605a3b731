"""What differs between two snapshots: which figures moved, which signals are new and which are closed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboard.changes import figures_compared, signals_compared
from dashboard.charts.style import Look
from dashboard.filters import Filters
from dashboard.store import Store
from dashboard.ui import signals

HEADS = {
    "side_effect_rates": "Side-effect rates",
    "time_to_resolution_summary": "Median time to resolution",
    "maintenance_summary": "Median maintenance interval",
    "follow_up_completeness": "Follow-up completeness",
}
HEADLINES = ("side_effect_rates", "time_to_resolution_summary", "maintenance_summary")


@dataclass(frozen=True)
class Compared:
    """The figures of a measure in two snapshots, as `figures_compared` has them; of all together the treatment type is
    "total".
    """

    figures: pd.DataFrame

    @property
    def moved(self) -> pd.DataFrame:
        return self.figures[self.figures["is_moved"]]


def compare_figures(name: str, earlier: Store, later: Store, filters: Filters) -> Compared:
    """The figures of a measure in two snapshots, of all together and by treatment type.

    A median maintenance interval over all types would be nobody's, so there is none.
    """
    frames = []
    for by in ((), ("treatment_type",)) if name != "maintenance_summary" else (("treatment_type",),):
        frame = figures_compared(name, earlier.measure(name, filters, by), later.measure(name, filters, by), by)
        frames.append(frame if by else frame.assign(treatment_type="total"))
    figures = pd.concat(frames, ignore_index=True)
    keys = [column for column in ("treatment_type", "effect") if column in figures]
    return Compared(figures[[*keys, *figures.columns.drop(keys)]])


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

    def in_words(self, look: Look) -> tuple[list[str], list[str]]:
        """A sentence for each of the new, and for each of the closed, as it was said then."""
        return _in_words(self.new, look), _in_words(self.closed, look)


def compare_signals(earlier: Store, later: Store, filters: Filters) -> Signals:
    """The signals of two snapshots."""
    new, closed = {}, {}
    for name, by in _WATCHED.items():
        before, now = (store.measure(name, filters, by, window_days=WINDOW_DAYS) for store in (earlier, later))
        new[name], closed[name] = signals_compared(name, before, now, by)
    return Signals(new, closed)


def _in_words(frames: dict[str, pd.DataFrame], look: Look) -> list[str]:
    return [
        *signals.over_time(frames["rates_over_time"], (), look),
        *signals.between_events(frames["days_between_events"], (), look),
        *signals.of_groups(frames["practitioner_funnel"], ("practitioner",), look),
        *signals.of_lots(frames["lot_signals"], look),
    ]
