"""Fixtures by the real door: records drawn as small tables, written as files, imported, opened."""

from __future__ import annotations

import fcntl
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.drawing import Exports, random_exports, with_random_results, write_exports

if TYPE_CHECKING:
    from dashboard.store import Store

SnapshotOf = Callable[[Exports], "Store"]
# A test run starts hundreds of processes: where bytecode may not be kept, each would compile all it imports anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

RandomSnapshot = Callable[[int], tuple[Exports, "Store"]]


def import_once(exports: Exports, folder: Path) -> Store:
    """Imports exports into a snapshot in the folder, unless it is there already, and opens it.

    Every row must have been loaded: what is drawn keeps the contract.
    """
    import data
    from dashboard.store import open_snapshot

    pointer = folder / "outcomes.json"
    if not pointer.exists():
        report = data.import_exports([write_exports(exports, folder / "exports")], into=pointer)
        assert not report.rejects, report.rejects
    return open_snapshot(pointer)


@pytest.fixture(scope="session")
def snapshot_of(tmp_path_factory: pytest.TempPathFactory) -> SnapshotOf:
    """Imports exports into a snapshot of its own, once, and opens it."""

    @functools.cache
    def snapshot(exports: Exports) -> Store:
        return import_once(exports, tmp_path_factory.mktemp("snapshot"))

    return snapshot


@pytest.fixture(scope="session")
def random_snapshot(tmp_path_factory: pytest.TempPathFactory) -> RandomSnapshot:
    """The random exports of a seed and their snapshot, imported once for all measures and all test processes."""
    return functools.partial(imported_once, tmp_path_factory.getbasetemp(), "random", random_exports)


@pytest.fixture(scope="session")
def results_snapshot(tmp_path_factory: pytest.TempPathFactory) -> RandomSnapshot:
    """The same for random exports with many results."""
    return functools.partial(imported_once, tmp_path_factory.getbasetemp(), "results", exports_with_results)


def exports_with_results(seed: int) -> Exports:
    return with_random_results(random_exports(seed, 30), seed)


@functools.cache
def imported_once(base: Path, kind: str, draw: Callable[[int], Exports], seed: int) -> tuple[Exports, Store]:
    shared = base.parent if base.name.startswith("popen-") else base  # the processes of one run share the parent
    exports = draw(seed)
    with (shared / f"{kind}-{seed}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return exports, import_once(exports, shared / f"{kind}-{seed}")
