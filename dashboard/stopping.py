"""Work that somebody waits for, and that is stopped where nobody does any more: queries, and processes that compute.

Whoever does the work says how what they begin is ended (`by`); whoever waits stops all of it (`Work.stop`). Outside of
a `Work`, nothing is ever stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

Given = TypeVar("Given")


class Stopped(Exception):
    """The work was stopped before it was done."""


class Work:
    """Something that is done in a thread, and may be stopped by another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: list[Callable[[], object]] = []
        self.is_stopped = False

    def do(self, work: Callable[[], Given]) -> Given:
        """What the work gives; where it is stopped, it fails."""
        token = _AT_WORK.set(self)
        try:
            return work()
        finally:
            _AT_WORK.reset(token)

    def stop(self) -> None:
        """Ends whatever it has begun; it begins nothing more."""
        with self._lock:
            self.is_stopped = True
            for end in self._ends:
                end()

    def _begins(self, end: Callable[[], object]) -> None:
        with self._lock:
            if self.is_stopped:
                end()
                raise Stopped
            self._ends.append(end)


_AT_WORK: ContextVar[Work | None] = ContextVar("at_work", default=None)


def is_at_work() -> bool:
    """Whether this is done inside a Work."""
    return _AT_WORK.get() is not None


def by(end: Callable[[], object]) -> None:
    """From here on that ends what was begun, also when it is long done; raises Stopped where it may not go on."""
    if work := _AT_WORK.get():
        work._begins(end)
