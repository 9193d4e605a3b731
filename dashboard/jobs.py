"""Work that takes long, or on files that were dropped in: a child process does it, the server never reads an upload.

An upload is a folder of its own beside the snapshot, `<pointer>.d/uploads/<id>/`, with the files under safe names. A
job is one command of the command line (`propose`, `check`, `import`, `export`) at work on it, niced, with its output
in files of that folder; its progress stands there as JSON lines. What it is asked it is told on stdin: everybody on the
machine can read the arguments of a process, and a filter or a file's name may name somebody. Work on the snapshot
itself, and files that are made to be taken away, have a folder in `<pointer>.d/work/`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

PROJECT = Path(__file__).parent.parent
STALE_SECONDS = 24 * 3600
LONGEST_NAME = 120
NICENESS = 10
COPIED_BYTES = 1 << 20


@dataclass(frozen=True)
class Upload:
    """Files that were dropped in; `names` are their names on disk, in the order in which they came."""

    folder: Path
    names: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.folder.name

    @property
    def files(self) -> list[Path]:
        return [self.folder / "files" / name for name in self.names]

    @property
    def size(self) -> int:
        return sum(file.stat().st_size for file in self.files)

    @property
    def age_seconds(self) -> float:
        """Since anything was last done with it."""
        return time.time() - max(path.stat().st_mtime for path in (self.folder, *self.folder.iterdir()))

    def remove(self) -> None:
        """Ends whatever is at work on it, and deletes the files."""
        for job in [job for job in _jobs.values() if job.upload == self]:
            job.forget()
        shutil.rmtree(self.folder, ignore_errors=True)


def receive(pointer: Path, files: Iterable[tuple[str, BinaryIO]]) -> Upload:
    """Writes what was dropped in into a folder of its own beside the snapshot, for nobody else to read."""
    folder = _uploads(pointer) / uuid.uuid4().hex
    (folder / "files").mkdir(parents=True, mode=0o700)
    names: list[str] = []
    try:
        for shown, content in files:
            name = _safe_name(shown, names)
            with (folder / "files" / name).open("xb") as file:
                shutil.copyfileobj(content, file, COPIED_BYTES)
            names.append(name)
        (folder / "upload.json").write_text(json.dumps(names), encoding="utf-8")
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Upload(folder, tuple(names))


def waiting(pointer: Path) -> list[Upload]:
    """The uploads that are there, the newest first; those that nobody has touched for a day are removed."""
    found = []
    for folder in _uploads(pointer).glob("*/"):
        try:
            upload = Upload(folder, tuple(json.loads((folder / "upload.json").read_bytes())))
            is_stale = upload.age_seconds > STALE_SECONDS and not any(job.is_at_work for job in jobs(upload))
        except (OSError, ValueError):
            if time.time() - folder.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
            continue
        if is_stale:
            upload.remove()
        else:
            found.append(upload)
    return sorted(found, key=lambda upload: upload.age_seconds)


def desk(pointer: Path, work: str) -> Upload:
    """The folder beside the snapshot for work of that name, which nobody dropped a file in for; it may not be there."""
    return Upload(_beside(pointer) / "work" / work, ())


def new_desk(pointer: Path, kind: str) -> Upload:
    """A folder of its own for work of that kind whose files somebody takes away; those a day old are removed."""
    for folder in (_beside(pointer) / "work").glob(f"{kind}-*/"):
        if time.time() - folder.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
    made = desk(pointer, f"{kind}-{uuid.uuid4().hex}")
    made.folder.mkdir(parents=True, mode=0o700)
    return made


def _uploads(pointer: Path) -> Path:
    return _beside(pointer) / "uploads"


def _beside(pointer: Path) -> Path:
    return pointer.absolute().with_name(f"{pointer.name}.d")


def _safe_name(shown: str, taken: Sequence[str]) -> str:
    """A file's name as its owner knows it, without what a path or a pattern would take for more than a name."""
    plain = re.sub(r"[^\w .()+-]", "_", Path(shown.replace("\\", "/")).name)
    stem, dot, suffix = plain.strip().rstrip(".").rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    stem = stem.lstrip(".-").strip()[: LONGEST_NAME - len(suffix)] or "file"
    folded = [name.casefold() for name in taken]
    name, again = f"{stem}{dot}{suffix}", 1
    while name.casefold() in folded:
        again += 1
        name = f"{stem} ({again}){dot}{suffix}"
    return name


