"""Whether the memory of one server stays what it is, over 600 reruns and 300 sessions that leave without a word.

Told is the server's resident memory after a garbage collection. At each plateau as many reruns and dropped sessions
have been added to those before; the first plateau, after which growth is told, comes after 1,200 reruns and 400 dropped
sessions: Streamlit keeps up to 128 of them for their return, and what the allocator keeps free needs as long to settle.
Reruns are of 40 selections, all of which were asked for before, so that what grows is not what is remembered.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
from pathlib import Path

from tests.benchmarks.findings import Cell, Figure, Findings, Table, size_in_words
from tests.benchmarks.samples import Samples
from tests.benchmarks.serving import Server, free_port, served
from tests.benchmarks.sessions import LISTED, PAGE, changed
from tests.load.sessions import Session

MOST_GROWTH = 10.0
AT_ONCE = 20
PLATEAUS = 3
RERUNS, DROPPED, FIRST_DROPPED, FIRST = 600, 300, 200, 2
SELECTIONS = 40
SEED = 1


async def rerun(server: Server, selections: list[dict[str, tuple[str, ...]]], reruns: int) -> list[str]:
    """So many reruns, of sessions that say goodbye; what was wrong."""
    errors: list[str] = []

    async def some(number: int) -> None:
        async with Session(server.address, PAGE) as session:
            await session.run()
            for each in range(reruns // AT_ONCE):
                shown = await session.run(**selections[(number + each * AT_ONCE) % len(selections)])
                errors.extend(shown.errors)

    await asyncio.gather(*(some(number) for number in range(AT_ONCE)))
    return errors


async def drop(server: Server, sessions: int) -> None:
    """So many sessions that leave without a word: half of them in the middle of a run."""
    for number in range(sessions):
        session = Session(server.address, PAGE)
        await session.__aenter__()
        run = asyncio.create_task(session.run())
        if number % 2:
            await run
        else:
            await asyncio.sleep(0.05)
        session.drop()
        run.cancel()
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await run


async def selections_of(server: Server) -> list[dict[str, tuple[str, ...]]]:
    """Selections that differ, each of which was asked for once."""
    draw = random.Random(SEED)
    async with Session(server.address, PAGE) as session:
        await session.run()
        chosen: dict[str, tuple[str, ...]] = dict.fromkeys(("treated_from", *LISTED), ())
        selections = []
        for _ in range(SELECTIONS):
            chosen = chosen | changed(session, draw)
            selections.append(chosen)
            await session.run(**chosen)
            await asyncio.sleep(0.2)
    return selections


def measure(samples: Samples) -> Findings:
    rows: list[dict[str, Cell]] = []
    errors: list[str] = []
    memory: list[float] = []
    with (
        tempfile.TemporaryDirectory(dir=samples.folder) as folder,
        served(samples.snapshot(samples.usual), Path(folder) / "log", free_port()) as server,
    ):
        selections = asyncio.run(selections_of(server))
        for _ in range(FIRST):
            asyncio.run(rerun(server, selections, RERUNS))
            asyncio.run(drop(server, FIRST_DROPPED))
        for plateau in range(PLATEAUS + 1):
            if plateau:
                errors += asyncio.run(rerun(server, selections, RERUNS // PLATEAUS))
                asyncio.run(drop(server, DROPPED // PLATEAUS))
            memory.append(server.memory)
            done = {"reruns": plateau * RERUNS // PLATEAUS, "dropped": plateau * DROPPED // PLATEAUS}
            rows.append({**done, "memory MB": memory[-1], "threads": server.threads, "errors": len(errors)})
    title = f"Memory of one server, {size_in_words(samples.usual)} treatment records"
    growth = max(memory[-1] - memory[0], 0.0)
    grown = Figure(f"memory grown over {RERUNS} reruns and {DROPPED} dropped sessions", growth, MOST_GROWTH, " MB")
    return Findings([Table(title, rows, sorted(set(errors)))], [grown])
