"""Work beside the run of a page that waits for it: it ends with the run, or where nobody asks for it any more."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.stopping import Work, is_at_work

Given = TypeVar("Given")

LOOK_SECONDS = 0.1
"""Whether whoever waits is still there is looked at so often."""
MOST_WAITED_FOR = 32
FORGOTTEN_SECONDS = 3.0
"""What nobody has asked for in so long is dropped; pages that wait ask every second."""
ENDING_SECONDS = 1.0

_beside = ThreadPoolExecutor(MOST_WAITED_FOR, thread_name_prefix="beside")


def waited_for(work: Callable[[], Given], meanwhile: Callable[[], object] = lambda: None) -> Given:
    """What the work gives; it is stopped where the run of the page that waits for it has to end.

    That is when its reader leaves, or asks for something else meanwhile. Where no page waits, nothing stops it.
    `meanwhile` is done by the page, now and then, to tell how far the work is.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or is_at_work():
        return work()
    at_work = Work()
    given = _beside.submit(copy_context().run, at_work.do, work)
    try:
        while not wait_for(given):
            meanwhile()
    except BaseException:
        at_work.stop()
        given.cancel()
        raise
    return given.result()


def wait_for(given: Future[Any]) -> bool:
    """Waits a moment for it, or ends the run of the page where that has to end; whether it is there."""
    wait([given], timeout=LOOK_SECONDS)
    if given.done():
        return True
    if context := get_script_run_ctx(suppress_warning=True):
        context.yield_check()
    return False


@dataclass(eq=False)
class _Task:
    work: Callable[[], Any]
    begins: float
    asked: float
    future: Future[Any] = field(default_factory=Future)
    at_work: Work = field(default_factory=Work)

    @property
    def is_forgotten(self) -> bool:
        return time.monotonic() > self.asked + FORGOTTEN_SECONDS


class Tasks:
    """Work that takes long and that pages ask for again and again until it is there; the last asked for comes first.

    So many are done `at_once`. What nobody asks for any more is stopped, or never begun.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._tasks: dict[Hashable, _Task] = {}
        self._at_work: list[_Task] = []
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        atexit.register(self._end)

    def ask(self, key: Hashable, work: Callable[[], Any], after: float = 0.0) -> Future[Any]:
        """What the work of that name will give; it begins so many seconds after it was first asked for, or later."""
        now = time.monotonic()
        with self._changed:
            task = self._tasks.get(key)
            if task is None or task.at_work.is_stopped:
                task = self._tasks[key] = _Task(work, now + after, now)
            elif not task.future.done():
                task.asked = now
            elif task.future.exception():
                del self._tasks[key]  # told once: whoever asks next tries again
            if not self._threads:
                self._begin(self._watch)
            self._changed.notify()
            return task.future

    def _begin(self, what: Callable[[], None]) -> None:
        """A server that is stopped does not wait for what it does."""
        thread = threading.Thread(target=what, daemon=True, name="task")
        self._threads.append(thread)
        thread.start()

    def _watch(self) -> None:
        """Begins what may begin and drops what is forgotten, until there is nothing left."""
        with self._changed:
            while self._tasks or self._at_work:
                for key, task in list(self._tasks.items()):
                    if task.is_forgotten and (task.future.done() or task not in self._at_work):
                        del self._tasks[key]
                        task.future.cancel()
                    elif task.is_forgotten:
                        task.at_work.stop()
                waiting = [
                    task
                    for task in self._tasks.values()
                    if task not in self._at_work and not task.future.done() and task.begins <= time.monotonic()
                ]
                for task in sorted(waiting, key=lambda each: -each.asked)[: self._at_once - len(self._at_work)]:
                    self._at_work.append(task)
                    self._begin(partial(self._do, task))
                self._changed.wait(LOOK_SECONDS)
            self._threads.remove(threading.current_thread())

    def _do(self, task: _Task) -> None:
        try:
            task.future.set_result(task.at_work.do(task.work))
        except Exception as failure:
            task.future.set_exception(failure)
        finally:
            with self._changed:
                self._at_work.remove(task)
                self._threads.remove(threading.current_thread())
                self._changed.notify()

    def _end(self) -> None:
        with self._changed:
            for task in self._at_work:
                task.at_work.stop()
            self._tasks.clear()
            threads = list(self._threads)
        for thread in threads:
            thread.join(ENDING_SECONDS)
