"""Whether the server can answer: health says that it runs, readiness that it has something to show."""

from __future__ import annotations

import threading

_opened: set[str] = set()
_opening = threading.Lock()


def is_ready() -> bool:
    """Whether the current snapshot can be opened; each is opened once."""
    from dashboard.store import current_snapshot, open_snapshot, snapshot_path
    from data import ImportRefused

    with _opening:
        try:
            name = current_snapshot(snapshot_path()).name
            if name not in _opened:
                open_snapshot(snapshot_path())
                _opened.add(name)
        except ImportRefused:
            return False
    return True
