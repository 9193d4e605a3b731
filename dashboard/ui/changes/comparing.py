"""Everything that is compared for a selection, as far as it is known by now."""

from __future__ import annotations

from concurrent.futures import wait
from dataclasses import dataclass

import pandas as pd

from dashboard.changes import Signals
from dashboard.filters import Filters
from dashboard.store import Store
from dashboard.ui import cache
from dashboard.ui.readings.changes import HEADS


@dataclass(frozen=True)
class Known:
    """The signals, and the figures by their measure; None, and absent, while they are being counted."""

    signals: Signals | None
    figures: dict[str, pd.DataFrame]

    @property
    def is_complete(self) -> bool:
        return self.signals is not None and len(self.figures) == len(HEADS)


def known(earlier: Store, filters: Filters) -> Known:
    """What is known by now; what is not is being counted beside the pages."""
    signals = cache.comparing("signals", earlier, filters)
    figures = {name: cache.comparing(name, earlier, filters) for name in HEADS}
    wait([signals, *figures.values()], timeout=cache.AT_ONCE)
    return Known(
        signals.result() if signals.done() else None,
        {name: future.result() for name, future in figures.items() if future.done()},
    )
