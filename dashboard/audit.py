"""Who saw which page, took which table away, brought in and edited what: a log that can only be added to.

Each line holds the SHA-256 of the line before it and its own, over everything else in it, so that a line which is
changed, removed or moved is found by `verify`. The last line's stands in a second file too, and can be written down
anywhere else: by it the end of the log cannot be cut off unseen.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BufferedRandom
from pathlib import Path
from typing import Any

from data import beside

VARIABLE = "OUTCOMES_AUDIT"
"""Where the log is, if not beside the snapshots."""
BEGINNING = "0" * 64
_AT_ONCE = 1 << 16


class Unwritable(OSError):
    """The log cannot be written, so that nothing may be shown of which it would have to tell; says why."""


@dataclass(frozen=True)
class Event:
    """A line of the log.

    no: its number, from 1
    at: when, in UTC
    who, name: the provider's subject, or the account of this machine; and what the person is called
    what: page, patient, download, query, import, catalogue, snapshot, saved view, saved query or practice event
    about: which of them (of a patient the pseudonym), with the filters, the rows, the SHA-256 of a file
    before, sha256: of the line before it, and of this one
    """

    no: int
    at: str
    who: str
    name: str
    what: str
    about: dict[str, Any]
    before: str
    sha256: str = ""

    def sealed(self) -> Event:
        """The same with the SHA-256 of everything else in it."""
        told = {key: value for key, value in asdict(self).items() if key != "sha256"}
        return Event(**told, sha256=hashlib.sha256(_line(told)).hexdigest())


@dataclass(frozen=True)
class Verified:
    """How many events the log has, the SHA-256 of the last, and what is wrong with it: "" where nothing is."""

    events: int
    sha256: str
    problem: str = ""


def log_of(snapshot: Path) -> Path:
    """The log of those who see the snapshots behind this pointer, which OUTCOMES_AUDIT may place elsewhere."""
    told = os.environ.get(VARIABLE)
    return Path(told) if told else snapshot.with_name(f"{snapshot.name}.d") / "audit.jsonl"


def append(log: Path, who: str, name: str, what: str, about: dict[str, Any]) -> Event:
    """One more event at the end of the log, on the disk when this returns; raises Unwritable where it cannot be."""
    try:
        with _locked(log) as file:
            last = _last(file)
            event = Event(
                no=last.no + 1 if last else 1,
                at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                who=who,
                name=name,
                what=what,
                about=about,
                before=last.sha256 if last else BEGINNING,
            ).sealed()
            file.write(_line(asdict(event)))
            file.flush()
            os.fsync(file.fileno())
            beside.replace(_end_of(log), f"{event.no} {event.sha256}\n")
            return event
    except OSError as failure:
        raise _unwritable(log, failure) from failure


def require_writable(log: Path) -> None:
    """Nothing, where one more event can be added; raises Unwritable otherwise, before anything is done."""
    try:
        with _locked(log) as file, _missing_is_nothing():
            _last(file)
            beside.replace(_end_of(log), _end_of(log).read_text(encoding="ascii"))
    except OSError as failure:
        raise _unwritable(log, failure) from failure


def events(log: Path) -> Iterator[Event]:
    """The events, the first first; a line that is none ends them, and is what `verify` tells of."""
    for _, event in _lines(log):
        if event is None:
            return
        yield event


def last(log: Path, most: int) -> list[Event]:
    """The last events, so many at most and the latest last, without those whose lines are none."""
    lines: deque[bytes] = deque(maxlen=most)
    with _missing_is_nothing(), log.open("rb") as file:
        lines.extend(file)
    return [event for line in lines if (event := _read(line))]


def verify(log: Path, end: str = "") -> Verified:
    """Whether every event is there as it was written; `end` is the SHA-256 of one that was the last at some time."""
    before, count, known = BEGINNING, 0, {BEGINNING}
    for number, event in _lines(log):
        problem = ""
        if event is None:
            problem = "is no event as it was written"
        elif event.sealed() != event:
            problem = "was changed after it was written"
        elif event.no != count + 1 or event.before != before:
            problem = f"is event {event.no} and does not follow event {count}: one was removed, added or moved"
        if problem or event is None:
            return Verified(count, before, f"line {number} {problem}")
        before, count = event.sha256, event.no
        known.add(before)
    told = [(end, "the one that was told")] if end else []
    with _missing_is_nothing():
        told.append((_end_of(log).read_text(encoding="ascii").split()[1], f"the one that {_end_of(log).name} tells of"))
    for sha256, which in told:
        if sha256 not in known:
            return Verified(count, before, f"the log ends with event {count}, before {which}: its end was cut off")
    return Verified(count, before)


def _unwritable(log: Path, failure: OSError) -> Unwritable:
    return Unwritable(f"the audit log {log.name} cannot be written: {failure.strerror or failure}")


def _lines(log: Path) -> Iterator[tuple[int, Event | None]]:
    """The lines by their numbers; None for one that is no event. A last one without an end was never acknowledged."""
    with _missing_is_nothing(), log.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            yield number, _read(line)


def _read(line: bytes) -> Event | None:
    try:
        event = Event(**json.loads(line))
    except (ValueError, TypeError):
        return None
    return event if _line(asdict(event)) == line else None


def _last(file: BufferedRandom) -> Event | None:
    """The last event; what a writer that was killed left behind it is taken away."""
    size = file.seek(0, os.SEEK_END)
    tail, start = b"", size
    while start and tail.count(b"\n") < 2:
        start = max(0, start - _AT_ONCE)
        file.seek(start)
        tail = file.read(size - start)
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail):
        file.truncate(start + len(whole))
    file.seek(0, os.SEEK_END)
    if not whole:
        return None
    last = _read(whole[whole.rstrip(b"\n").rfind(b"\n") + 1 :])
    if last is None:
        raise Unwritable("its last line is no event as it was written; outcomes audit verify tells more")
    return last


@contextmanager
def _locked(log: Path) -> Iterator[BufferedRandom]:
    """The log, to be added to; of several processes one at a time."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(log, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


@contextmanager
def _missing_is_nothing() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        return


def _end_of(log: Path) -> Path:
    return log.with_suffix(".end")


def _line(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode() + b"\n"
