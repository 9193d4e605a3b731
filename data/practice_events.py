"""What changed in the practice on which day, kept beside a snapshot: a new product, a new protocol, a move."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data import beside
from data.generations import folder_of
from data.refusal import ImportRefused

COLUMNS = ("happened_on", "what")
LONGEST = 80
MOST = 200
_LARGEST = 100_000


@dataclass(frozen=True, order=True)
class PracticeEvent:
    """A day and, in a few words, what changed on it."""

    happened_on: date
    what: str


@dataclass(frozen=True)
class PracticeEvents:
    """The events that are kept, the earliest first, and what is wrong with the file, line by line."""

    events: tuple[PracticeEvent, ...] = ()
    problems: tuple[str, ...] = ()


def practice_events(snapshot: str | Path) -> PracticeEvents:
    """The practice events kept beside a snapshot; a line that cannot be read is told and left out."""
    file = _file(snapshot)
    try:
        with file.open("rb") as written:
            content = written.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            return PracticeEvents(problems=(f"{file.name} is too large to be a list of practice events.",))
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except FileNotFoundError:
        return PracticeEvents()
    except OSError as error:
        return PracticeEvents(problems=(f"{file.name} cannot be read: {error.strerror}.",))
    except (UnicodeDecodeError, csv.Error):
        return PracticeEvents(problems=(f"{file.name} is no CSV file in UTF-8.",))
    if not lines or tuple(lines[0]) != COLUMNS:
        return PracticeEvents(problems=(f"{file.name} does not begin with the line {','.join(COLUMNS)}.",))
    events, problems = set(), []
    for number, line in enumerate(lines[1:], start=2):
        try:
            day, what = line
            events.add(_checked(date.fromisoformat(day), what))
        except (ValueError, ImportRefused):
            problems.append(f"Line {number} of {file.name} is not a date such as 2025-06-30 and a few words.")
    return PracticeEvents(tuple(sorted(events)), tuple(problems))


def add_practice_event(snapshot: str | Path, event: PracticeEvent) -> None:
    """Keep one more event beside a snapshot.

    Raises ImportRefused for one that is empty or too long, where there are too many, and where nothing can be written.
    """
    event = _checked(event.happened_on, event.what)
    with _changing(snapshot) as events:
        if len(events) >= MOST:
            raise ImportRefused(f"There are {MOST} practice events already: remove one first.")
        events.add(event)


def remove_practice_event(snapshot: str | Path, event: PracticeEvent) -> None:
    """Keep an event no longer; nothing where it is not there."""
    with _changing(snapshot) as events:
        events.discard(event)


def _checked(happened_on: date, what: str) -> PracticeEvent:
    words = " ".join(what.split())
    if not words or len(words) > LONGEST or not words.isprintable():
        raise ImportRefused(f"Say in 1 to {LONGEST} characters what changed in the practice.")
    return PracticeEvent(happened_on, words)


@contextmanager
def _changing(snapshot: str | Path) -> Iterator[set[PracticeEvent]]:
    """The events, to be changed while nobody else changes them; written in one step at the end."""
    file = _file(snapshot)
    try:
        with beside.locked(file):
            kept = practice_events(snapshot)
            if kept.problems:
                raise ImportRefused(f"{kept.problems[0]} Mend or remove it first; it is beside the snapshot.")
            events = set(kept.events)
            yield events
            if events != set(kept.events):
                _write(file, sorted(events))
    except OSError as error:
        raise ImportRefused(f"The practice events cannot be kept at {file}: {error.strerror}.") from error


def _write(file: Path, events: Sequence[PracticeEvent]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *((event.happened_on.isoformat(), event.what) for event in events)])
    beside.replace(file, text.getvalue())


def _file(snapshot: str | Path) -> Path:
    return folder_of(Path(snapshot)) / "practice_events.csv"
