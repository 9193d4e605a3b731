"""The processes that a process has begun, as Linux tells of them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def children(of: int, running: str = "") -> set[int]:
    """Those that are alive, whose command has that in it."""
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) == of and state != "Z" and running in (place / "cmdline").read_text():
                found.add(int(place.name))
    return found
