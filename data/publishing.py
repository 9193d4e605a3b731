"""Snapshots are published so that a reader sees the old one or the new one, never half of one.

A pointer file names the current snapshot; the snapshots stand beside it, in the folder `<pointer>.d`, each under a
name of its own, `<generation>-<checksum>.duckdb`, and are never changed. Renaming a new pointer over the old one is
the commit: whatever fails before it leaves everything as it was.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from data.refusal import ImportRefused

FORMAT_VERSION = 1
GENERATIONS_KEPT = 10
PATIENCE_SECONDS = 60.0
READ_ONLY: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "lock_configuration": True,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}
AGAIN = "Import the exports again with --replace to make a new one."

_verified: dict[tuple[str, int, int, int], str] = {}


@dataclass(frozen=True)
class Generation:
    """A published snapshot: its file, checksum, a name that changes with every import, and what it holds.

    `number` is 0, and `rows` and `as_of` are None, for a snapshot file that is opened without its pointer.
    """

    path: Path
    sha256: str
    name: str
    number: int = 0
    rows: int | None = None
    as_of: date | None = None


def current(path: str | Path) -> Generation:
    """The snapshot that a pointer names now; a snapshot file may be given as well.

    Its checksum is verified once per process. Raises ImportRefused where there is none, or one that is damaged or
    of another version of this program.
    """
    pointer = Path(path)
    if not pointer.is_file():
        raise ImportRefused(f"There is no snapshot at {pointer}. Make one: outcomes import FOLDER --into {pointer}")
    written = _pointer(pointer)
    if written is None:
        sha256 = _checksum(pointer)
        _require_version(_format_version(pointer, sha256), pointer)
        return Generation(pointer, sha256, sha256[:12])
    _require_version(written.get("format_version"), pointer)
    file = _folder(pointer) / Path(str(written["file"])).name
    if not file.is_file():
        raise ImportRefused(f"The snapshot {file.name}, which {pointer} names, is missing. {AGAIN}")
    if _checksum(file) != written["sha256"]:
        raise ImportRefused(f"The snapshot {file.name} is damaged: its checksum has changed. {AGAIN}")
    try:
        as_of = date.fromisoformat(written["as_of"]) if written.get("as_of") else None
        number = int(written["generation"])
    except (ValueError, TypeError):
        raise ImportRefused(f"The pointer {pointer} is damaged. {AGAIN}") from None
    return Generation(file, written["sha256"], file.stem, number, written.get("rows"), as_of)


class Staging:
    """A place for one new snapshot, while no other import can publish to the same pointer."""

    def __init__(self, pointer: Path) -> None:
        self.pointer = pointer
        self.folder = _folder(pointer)
        self.staging = self.folder / "staging"
        self.path = self.staging / f"{uuid.uuid4().hex}.duckdb"

    def commit(self, rows: int, as_of: date | None) -> Generation:
        """Publish what was built at `path`: from here on readers see it."""
        if self.path.with_suffix(".duckdb.wal").exists():
            raise ImportRefused("The new snapshot was not written completely (a .wal file is left). Import again.")
        sha256 = _sha256(self.path)
        _sync(self.path)
        self.path.chmod(self.path.stat().st_mode & 0o555)
        number = 1 + max((_number(file) for file in self.folder.glob("*.duckdb")), default=0)
        file = self.folder / f"{number:06d}-{sha256[:12]}.duckdb"
        self.path.rename(file)
        _sync(self.folder)
        written = {
            "generation": number,
            "file": file.name,
            "sha256": sha256,
            "rows": rows,
            "as_of": as_of.isoformat() if as_of else None,
            "format_version": FORMAT_VERSION,
        }
        temporary = self.staging / f"{uuid.uuid4().hex}.json"
        temporary.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
        _sync(temporary)
        temporary.rename(self.pointer)
        _sync(self.pointer.parent)
        self._remove_old(file)
        return Generation(file, sha256, file.stem, number, rows, as_of)

    def _remove_old(self, newest: Path) -> None:
        files = sorted((file for file in self.folder.glob("*.duckdb") if file != newest), key=_number)
        for file in files[: max(len(files) + 1 - GENERATIONS_KEPT, 0)]:
            file.unlink(missing_ok=True)


@contextmanager
def staging(into: str | Path, tell: Callable[[str], None] = lambda message: None) -> Iterator[Staging]:
    """A staging place for a new snapshot at this pointer; waits a minute while another import is at work.

    Whatever is left in it is removed at the end. Raises ImportRefused where nothing can be written.
    """
    pointer = Path(into)
    if pointer.is_dir() or (pointer.exists() and _pointer(pointer) is None):
        raise ImportRefused(f"{pointer} is there already and is not made by an import: choose another place (--into).")
    place = Staging(pointer)
    lock = None
    try:
        place.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(place.folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        _wait_for(lock, pointer, tell)
        # Only now: whoever had the lock removed its own staging place on leaving.
        place.staging.mkdir(exist_ok=True)
        for left in place.staging.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield place
    except OSError as error:
        raise ImportRefused(f"The snapshot cannot be written at {pointer}: {error.strerror}.") from error
    finally:
        if lock is not None:
            shutil.rmtree(place.staging, ignore_errors=True)
            os.close(lock)


def _wait_for(lock: int, pointer: Path, tell: Callable[[str], None]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    has_told = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise ImportRefused(
                    f"Another import into {pointer} is at work. Nothing was changed; try again when it is done."
                ) from error
            if not has_told:
                tell("waiting for another import to finish")
                has_told = True
            time.sleep(0.1)
        else:
            return


def _folder(pointer: Path) -> Path:
    return pointer.with_name(f"{pointer.name}.d")


def _number(file: Path) -> int:
    digits = file.name.split("-")[0]
    return int(digits) if digits.isdecimal() else 0


def _pointer(path: Path) -> dict[str, Any] | None:
    """What a pointer file says; None where the file is none."""
    try:
        with path.open("rb") as file:
            written = json.loads(file.read(10_000))
    except (ValueError, OSError):
        return None
    return written if isinstance(written, dict) and {"generation", "file", "sha256"} <= set(written) else None


def _checksum(file: Path) -> str:
    """The SHA-256 of a file, computed once while the file stays the same."""
    if file.with_name(f"{file.name}.wal").exists():
        raise ImportRefused(f"{file.name} has a .wal file beside it: it is no published snapshot. {AGAIN}")
    status = file.stat()
    key = (str(file.resolve()), status.st_ino, status.st_size, status.st_mtime_ns)
    if key not in _verified:
        _verified[key] = _sha256(file)
    return _verified[key]


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


_versions: dict[str, int] = {}


def _format_version(file: Path, sha256: str) -> int:
    """The version of a snapshot file's layout, read once per content."""
    if sha256 not in _versions:
        try:
            with duckdb.connect(str(file), read_only=True, config=READ_ONLY) as connection:
                rows = connection.execute("select format_version from snapshot").fetchall()
        except duckdb.Error as error:
            raise ImportRefused(f"{file} is not a snapshot, or a damaged one. {AGAIN}") from error
        _versions[sha256] = int(rows[0][0]) if rows else 0
    return _versions[sha256]


def _require_version(version: object, path: Path) -> None:
    if version != FORMAT_VERSION:
        raise ImportRefused(
            f"{path} was made by another version of this program (layout {version}, this one reads {FORMAT_VERSION}). "
            f"{AGAIN}"
        )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
