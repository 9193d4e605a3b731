"""An import killed at any moment leaves the old snapshot or the new one, disturbs no reader and leaves nothing behind.

`OUTCOMES_FAULTS=long uv run pytest tests/faults -n 0 -s` is the long form, which prints what it counted.
"""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

import data
from dashboard.store import open_snapshot
from data import publishing
from tests.faults.importers import imported, killed_import, killed_rederiving, outcomes
from tests.faults.states import Readings, current_state, readers, write_state

IS_LONG = os.environ.get("OUTCOMES_FAULTS") == "long"
KILLS = 160 if IS_LONG else 3
KILLS_AROUND_THE_COMMIT = 40 if IS_LONG else 3
FIRST_STEP = 1 if IS_LONG else 11  # the steps before that are those of an import that has not begun to build
FIRST_STEP_OF_DERIVING = 1 if IS_LONG else 23
REQUESTS = 40 if IS_LONG else 2
READERS = 2 if IS_LONG else 1
KEPT = 2
NOTHING_CHANGED = "outcomes: interrupted; nothing was changed\n"
ONLY_PUBLISHED = "outcomes: interrupted; the snapshot was published, but its report was not written to the end\n"


@pytest.fixture
def pointer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A snapshot in state 0, of which few older ones are kept."""
    monkeypatch.setenv(publishing.KEPT_VARIABLE, str(KEPT))
    data.import_exports([write_state(0, tmp_path)], tmp_path / "outcomes.json")
    return tmp_path / "outcomes.json"


def left(pointer: Path) -> list[str]:
    """What stands in the snapshots' folder, the lock apart."""
    return sorted(path.name for path in pointer.with_name("outcomes.json.d").iterdir() if path.name != "lock")


def assert_tidy(pointer: Path) -> None:
    """Nothing is left of any import but the snapshots that are kept."""
    kept = data.snapshots(pointer)
    assert len(kept) <= KEPT
    assert len(left(pointer)) == 2 * len(kept)
    assert not any(one.problem for one in kept)


def assert_undisturbed(readings: Readings) -> None:
    assert readings.reads > 0
    assert readings.failed == []
    assert readings.backwards == 0


def test_a_kill_before_each_step_of_publishing_changes_all_or_nothing(pointer: Path, tmp_path: Path) -> None:
    state, step, number = 0, FIRST_STEP - 1, 1
    seen: list[bool] = []
    with readers(pointer, READERS) as readings:
        while True:
            step += 1
            process = killed_import(write_state(step, tmp_path), pointer, step, KEPT)
            process.join(60)
            now, generation = current_state(pointer), data.current(pointer)
            assert now in (state, step)
            assert generation.number == number + (now == step)
            assert len(list(generation.path.parent.glob("*.duckdb"))) <= KEPT + 2
            seen.append(now == step)
            state, number = now, generation.number
            if process.exitcode == 0:
                break
            assert process.exitcode == -signal.SIGKILL
    assert_undisturbed(readings)
    assert_tidy(pointer)
    assert seen.count(False) >= 8
    assert seen.count(True) >= 3  # killed after the commit, too
    assert seen == sorted(seen)  # there is one commit: before it nothing shows, after it everything
    print(f"\n{len(seen) - 1} kills, one before each step; {seen.count(True) - 1} of them after the commit; {readings}")


