"""A snapshot that was changed since it was published is never served."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

import data
from dashboard.store import open_snapshot
from tests.faults.states import current_state, write_state

MUTATIONS = 200
PLANTS = "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute('delete from treatments'); os._exit(0)"


@pytest.fixture
def pointer(tmp_path: Path) -> Path:
    data.import_exports([write_state(1, tmp_path)], tmp_path / "outcomes.json")
    return tmp_path / "outcomes.json"


def mutated(content: bytes, chance: random.Random) -> tuple[str, bytes]:
    """What was done to a file, and what it holds then."""
    place, size = chance.randrange(len(content)), len(content)
    kind = chance.choice(["a bit", "a byte", "a block", "cut", "longer", "swapped", "emptied", "rubbish", "two bits"])
    if kind in ("a bit", "two bits"):
        changed = bytearray(content)
        for one in {place, chance.randrange(size)} if kind == "two bits" else {place}:
            changed[one] ^= 1 << chance.randrange(8)
        return kind, bytes(changed)
    if kind == "a byte":
        return kind, content[:place] + bytes([content[place] ^ chance.randrange(1, 256)]) + content[place + 1 :]
    if kind == "a block":
        block = chance.randbytes(min(4096, size - place))
        return kind, content[:place] + block + content[place + len(block) :]
    if kind == "cut":
        return kind, content[:place]
    if kind == "longer":
        return kind, content + chance.randbytes(1 + place % 9000)
    if kind == "swapped":
        return kind, content[place:] + content[:place]
    return kind, b"" if kind == "emptied" else chance.randbytes(size)


def test_two_hundred_damaged_snapshots_are_refused(pointer: Path) -> None:
    chance = random.Random(3)
    file = data.current(pointer).path
    content = file.read_bytes()
    file.chmod(0o644)
    refused = 0
    for _ in range(MUTATIONS):
        kind, damaged = mutated(content, chance)
        if damaged == content:
            continue
        status = file.stat()
        file.write_bytes(damaged)
        if len(damaged) == len(content):
            os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))  # as a copy that keeps times would have it
        for opened in (pointer, file):
            with pytest.raises(data.ImportRefused, match=r"is damaged.*[Ii]mport the exports again") as refusal:
                open_snapshot(opened)
            assert "\n" not in str(refusal.value), kind
        refused += 1
    assert refused >= MUTATIONS - 5
    file.write_bytes(content)
    assert current_state(pointer) == 1
    print(f"\n{refused} damaged snapshots, each refused by its pointer and by its own name")


def test_a_planted_log_is_not_replayed(pointer: Path, tmp_path: Path) -> None:
    """DuckDB would replay it, even where the snapshot is opened read-only."""
    file = data.current(pointer).path
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(file.read_bytes())
    subprocess.run([sys.executable, "-c", PLANTS, str(copy)], check=True)
    log = copy.with_name(f"{copy.name}.wal").read_bytes()
    assert log
    planted = file.with_name(f"{file.name}.wal")
    planted.write_bytes(log)
    for opened in (pointer, file):
        with pytest.raises(data.ImportRefused, match=r"has a \.wal file beside it"):
            open_snapshot(opened)
    planted.unlink()
    assert current_state(pointer) == 1


def test_a_page_that_is_open_refuses_what_was_damaged_since(pointer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.ui import cache

    monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(pointer))
    data.import_exports([pointer.with_name("state-1")], pointer, replace=True)
    cache.look_again()
    store = cache.current_store()
    cache.look_again()
    assert cache.current_store() is store
    file = data.current(pointer).path
    file.chmod(0o644)
    file.write_bytes(b"rubbish")
    cache.look_again()
    with pytest.raises(data.ImportRefused, match=r"is damaged.*Return to an older one"):
        cache.current_store()
    data.return_to(pointer, 1)
    cache.look_again()
    assert cache.current_store().name.startswith("000003-")
