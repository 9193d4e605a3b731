"""A place that cannot be written, or that is full, costs the new snapshot and nothing else; the message says why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import data
from tests.faults.importers import imported
from tests.faults.states import ROOT, current_state, write_state

IS_LONG = os.environ.get("OUTCOMES_FAULTS") == "long"
LEFT_FREE = (0, 0.001, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9) if IS_LONG else (0, 0.5)
OF_ITS_OWN = ["unshare", "--user", "--map-root-user", "--mount"]


def can_mount() -> bool:
    """Whether this account may have a file system of its own, which no other process sees."""
    tried = [*OF_ITS_OWN, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(tried, capture_output=True, check=False).returncode == 0


needs_mount = pytest.mark.skipif(not can_mount(), reason="this account may not mount a file system of its own")


def mounted(mount: str, folder: Path, *command: object) -> subprocess.CompletedProcess[str]:
    """Runs a command of Python that sees the folder mounted so; nobody else does."""
    script = f'{mount} "$0" && exec "$@"'
    arguments = [*OF_ITS_OWN, "sh", "-c", script, str(folder), sys.executable, *map(str, command)]
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


@needs_mount
def test_a_full_disk_costs_the_new_snapshot_and_nothing_else(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    exports = [write_state(state, tmp_path) for state in (0, 1)]
    done = mounted("mount -t tmpfs -o size=24m tmpfs", disk, "-m", "tests.faults.test_places", disk, *exports)
    assert done.returncode == 0, done.stderr
    refusals = json.loads(done.stdout)
    assert [left for left, *_ in refusals] == list(LEFT_FREE)
    for _, code, said in refusals:
        assert code == 2
        assert said == (
            f"outcomes: The snapshot cannot be written at {disk / 'outcomes.json'}: No space left on device. "
            "Nothing was changed. Make room on that disk, then import again.\n"
        )
    print(f"\n{len(refusals)} imports onto a full disk, refused")


def fill_the_disk(disk: Path, before: Path, after: Path) -> list[tuple[float, int, str]]:
    """What imports say where there is room for less than a snapshot, on a disk that keeps the state before."""
    pointer, filler = disk / "outcomes.json", disk / "filler"
    assert imported(before, pointer) == (0, "")
    needed = data.current(pointer).path.stat().st_size
    there = sorted(path.name for path in disk.rglob("*"))
    refusals = []
    for left in LEFT_FREE:
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        filler.write_bytes(bytes(free - int(left * needed)))
        refusals.append((left, *imported(after, pointer)))
        assert current_state(pointer) == 0
        filler.unlink()
        assert sorted(path.name for path in disk.rglob("*")) == there
    assert imported(after, pointer) == (0, "")
    assert current_state(pointer) == 1
    return refusals


@needs_mount
def test_a_folder_that_is_read_only_can_be_read_and_not_written(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    exports, pointer = write_state(1, tmp_path), place / "outcomes.json"
    data.import_exports([write_state(0, tmp_path)], pointer)
    read_only = 'mount --bind -o ro "$0"'
    done = mounted(read_only, place, "-m", "dashboard.cli", "import", exports, "--into", pointer)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"outcomes: The snapshot cannot be written at {pointer}: Read-only file system. Nothing was changed. "
        "Choose a place that can be written (--into).\n"
    )
    new = place / "new.json"
    done = mounted(read_only, place, "-m", "dashboard.cli", "import", exports, "--into", new)
    assert (done.returncode, "Read-only file system" in done.stderr) == (2, True)
    done = mounted(read_only, place, "-m", "dashboard.cli", "export", "treatments", "--snapshot", pointer)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 61
    assert current_state(pointer) == 0


@pytest.mark.parametrize("largest", [1_000, 300_000, 2_000_000] if IS_LONG else [300_000])
def test_an_account_that_may_write_no_large_files_is_told(tmp_path: Path, largest: int) -> None:
    pointer = tmp_path / "outcomes.json"
    data.import_exports([write_state(0, tmp_path)], pointer)
    limited = (
        "import resource, sys; from dashboard.cli import main; "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({largest}, {largest})); main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", limited, "import", str(write_state(1, tmp_path)), "--into", str(pointer)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        f"outcomes: The snapshot cannot be written at {pointer}: File too large. Nothing was changed. "
        "Let this account write larger files, then import again.\n"
    )
    assert current_state(pointer) == 0
    assert not pointer.with_name("outcomes.json.d").joinpath("staging").exists()


if __name__ == "__main__":
    print(json.dumps(fill_the_disk(*map(Path, sys.argv[1:]))))
