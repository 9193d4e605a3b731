"""States of a practice that tell themselves apart, and readers that look whether what they see is one of them.

In state k every dose is k and every follow-up's satisfaction follows from k, so rows of two states are never taken for
one; all states have the same records, so an import that adds replaces every one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import data
from dashboard.store import Store, open_snapshot

ROOT = Path(__file__).parent.parent.parent
RECORDS = 60


def write_state(state: int, folder: Path) -> Path:
    """The exports of a state, in a folder of their own."""
    exports = folder / f"state-{state}"
    exports.mkdir(parents=True, exist_ok=True)
    days = [f"2024-{1 + number % 12:02d}-{1 + number % 28:02d}" for number in range(RECORDS)]
    treatments = [f"T{number},P{number % 20},{day},neuromodulator,{state}" for number, day in enumerate(days)]
    follow_ups = [f"F{number},T{number},2025-01-15,{1 + state % 5}" for number in range(RECORDS)]
    for name, header, rows in (
        ("treatments", "treatment_id,patient_id,treated_on,treatment_type,dose", treatments),
        ("follow_ups", "follow_up_id,treatment_id,followed_up_on,satisfaction", follow_ups),
    ):
        (exports / f"{name}.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return exports


def state_of(store: Store) -> int:
    """The one state that a store shows; AssertionError where it shows parts of several, or not all of one."""
    treatments, follow_ups = store.records("treatments"), store.records("follow_ups")
    assert len(treatments) == len(follow_ups) == RECORDS == store.cohort_size()[1]
    doses, satisfactions = set(treatments["dose"].astype(int)), set(follow_ups["satisfaction"].astype(int))
    assert len(doses) == 1, f"a mixture of the states {doses}"
    state = doses.pop()
    assert satisfactions == {1 + state % 5}, f"follow-ups of another state than {state}"
    return state


def current_state(pointer: Path) -> int:
    """The state of the current snapshot, opened as a page opens it."""
    store = open_snapshot(pointer)
    state = state_of(store)
    store.close()
    return state


@dataclass
class Readings:
    """What the readers saw, all of them together."""

    reads: int = 0
    failed: list[str] = field(default_factory=list)
    backwards: int = 0
    snapshots_seen: int = 0


@contextmanager
def readers(pointer: Path, count: int = 2) -> Iterator[Readings]:
    """Processes that open the current snapshot and read it, again and again; what they saw is there at the end."""
    readings = Readings()
    stop = pointer.with_name("stop-reading")
    command = [sys.executable, "-m", "tests.faults.states", str(pointer), str(stop)]
    processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    try:
        yield readings
    finally:
        stop.touch()
        for process in processes:
            said = json.loads(process.communicate(timeout=120)[0])
            readings.reads += said["reads"]
            readings.failed += said["failed"]
            readings.backwards += said["backwards"]
            readings.snapshots_seen = max(readings.snapshots_seen, said["snapshots_seen"])
        stop.unlink()


def read_until(stop: Path, pointer: Path) -> Readings:
    """Opens what is current and reads it; a store that was opened before, and perhaps removed since, is read again."""
    readings, last, opened = Readings(), 0, list[Store]()
    while not stop.exists():
        try:
            generation = data.current(pointer)
            store = open_snapshot(pointer)
            state_of(store)
            opened.append(store)
            state_of(opened[0])
            if len(opened) > 3:
                opened.pop(0).close()
            readings.reads += 2
            readings.backwards += generation.number < last
            readings.snapshots_seen += generation.number > last
            last = max(last, generation.number)
        except Exception as failure:  # whatever it is: a reader was disturbed
            readings.failed.append(f"{type(failure).__name__}: {failure}")
        time.sleep(0.1)
    return readings


if __name__ == "__main__":
    print(json.dumps(vars(read_until(Path(sys.argv[2]), Path(sys.argv[1])))))