def test_a_kill_while_deriving_again_leaves_catalogue_and_snapshot_as_one(pointer: Path) -> None:
    """Whoever comes next finds the catalogue that the snapshot was derived by."""
    data.rederive(pointer, [replace(one, touch_up_window_days=0) for one in data.catalogue_of(None).types])
    step, window, seen = FIRST_STEP_OF_DERIVING - 1, 0, list[bool]()
    with readers(pointer, READERS) as readings:
        while True:
            step += 1
            process = killed_rederiving(step, pointer, step, KEPT)
            process.join(60)
            published = windows(pointer)
            assert published in ({window}, {step})
            seen.append(published == {step})
            if process.exitcode == 0:
                break
            assert process.exitcode == -signal.SIGKILL
            with publishing.staging(pointer):
                own = {one.touch_up_window_days for one in data.catalogue_of(pointer).types}
            assert own == published
            window = max(published)
    assert_undisturbed(readings)
    assert current_state(pointer) == 0
    assert [name for name in left(pointer) if not name.endswith((".duckdb", ".json"))] == ["treatment_types.csv"]
    assert seen.count(False) >= 4
    assert seen.count(True) >= 4  # killed between the commit and the catalogue's being in place, too
    assert seen == sorted(seen)


def windows(pointer: Path) -> set[int]:
    return {one.touch_up_window_days for one in open_snapshot(pointer).treatment_types}


def test_imports_killed_at_random_moments_leave_one_state_or_the_other(pointer: Path, tmp_path: Path) -> None:
    chance = random.Random(7)
    staging = pointer.with_name("outcomes.json.d") / "staging"
    begun = time.monotonic()
    assert imported(write_state(1, tmp_path), pointer) == (0, "")
    duration = time.monotonic() - begun
    state, killed, around, published = 1, 0, 0, 0
    with readers(pointer, READERS) as readings:
        for attempt in range(2, 2 + KILLS + KILLS_AROUND_THE_COMMIT):
            exports = write_state(attempt, tmp_path)
            import_ = outcomes("import", exports, "--into", pointer, *(["--replace"] if attempt % 2 else []))
            if attempt < 2 + KILLS:
                time.sleep(chance.uniform(0, 0.9 * duration))
            else:
                # Committing takes some milliseconds, and begins when the next pointer is written.
                while import_.poll() is None and not (staging / "pointer.json").exists():
                    time.sleep(0.0005)
                time.sleep(chance.uniform(0, 0.02))
                around += 1
            import_.kill()
            import_.communicate(timeout=60)
            killed += import_.returncode == -signal.SIGKILL
            now = current_state(pointer)
            assert now in (state, attempt)
            published += now == attempt
            state = now
            assert len(list(staging.parent.glob("*.duckdb"))) <= KEPT + 2
    assert_undisturbed(readings)
    assert killed >= (KILLS + KILLS_AROUND_THE_COMMIT) * 0.5
    assert imported(write_state(5_000, tmp_path), pointer) == (0, "")
    assert_tidy(pointer)
    print(f"\n{killed} imports killed, {around} around the commit; {published} had published; {readings}")


@pytest.mark.parametrize("signal_sent", [signal.SIGTERM, signal.SIGINT])
def test_an_import_that_is_asked_to_end_leaves_nothing(pointer: Path, tmp_path: Path, signal_sent: int) -> None:
    if signal.getsignal(signal_sent) is signal.SIG_IGN:
        pytest.skip("the tests run where this signal is ignored, and so would the import")
    staging = pointer.with_name("outcomes.json.d") / "staging"
    state, told = 0, dict.fromkeys((NOTHING_CHANGED, ONLY_PUBLISHED, ""), 0)
    for attempt in range(1, 1 + REQUESTS):
        import_ = outcomes("import", write_state(attempt, tmp_path), "--into", pointer)
        while import_.poll() is None and not staging.exists():
            time.sleep(0.001)
        time.sleep(random.Random(attempt).uniform(0, 0.4))
        import_.send_signal(signal_sent)
        _, said = import_.communicate(timeout=60)
        told[said] += 1
        # One that was done already may meet the signal on its way out.
        assert import_.returncode == 2 if said else import_.returncode in (0, -signal_sent)
        state = state if said == NOTHING_CHANGED else attempt
        assert current_state(pointer) == state
        assert_tidy(pointer)
    assert told[NOTHING_CHANGED]
    print(f"\n{REQUESTS} imports asked to end: {told}")
