"""Snapshots are published so that a reader sees the old one or the new one, never half of one.

Renaming a new pointer over the old one is the commit, of an import and of a return to an older snapshot alike: whatever
fails before it leaves everything as it was, and what a killed process leaves behind is removed by the next.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from data.catalogue import NAME as CATALOGUE
from data.generations import (
    EXTRACTS,
    FORMAT_VERSION,
    NEXT_POINTER,
    STAGING,
    Generation,
    checksum,
    current,
    folder_of,
    generation,
    has_log,
    number_of,
    other_version,
    published,
    read_description,
    sha256_of,
    snapshots,
    unpublished,
    with_log,
)
from data.refusal import ImportRefused, unwritable

KEPT_VARIABLE = "OUTCOMES_SNAPSHOTS_KEPT"
KEPT = 10
FILES_NAMED = 1_000
WORKING = "outcomes-check-"
PATIENCE_SECONDS = 60.0

Tell = Callable[[str], None]


class Staging:
    """A place for one new snapshot, while no other import can publish to the same pointer."""

    def __init__(self, pointer: Path) -> None:
        self.pointer = pointer
        self.folder = folder_of(pointer)
        # Of its own, for a converter that outlives a killed import still writes where that one worked.
        self.staging = self.folder / STAGING / uuid.uuid4().hex
        self.path = self.staging / "built.duckdb"
        self.kept = snapshots_kept()
        self.number: int | None = None

    def earlier(self) -> Generation | None:
        """The snapshot to add to; None where nothing was ever published here.

        Raises ImportRefused where it is damaged, of another version, or where its pointer is gone.
        """
        return current(self.pointer) if self.pointer.exists() or published(self.pointer) else None

    def commit(
        self,
        rows: int,
        as_of: date | None,
        files: Sequence[str] = (),
        is_derived_again: bool = False,
        catalogue: str | None = None,
    ) -> Generation:
        """Publish what was built at `path` from these export files: from here on readers see it.

        With it, `catalogue` becomes the text of the practice's own.
        """
        if has_log(self.path):
            raise ImportRefused("The new snapshot was not written completely (a .wal file is left). Import again.")
        sha256 = sha256_of(self.path)
        self.path.chmod(self.path.stat().st_mode & 0o555)
        _sync(self.path)
        self.number = self._next_number()
        file = self.folder / f"{self.number:06d}-{sha256[:12]}.duckdb"
        pointer = {
            "generation": self.number,
            "file": file.name,
            "sha256": sha256,
            "rows": rows,
            "as_of": as_of.isoformat() if as_of else None,
            "format_version": FORMAT_VERSION,
        }
        description = {
            "imported_at": datetime.now().isoformat(timespec="seconds"),
            "files": list(dict.fromkeys(files))[:FILES_NAMED],
            "is_derived_again": is_derived_again,
        }
        # The pointer first: a process killed from here on leaves behind the name of what is to be removed.
        self._write(NEXT_POINTER, _json(pointer))
        self._write("description.json", _json(pointer | description))
        if catalogue is not None:
            self._write(CATALOGUE, catalogue)
        _sync(self.staging.parent)
        (self.staging.parent / "description.json").rename(file.with_suffix(".json"))
        self.path.rename(file)
        _sync(self.folder)
        return self._publish(file, pointer)

    def commit_older(self, number: int) -> Generation:
        """Publish the snapshot of that number again; ImportRefused where it is not there, or not whole."""
        file = next((file for file in published(self.pointer) if number_of(file) == number), None)
        if not file:
            there = ", ".join(str(one.number) for one in snapshots(self.pointer))
            raise ImportRefused(f"There is no snapshot {number} of {self.pointer} any more; there are: {there}.")
        said, other = read_description(file.with_suffix(".json")), "Return to another one."
        if not said or said["file"] != file.name:
            raise ImportRefused(f"The description of snapshot {number} is missing or damaged. {other}")
        if said.get("format_version") != FORMAT_VERSION:
            raise other_version(said.get("format_version"), file, other)
        if has_log(file):
            raise with_log(file, other)
        if checksum(file) != said["sha256"]:
            raise ImportRefused(f"Snapshot {number} is damaged: its checksum has changed. {other}")
        self.number = self._next_number()
        kept = ("file", "sha256", "rows", "as_of", "format_version")
        pointer = {"generation": self.number} | {name: said.get(name) for name in kept}
        self._write(NEXT_POINTER, _json(pointer))
        return self._publish(file, pointer)

    @property
    def is_published(self) -> bool:
        """Whether the commit is done, whatever interrupted the steps after it."""
        return self.number is not None and (read_description(self.pointer) or {}).get("generation") == self.number

    def clear(self) -> None:
        """Remove what an import left that did not get as far as its commit."""
        orphan = unpublished(self.folder)
        if orphan and (read_description(self.pointer) or {}).get("file") != orphan.name:
            _remove(orphan)
        self._settle_catalogue()
        shutil.rmtree(self.folder / STAGING, ignore_errors=True)

    def _next_number(self) -> int:
        """One more than any number given so far, to an import or to a return."""
        given = [number_of(file) for file in self.folder.glob("*.duckdb")]
        with suppress(TypeError, ValueError):
            given.append(int((read_description(self.pointer) or {}).get("generation", 0)))
        return 1 + max(given, default=0)

    def _write(self, name: str, text: str) -> None:
        path = self.staging.parent / name
        path.write_text(text, encoding="utf-8")
        _sync(path)

    def _settle_catalogue(self) -> None:
        """Put an edited catalogue in its place if its snapshot was published: then no pointer waits beside it."""
        edited = self.staging.parent / CATALOGUE
        if edited.exists() and (self.staging.parent / NEXT_POINTER).exists():
            edited.unlink()
        elif edited.exists():
            edited.rename(self.folder / CATALOGUE)

    def _publish(self, file: Path, pointer: dict[str, Any]) -> Generation:
        (self.staging.parent / NEXT_POINTER).rename(self.pointer)
        # It is published: whatever fails from here on is no reason to say otherwise.
        with suppress(OSError):
            self._settle_catalogue()
            _sync(self.folder)
            _sync(self.pointer.parent)
            for one in sorted(published(self.pointer), key=number_of, reverse=True)[self.kept :]:
                if one != file:
                    _remove(one)
        return generation(file, pointer)


@contextmanager
def staging(into: str | Path, tell: Tell = lambda message: None) -> Iterator[Staging]:
    """A staging place for a new snapshot at this pointer; waits a minute while another import is at work.

    Whatever is left in it is removed at the end. Raises ImportRefused where nothing can be written.
    """
    pointer = Path(into)
    is_own = read_description(pointer) is not None or (folder_of(pointer) / "lock").exists()
    if pointer.is_dir() or (pointer.exists() and not is_own):
        raise ImportRefused(f"{pointer} is there already and is not made by an import: choose another place (--into).")
    place = Staging(pointer)
    try:
        place.folder.mkdir(parents=True, exist_ok=True)
        with _alone(place.folder / "lock", pointer, tell):
            try:
                place.clear()
                place.staging.mkdir(parents=True)
                yield place
            finally:
                place.clear()
    except KeyboardInterrupt:
        # Once it is published it is too late to say that nothing was changed: the work ends as if undisturbed.
        if not place.is_published:
            raise
    except (OSError, duckdb.IOException, duckdb.FatalException) as error:
        raise unwritable(pointer, error) from error


@contextmanager
def working_folder() -> Iterator[Path]:
    """A folder for what is not published, removed at the end; those that killed processes left are removed first.

    Raises ImportRefused where DuckDB cannot write in it.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{WORKING}*/lock"):
        with suppress(OSError), left.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left.parent, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=WORKING) as name:
        folder = Path(name)
        with (folder / "unlocked").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / "unlocked").rename(folder / "lock")
            try:
                yield folder
            except (duckdb.IOException, duckdb.FatalException) as error:
                raise ImportRefused(
                    f"There is no room to work in {folder.parent}: {str(error).splitlines()[0]}. "
                    "Make room there, or name another folder in the environment variable TMPDIR."
                ) from error


