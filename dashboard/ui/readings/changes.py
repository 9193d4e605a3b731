"""What differs between two snapshots, in words."""

from __future__ import annotations

import pandas as pd

from dashboard.changes import Signals
from dashboard.charts.style import Look
from dashboard.ui import signals

HEADS = {
    "side_effect_rates": "Side-effect rates",
    "time_to_resolution_summary": "Median time to resolution",
    "maintenance_summary": "Median maintenance interval",
    "follow_up_completeness": "Follow-up completeness",
}
HEADLINES = ("side_effect_rates", "time_to_resolution_summary", "maintenance_summary")


def signals_in_words(compared: Signals, look: Look) -> tuple[list[str], list[str]]:
    """A sentence for each signal that is new, and for each that is closed, as it was said then."""
    return _in_words(compared.new, look), _in_words(compared.closed, look)


def _in_words(frames: dict[str, pd.DataFrame], look: Look) -> list[str]:
    return [
        *signals.over_time(frames["rates_over_time"], (), look),
        *signals.between_events(frames["days_between_events"], (), look),
        *signals.of_groups(frames["practitioner_funnel"], ("practitioner",), look),
        *signals.of_lots(frames["lot_signals"], look),
    ]
