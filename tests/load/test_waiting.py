"""Work beside the pages: what is remembered of it, what comes first, and that it ends where nobody waits for it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import wait
from functools import partial

import duckdb
import numpy as np
import pandas as pd
import pytest

from dashboard.statistics.resampling import resampled
from dashboard.statistics.turnbull import sample_of, turnbull
from dashboard.stopping import Stopped, Work, by
from dashboard.store import Store
from dashboard.store.connection import cursor_of
from dashboard.ui import remembering, waiting
from dashboard.ui.remembering import Remembered
from dashboard.ui.waiting import Tasks
from tests.conftest import RandomSnapshot
from tests.load.processes import children

ENDS_WITHIN = 2.0


def until(is_so: Callable[[], bool], seconds: float = 20.0) -> float:
    """Waits until it is so; how long that took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


def stopped(work: Callable[[], object], has_begun: Callable[[], bool]) -> float:
    """Stops the work once it has begun; how long it takes to end."""
    failures: list[Exception] = []
    at_work = Work()

    def do() -> None:
        try:
            at_work.do(work)
        except Exception as failure:
            failures.append(failure)

    thread = threading.Thread(target=do)
    thread.start()
    until(has_begun)
    time.sleep(0.1)
    assert thread.is_alive()
    at_work.stop()
    ended = until(lambda: not thread.is_alive())
    assert failures
    with pytest.raises(Stopped):
        at_work.do(partial(by, lambda: None))
    return ended


def test_a_query_ends_when_it_is_stopped() -> None:
    begun = threading.Event()
    with duckdb.connect() as connection:

        def query() -> None:
            cursor = cursor_of(connection)
            begun.set()
            cursor.execute("select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 3")

        assert stopped(query, begun.is_set) < ENDS_WITHIN
        assert connection.execute("select 1").fetchall() == [(1,)]


def test_processes_that_resample_end_when_that_is_stopped() -> None:
    draw = np.random.default_rng(1)
    left = draw.integers(0, 200, 3000)
    right = left + draw.integers(1, 30, 3000).astype(float)
    sample = sample_of(turnbull(left, right, np.ones(3000, dtype=np.int64)), left, right, np.arange(3000) // 2)
    before = children(os.getpid())

    def ours() -> set[int]:
        return children(os.getpid()) - before

    assert stopped(lambda: resampled([sample], 1_000_000), lambda: bool(ours())) < ENDS_WITHIN
    assert not ours()


class Asked:
    """What has a name, as stores have."""

    def __init__(self, name: str) -> None:
        self.name = name


def test_no_more_is_remembered_than_fits() -> None:
    found: list[int] = []

    def large(store: Asked, number: int) -> pd.DataFrame:
        found.append(number)
        return pd.DataFrame({"n": np.full(remembering.MOST_BYTES // 4 // 8, number)})

    remembered, store = Remembered(large), Asked("large")
    for number in range(6):
        assert remembered(store, number)["n"].iloc[-1] == number
        assert remembering._answers.currsize <= remembering.MOST_BYTES
    assert remembered(store, 5)["n"].iloc[0] == 5
    assert found == [0, 1, 2, 3, 4, 5]
    assert remembered.known(store, 0) is None
    remembered(store, 0)
    assert found[-1] == 0
    remembering._answers.clear()


def test_an_answer_belongs_to_whoever_asked_and_to_one_name(random_snapshot: RandomSnapshot) -> None:
    found = []

    def rates(store: Store, by: str) -> pd.DataFrame:
        found.append(by)
        return store.measure("side_effect_rates", by=(by,))

    remembered = Remembered(rates)
    _, store = random_snapshot(1)
    kept = remembered(store, "area")
    rate = kept["rate"].copy()
    kept["rate"] = -1.0
    kept.loc[:, "affected"] = 7
    again = remembered(store, "area")
    pd.testing.assert_series_equal(again["rate"], rate)
    pd.testing.assert_frame_equal(again, store.measure("side_effect_rates", by=("area",)))
    assert found == ["area"]
    _, other = random_snapshot(2)
    pd.testing.assert_frame_equal(remembered(other, "area"), other.measure("side_effect_rates", by=("area",)))
    assert found == ["area", "area"]


def test_many_who_ask_the_same_wait_for_one_answer() -> None:
    found = []

    def slowly(store: Asked, number: int) -> int:
        found.append(number)
        time.sleep(0.2)
        return number

    remembered, answers = Remembered(slowly), []
    threads = [threading.Thread(target=lambda: answers.append(remembered(Asked("slow"), 3))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [3] * 8
    assert found == [3]


def test_what_is_asked_last_comes_first_and_what_nobody_asks_for_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FORGOTTEN_SECONDS", 0.4)
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.05)
    tasks, done, ended = Tasks(at_once=1), [], threading.Event()

    def work(name: str, seconds: float = 0.1) -> str:
        by(ended.set)
        if ended.wait(seconds):
            raise ValueError("ended")
        done.append(name)
        return name

    tasks.ask("first", partial(work, "first"))
    time.sleep(0.06)  # it has begun
    wanted = {name: partial(work, name) for name in ("second", "third")}
    tasks.ask("forgotten", partial(work, "forgotten"))
    for _ in range(12):
        futures = {name: tasks.ask(name, each) for name, each in wanted.items() if name not in done}
        time.sleep(0.05)
    assert done[:3] == ["first", "third", "second"]
    assert all(future.result() for future in futures.values() if future.done())
    # What is at work is ended in the middle of it, when it is asked for no more; asked for again, it begins anew.
    forgotten = tasks.ask("long", partial(work, "long", 60))
    assert until(ended.is_set) < ENDS_WITHIN
    wait([forgotten], timeout=ENDS_WITHIN)
    assert isinstance(forgotten.exception(0), ValueError)
    ended.clear()
    assert tasks.ask("long", partial(work, "long", 0.05)).result(ENDS_WITHIN) == "long"


def test_what_fails_is_told_once_and_tried_again() -> None:
    tasks, tried = Tasks(at_once=2), []

    def fails() -> None:
        tried.append(1)
        raise ValueError("no")

    for times in (1, 2):
        first = tasks.ask("it", fails)
        wait([first], timeout=ENDS_WITHIN)
        again = tasks.ask("it", fails)
        assert again is first
        assert isinstance(again.exception(0), ValueError)
        assert len(tried) == times


def test_threads_end_when_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FORGOTTEN_SECONDS", 0.2)
    before = threading.active_count()
    tasks = Tasks(at_once=2)
    for number in range(4):
        tasks.ask(number, partial(int, number)).result(ENDS_WITHIN)
        tasks.ask(number, partial(int, number))
    until(lambda: threading.active_count() <= before)
