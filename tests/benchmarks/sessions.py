"""How long a page takes where many people have it open at once, and how many pages one server gives in a second.

Real sockets to one process of `outcomes serve`, and its page "Maintenance" with four charts. Each session changes one
filter at a time: the period, the treatment type, the clinic or the practitioner; told is the time from the message that
asks for the run until the message that it has finished. 1, 8 and 32 sessions ask again as soon as they are answered; 40
and 80 think for 3 to 9 seconds, as people do, of the usual size alone. The sessions are opened, one after the other,
before anything is measured. What was asked within the time is waited for, and pages a second are those until the last
answer.

`first asked` is the share of the selections that nobody had asked for before; all others are remembered. `processor` is
the server's, in seconds per changed filter, with whatever it does beside the pages (limits that arrive later); the
sessions themselves, which are on the same machine, take theirs too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.findings import Cell, Figure, Findings, Table, size_in_words
from tests.benchmarks.samples import Samples
from tests.benchmarks.serving import Server, free_port, served
from tests.load.sessions import Session

PAGE = "maintenance"
PERIODS = ((), ("2025-04-01",), ("2025-01-01",), ("2024-07-01",), ("2023-07-01",), ("2022-07-01",))
"""First days, of exports that end in June 2025, as the synthetic ones do: all, the last 3, 6, 12, 24, and 36 months."""
LISTED = ("treatment_type", "clinic", "practitioner")
AT_ONCE = (1, 8, 32)
AT_ONCE_SECONDS = 15.0
THINKING = {40: 0.3, 80: 1.0}
"""So many sessions that think: so many seconds, for 95 of 100 reruns."""
THINKING_SECONDS = 45.0
LONGEST = 600.0
"""Seconds that a session waits for a page, since 32 that ask for much at once wait for each other."""
PAUSE = (3.0, 9.0)


@dataclass
class Load:
    """What was seen of so many sessions at once, that ask for so many seconds."""

    sessions: int
    asking: float
    is_thinking: bool
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    first_asked: int = 0
    lasting: float = 0.0
    """Seconds until the last answer."""
    processor: float = 0.0
    """The server's seconds."""

    def at(self, share: float) -> float | None:
        """The time that this share of the reruns took at most; None where none was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else None

    @property
    def pages_a_second(self) -> float:
        return len(self.seconds) / max(self.asking, self.lasting)

    @property
    def row(self) -> dict[str, Cell]:
        return {
            "sessions": self.sessions,
            "thinking": "yes" if self.is_thinking else "no",
            "pages a second": self.pages_a_second,
            "median s": self.at(0.5),
            "95 % s": self.at(0.95),
            "slowest s": self.at(1),
            "first asked": f"{self.first_asked / len(self.seconds):.0%}" if self.seconds else None,
            "processor": self.processor / len(self.seconds) if self.seconds else None,
            "errors": len(self.errors),
        }


def changed(session: Session, draw: random.Random) -> dict[str, tuple[str, ...]]:
    """Another filter: of one that is chosen from a list in two of three cases one of its values, else all."""
    offered = {name: [(), (), *((value,) for value in session.options[name])] for name in LISTED}
    name = draw.choice(("treated_from", *LISTED))
    if name == "treated_from":
        return {name: draw.choice(PERIODS)}
    return {name: draw.choice(offered[name]) if draw.random() < 2 / 3 else ()}


async def loaded(server: Server, load: Load, known: set[str]) -> None:
    """So many sessions at once, for so many seconds."""
    async with contextlib.AsyncExitStack() as stack:
        sessions = [
            await stack.enter_async_context(Session(server.address, PAGE, patience=LONGEST))
            for _ in range(load.sessions)
        ]
        for each in sessions:
            await each.run()
        await asyncio.sleep(3)
        used, began = server.processor_seconds, time.monotonic()

        async def used_by_somebody(number: int, session: Session) -> None:
            draw = random.Random(f"{load.sessions}-{number}")
            chosen: dict[str, tuple[str, ...]] = {}
            while True:
                if load.is_thinking:
                    await asyncio.sleep(draw.uniform(*PAUSE))
                if time.monotonic() > began + load.asking:
                    return
                chosen |= changed(session, draw)
                selection = json.dumps(sorted(chosen.items()))
                is_first = selection not in known
                known.add(selection)
                try:
                    shown = await session.run(**chosen)
                except (OSError, TimeoutError) as failure:
                    load.errors.append(f"{type(failure).__name__}: {failure}")
                    return
                load.errors += shown.errors
                load.seconds.append(shown.seconds)
                load.first_asked += is_first
                load.lasting = time.monotonic() - began

        await asyncio.gather(*(used_by_somebody(number, each) for number, each in enumerate(sessions)))
        load.processor = server.processor_seconds - used


def measured(samples: Samples, size: int) -> list[Load]:
    """Each number of sessions, one after the other, of one server."""
    loads = [Load(number, AT_ONCE_SECONDS, is_thinking=False) for number in AT_ONCE]
    if size == samples.usual:
        loads += [Load(number, THINKING_SECONDS, is_thinking=True) for number in THINKING]
    known: set[str] = set()
    with (
        tempfile.TemporaryDirectory(dir=samples.folder) as folder,
        served(samples.snapshot(size), Path(folder) / "log", free_port()) as server,
    ):
        for load in loads:
            asyncio.run(loaded(server, load, known))
    return loads


def measure(samples: Samples) -> Findings:
    by_size = {size: measured(samples, size) for size in samples.sizes}
    tables = []
    for size, loads in by_size.items():
        errors = [error for load in loads for error in load.errors]
        notes = [f"{errors.count(error)} times: {error}" for error in sorted(set(errors))]
        title = f"Sessions at once, {size_in_words(size)} treatment records"
        tables.append(Table(title, [load.row for load in loads], notes))
    in_words = size_in_words(samples.usual)
    eight = next(load for load in by_size[samples.usual] if load.sessions == 8)
    slow = eight.at(0.95)
    figures = [
        Figure(f"8 sessions that do not think, {in_words}", eight.pages_a_second, 250, " pages/s", is_least=True),
        Figure(f"8 sessions that do not think, 95 of 100 pages, {in_words}", slow and 1000 * slow, 50, " ms"),
        *(
            Figure(
                f"{load.sessions} sessions that think, 95 of 100 pages, {in_words}",
                load.at(0.95),
                THINKING[load.sessions],
                " s",
            )
            for load in by_size[samples.usual]
            if load.is_thinking
        ),
        Figure(
            "errors that sessions saw", sum(len(load.errors) for loads in by_size.values() for load in loads), 0, ""
        ),
    ]
    return Findings(tables, figures)