@dataclass(frozen=True)
class Progress:
    """What a job is doing, the share that is done (None where nobody can know), and how many of what it counts."""

    step: str
    share: float | None
    done: int = 0


class Job:
    """A command at work on an upload, in a child process of its own that other users do not feel."""

    def __init__(self, upload: Upload, command: str, arguments: Sequence[str | Path]) -> None:
        self.upload = upload
        self.command = command
        self._lock = threading.Lock()
        self._told = upload.folder / f"{command}.progress"
        self._printed = upload.folder / f"{command}.out"
        asked = json.dumps([command, "--progress", "json", *map(str, arguments)]).encode()
        with self._told.open("wb") as told, self._printed.open("wb") as printed:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dashboard.cli.told"],
                cwd=PROJECT,
                stdin=subprocess.PIPE,
                stdout=printed,
                stderr=told,
                start_new_session=True,
            )
        os.setpriority(os.PRIO_PROCESS, self._process.pid, NICENESS)
        with suppress(BrokenPipeError), cast("BinaryIO", self._process.stdin) as told_to:
            told_to.write(asked)

    @property
    def is_at_work(self) -> bool:
        with self._lock:
            return self._process.poll() is None

    @property
    def is_done(self) -> bool:
        """Whether it has ended and did what it was asked (rows may have been rejected)."""
        return not self.is_at_work and self._process.returncode in (0, 1)

    @cached_property
    def refusal(self) -> str:
        """Why nothing was done, and how to mend it."""
        lines = self._told.read_text(encoding="utf-8", errors="replace").splitlines()
        message = "\n".join(line for line in lines if not line.startswith("{")).removeprefix("outcomes: ").strip()
        if message and self._process.returncode == 2:
            return message
        return "It was stopped before it was done. Nothing was changed; try again."

    @property
    def printed(self) -> str:
        """What the command wrote to its standard output."""
        return self._printed.read_text(encoding="utf-8")

    @property
    def progress(self) -> Progress:
        """What it is doing now."""
        told = self._last_told()
        step, done, total = str(told.get("step", "starting")), float(told.get("done", 0)), float(told.get("total", 0))
        if step == "done":
            return Progress(step, 1.0)
        return Progress(step, min(done / total, 1.0) if total > 1 else None, int(done))

    def stop(self) -> None:
        """Ends it and whatever it started; nothing half done is left behind."""
        for ending in (signal.SIGTERM, signal.SIGKILL):
            if not self.is_at_work:
                return
            try:
                os.killpg(self._process.pid, ending)
                self._process.wait(5)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def forget(self) -> None:
        """Ends it, and as if it had never been asked for."""
        self.stop()
        _jobs.pop((self.upload.folder, self.command), None)

    def _last_told(self) -> Mapping[str, float | str]:
        with self._told.open("rb") as file:
            file.seek(max(self._told.stat().st_size - 4096, 0))
            lines = [line for line in file.read().splitlines() if line.startswith(b"{") and line.endswith(b"}")]
        told: dict[str, float | str] = json.loads(lines[-1]) if lines else {}
        return told


_jobs: dict[tuple[Path, str], Job] = {}


def start(upload: Upload, command: str, *arguments: str | Path) -> Job:
    """Begins a command on an upload; one of the same name that is still at work on it is ended first."""
    if earlier := _jobs.get((upload.folder, command)):
        earlier.stop()
    job = _jobs[upload.folder, command] = Job(upload, command, arguments)
    return job


def jobs(upload: Upload) -> list[Job]:
    """The jobs of an upload that this server has begun, whoever asked for them."""
    return [job for (folder, _), job in list(_jobs.items()) if folder == upload.folder]


def find(upload: Upload, command: str) -> Job | None:
    """The job of that command on an upload, at work or ended; None where there was none."""
    return _jobs.get((upload.folder, command))
