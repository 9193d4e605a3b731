"""What a rerun of a four-chart page costs the server, against an empty app: processor, bytes sent, time.

Sessions over real sockets, without a browser, in turns; the page's selections were asked for before, so its figures are
remembered. Bytes are those of the messages, before whatever a proxy compresses.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from pathlib import Path

from tests.benchmarks.findings import Cell, Figure, Findings, Table, size_in_words
from tests.benchmarks.samples import Samples
from tests.benchmarks.serving import Server, free_port, scripted, served
from tests.load.sessions import Session

EMPTY_APP = "empty app"
EMPTY = "import streamlit as st\n\nst.title('Empty')\n"
PAGES = ("overview", "maintenance")
"""Those with four charts."""
SELECTIONS = (("2024-07-01",), ("2023-07-01",))
ROUNDS = 8
RERUNS = 10
"""So many in a row, as the processor's time is told in hundredths of a second."""
SETTLED = 3.0


async def rerun(server: Server, session: Session, has_filters: bool) -> tuple[float, float, float]:
    """Processor seconds, bytes and seconds of a rerun, on average over RERUNS."""
    used, sent, seconds = server.processor_seconds, 0, []
    for number in range(RERUNS):
        shown = await (session.run(treated_from=SELECTIONS[number % 2]) if has_filters else session.run())
        if shown.errors:
            raise RuntimeError(f"a rerun failed: {shown.errors}")
        sent += shown.sent
        seconds.append(shown.seconds)
    return (server.processor_seconds - used) / RERUNS, sent / RERUNS, statistics.median(seconds)


async def reruns(app: Server, empty: Server) -> dict[str, list[tuple[float, float, float]]]:
    """What reruns took, in each round, of each page and of the empty app."""
    told: dict[str, list[tuple[float, float, float]]] = {}
    async with Session(empty.address) as bare:
        await bare.run()
        for page in PAGES:
            async with Session(app.address, "" if page == "overview" else page) as session:
                await session.run()
                for chosen in SELECTIONS:
                    await session.run(treated_from=chosen)
                    while session.is_waiting:
                        await asyncio.sleep(0.2)
                await asyncio.sleep(SETTLED)
                for _ in range(ROUNDS):
                    told.setdefault(EMPTY_APP, []).append(await rerun(empty, bare, has_filters=False))
                    told.setdefault(page, []).append(await rerun(app, session, has_filters=True))
    return told


def measure(samples: Samples) -> Findings:
    tables, usual = [], dict[str, list[float]]()
    for size in samples.sizes:
        medians = measured(samples, size)
        usual = medians if size == samples.usual else usual
        rows: list[dict[str, Cell]] = [
            {
                "": name,
                "processor ms": 1000 * processor,
                "times": processor / medians[EMPTY_APP][0],
                "kB": sent / 1000,
                "ms": 1000 * seconds,
            }
            for name, (processor, sent, seconds) in medians.items()
        ]
        title = f"A rerun of a four-chart page, {size_in_words(size)} treatment records"
        notes = [f"medians of {ROUNDS} rounds of {RERUNS} reruns; times is of the processor's time"]
        tables.append(Table(title, rows, notes))
    dearest = max(usual[page][0] for page in PAGES) / usual[EMPTY_APP][0]
    most = max(usual[page][1] for page in PAGES) / 1000
    size_told = size_in_words(samples.usual)
    return Findings(
        tables,
        [
            Figure(f"rerun of a four-chart page, against an empty app, dearest page, {size_told}", dearest, 4),
            Figure(f"bytes of a rerun of a four-chart page, largest page, {size_told}", most, 80, " kB"),
        ],
    )


def measured(samples: Samples, size: int) -> dict[str, list[float]]:
    """Page, or the empty app, to the medians of what its reruns take: processor seconds, bytes, seconds."""
    with tempfile.TemporaryDirectory(dir=samples.folder) as folder:
        place = Path(folder)
        (place / "empty.py").write_text(EMPTY, encoding="utf-8")
        with (
            served(samples.snapshot(size), place / "app.log", free_port()) as app,
            scripted(place / "empty.py", place / "empty.log") as empty,
        ):
            told = asyncio.run(reruns(app, empty))
    return {name: [statistics.median(column) for column in zip(*rounds, strict=True)] for name, rounds in told.items()}