def return_to(into: str | Path, number: int, tell: Tell = lambda message: None) -> Generation:
    """Make the kept snapshot of that number the current one again, verified and committed as an import is.

    Raises ImportRefused, with nothing changed, where it is not there, damaged, of another version or current already.
    """
    snapshots(into)  # refuses where there is none
    try:
        is_current = number_of(current(into).path) == number
    except ImportRefused:
        is_current = False
    if is_current:
        raise ImportRefused(f"Snapshot {number} is the current one already.")
    with staging(into, tell) as place:
        place.commit_older(number)
    return current(into)


def snapshots_kept() -> int:
    """How many snapshots are kept: OUTCOMES_SNAPSHOTS_KEPT, else 10; ImportRefused where that is no such number."""
    told = os.environ.get(KEPT_VARIABLE, "").strip() or str(KEPT)
    if not (told.isascii() and told.isdecimal() and int(told)):
        raise ImportRefused(f"{KEPT_VARIABLE} is {told!r}: it takes how many snapshots to keep, a whole number from 1.")
    return int(told)


@contextmanager
def _alone(lock: Path, pointer: Path, tell: Tell) -> Iterator[None]:
    """Holds the lock of a pointer; it says who holds it. The operating system frees it when a process dies."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _wait_for(descriptor, pointer, tell)
        since = datetime.now().isoformat(sep=" ", timespec="seconds")
        _sign(descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since}))
        try:
            yield
        finally:
            with suppress(OSError):
                _sign(descriptor, "")
    finally:
        os.close(descriptor)


def _sign(lock: int, text: str) -> None:
    os.ftruncate(lock, 0)
    os.pwrite(lock, text.encode(), 0)


def _holder(lock: int) -> str:
    """Who holds the lock, as far as it is known: (process 4242 on surgery-2, since 2025-06-30 09:15:00)."""
    try:
        said = json.loads(os.pread(lock, 1_000, 0))
        return f" (process {said['pid']} on {said['host']}, since {said['since']})"
    except (ValueError, KeyError, TypeError):
        return ""


def _wait_for(lock: int, pointer: Path, tell: Tell) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    told = None
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(lock)
            if time.monotonic() > until:
                raise ImportRefused(
                    f"Another import into {pointer} is at work{holder}. Nothing was changed; try again when it is done."
                ) from None
            if holder != told:
                tell(f"waiting for another import to finish{holder}")
                told = holder
            time.sleep(0.1)
        else:
            return


def _remove(file: Path) -> None:
    """A snapshot, its description and its extracts; who has a file open keeps it, others get the current one."""
    for extract in (file.parent / EXTRACTS).glob(f"{file.stem}-*"):
        extract.unlink(missing_ok=True)
    file.with_suffix(".json").unlink(missing_ok=True)
    file.unlink(missing_ok=True)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
