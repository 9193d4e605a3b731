"""How long a page takes where many people have it open at once, and whether the server's memory stays what it is.

    uv run python -m tests.benchmarks.many_sessions --snapshot SNAPSHOT --page maintenance --output many_sessions.json

Real sockets to one process of `outcomes serve`, 1 million treatment records, a page of four charts. Each session thinks
for 3 to 9 seconds and then changes one filter: the period, the treatment type, the clinic or the practitioner. Told is
the time from the message that asks for the run until the message that it has finished. The sessions are opened, one
after the other, before anything is measured. `first asked` is the share of the selections that nobody had asked for
before; all others are remembered. `processor` is the server's, per changed filter, with whatever it does beside the
pages (limits that arrive later).

Memory is the server's resident memory after a garbage collection. At each plateau as many reruns and dropped sessions
(gone without a word) have been added to those before; the first plateau, after which growth is told, comes after
200 dropped sessions, for Streamlit keeps up to 128 of them for their return. Reruns are of 40 selections, all of which
were asked for before, so that what grows is not what is remembered.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from data import current, import_exports
from data.sampling import write_sample
from tests.load.sessions import Session, Shown

ROOT = Path(__file__).parents[2]
SERVER = """
import gc, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: gc.collect())
from dashboard.cli import main
main()
"""
"""`outcomes serve`, which collects garbage when it is asked to."""
THINKING = (3.0, 9.0)
PERIODS = {
    "treated_from": ((), ("2025-04-01",), ("2025-01-01",), ("2024-07-01",), ("2023-07-01",), ("2022-07-01",)),
}
"""Of exports that end in June 2025, as the synthetic ones do: all of it, the last 3, 6, 12, 24, and 36 months."""
LISTED = ("treatment_type", "clinic", "practitioner")
GOALS = {40: 0.3, 80: 1.0}
"""So many sessions: so many seconds, for 95 of 100 reruns."""
MOST_GROWTH = 10.0
AT_ONCE = 20
PLATEAUS = 3
FIRST_DROPPED = 200
SELECTIONS = 40


@dataclass
class Load:
    """What was seen of so many sessions at once."""

    sessions: int
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    first_asked: int = 0
    processor: float = 0.0

    def at(self, share: float) -> float:
        """The time that this share of the reruns took at most."""
        return sorted(self.seconds)[min(int(share * len(self.seconds)), len(self.seconds) - 1)]


class Server:
    """The process that serves, and what it takes of the machine."""

    def __init__(self, address: str, pid: int) -> None:
        self.address = address
        self.pid = pid

    @property
    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def threads(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self.pid}/task").iterdir())

    @property
    def memory(self) -> float:
        """Resident memory after a garbage collection, in MB."""
        os.kill(self.pid, signal.SIGUSR1)
        time.sleep(2)
        resident = next(line for line in Path(f"/proc/{self.pid}/status").read_text().splitlines() if "VmRSS" in line)
        return int(resident.split()[1]) / 1024


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def served(snapshot: Path, place: Path, port: int, **variables: str) -> Iterator[Server]:
    """`outcomes serve` on that port, with these variables in its environment."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | variables
    command = [sys.executable, "-c", SERVER, "serve", "--snapshot", str(snapshot), "--port", str(port)]
    with (place / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            for _ in range(600):
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz"):
                    break
                time.sleep(0.1)
            yield Server(f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.terminate()
            process.wait(20)


def changed(session: Session, draw: random.Random) -> dict[str, tuple[str, ...]]:
    """Another filter: of one that is chosen from a list in two of three cases one of its values, else all."""
    offered = {name: [(), (), *((value,) for value in session.options[name])] for name in LISTED}
    name = draw.choice(("treated_from", *LISTED))
    if name in PERIODS:
        return {name: draw.choice(PERIODS[name])}
    return {name: draw.choice(offered[name]) if draw.random() < 2 / 3 else ()}


def wrong(shown: Shown, charts: int) -> list[str]:
    """What of a run was not as it is to be."""
    return shown.errors or ([] if shown.charts or not charts else ["there is no chart"])


async def of_many(server: Server, page: str, load: Load, lasting: float, seed: int, known: set[str]) -> None:
    """So many sessions at once, for so many seconds."""
    async with contextlib.AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(Session(server.address, page)) for _ in range(load.sessions)]
        for each in sessions:
            await each.run()
        await asyncio.sleep(3)
        used, end = server.processor_seconds, time.monotonic() + lasting

        async def used_by_somebody(number: int, session: Session) -> None:
            draw = random.Random(f"{seed}-{number}")
            chosen: dict[str, tuple[str, ...]] = {}
            while True:
                await asyncio.sleep(draw.uniform(*THINKING))
                if time.monotonic() > end:
                    return
                chosen |= changed(session, draw)
                selection = json.dumps(sorted(chosen.items()))
                load.first_asked += selection not in known
                known.add(selection)
                try:
                    shown = await session.run(**chosen)
                except (OSError, TimeoutError) as failure:
                    load.errors.append(f"{type(failure).__name__}: {failure}")
                    return
                load.errors += wrong(shown, charts=0)
                load.seconds.append(shown.seconds)

        await asyncio.gather(*(used_by_somebody(number, each) for number, each in enumerate(sessions)))
        load.processor = (server.processor_seconds - used) / max(len(load.seconds), 1)


async def rerun(server: Server, page: str, selections: list[dict[str, tuple[str, ...]]], reruns: int) -> list[str]:
    """So many reruns, of sessions that say goodbye; what was wrong."""
    errors: list[str] = []

    async def some(number: int) -> None:
        async with Session(server.address, page) as session:
            await session.run()
            for each in range(reruns // AT_ONCE):
                errors.extend(wrong(await session.run(**selections[(number + each * AT_ONCE) % len(selections)]), 0))

    await asyncio.gather(*(some(number) for number in range(AT_ONCE)))
    return errors


async def drop(server: Server, page: str, sessions: int) -> None:
    """So many sessions that leave without a word: half of them in the middle of a run."""
    for number in range(sessions):
        session = Session(server.address, page)
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


async def selections_of(server: Server, page: str, seed: int) -> list[dict[str, tuple[str, ...]]]:
    """Selections that differ, each of which was asked for once."""
    draw = random.Random(seed)
    async with Session(server.address, page) as session:
        await session.run()
        chosen: dict[str, tuple[str, ...]] = dict.fromkeys(("treated_from", *LISTED), ())
        selections = []
        for _ in range(SELECTIONS):
            chosen = chosen | changed(session, draw)
            selections.append(chosen)
            await session.run(**chosen)
            await asyncio.sleep(0.2)
    return selections


def met(goal: bool) -> str:
    return "met" if goal else "MISSED"


@click.command()
@click.option("--treatments", default=1_000_000, show_default=True, help="Treatment records of the synthetic exports.")
@click.option("--snapshot", type=click.Path(path_type=Path), help="A snapshot made before.")
@click.option("--page", default="maintenance", show_default=True, help="The path of a page; '' is the first one.")
@click.option("--sessions", multiple=True, type=int, default=tuple(GOALS), show_default=True, help="How many at once.")
@click.option("--seconds", default=60.0, show_default=True, help="How long each number of sessions is measured.")
@click.option("--reruns", default=600, show_default=True, help="Reruns while memory is watched; 0 leaves that out.")
@click.option("--dropped", default=300, show_default=True, help="Sessions that leave without a word meanwhile.")
@click.option("--seed", default=1, show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write all times as JSON.")
def main(
    treatments: int,
    snapshot: Path | None,
    page: str,
    sessions: tuple[int, ...],
    seconds: float,
    reruns: int,
    dropped: int,
    seed: int,
    output: Path | None,
) -> None:
    """Measure one server with many sessions: how long their reruns take, and whether its memory grows."""
    told: dict[str, Any] = {"page": page or "overview", "seed": seed, "loads": [], "plateaus": []}
    with tempfile.TemporaryDirectory(prefix="outcomes-benchmark-") as folder:
        place = Path(folder)
        if snapshot is None:
            snapshot = place / "outcomes.json"
            write_sample(place / "exports", treatments, seed=3)
            import_exports([place / "exports"], into=snapshot)
        records = current(snapshot).rows
        click.echo(f"{records:,} treatment records, page {page or 'overview'}, seed {seed}, thinking 3 to 9 s\n")
        heads = ("sessions", "reruns", "first asked", "median", "95 %", "slowest", "processor", "load", "errors")
        click.echo("".join(f"{head:>12}" for head in heads) + "   goal")
        with served(snapshot, place, free_port()) as server:
            known: set[str] = set()
            for number in sessions:
                load = Load(number)
                asyncio.run(of_many(server, page, load, seconds, seed + number, known))
                average = os.getloadavg()[0]
                shares = (f"{load.first_asked / len(load.seconds):.0%}", *(f"{load.at(s):.3f}" for s in (0.5, 0.95, 1)))
                row = (number, len(load.seconds), *shares, f"{load.processor:.3f}", f"{average:.1f}", len(load.errors))
                goal = GOALS.get(number)
                is_met = goal is None or (load.at(0.95) < goal and not load.errors)
                words = f"95 % under {goal} s and no error: {met(is_met)}" if goal else ""
                click.echo("".join(f"{cell:>12}" for cell in row) + f"   {words}")
                for error in sorted(set(load.errors)):
                    click.echo(f"    {load.errors.count(error)} times: {error}")
                told["loads"].append({**load.__dict__, "load_average": average, "is_met": is_met})
            if reruns:
                _memory(server, page, reruns, dropped, seed, told)
        log = (place / "server.log").read_text(errors="replace")
        if "Traceback" in log:
            click.echo(f"\nthe server's log has a traceback:\n{log[log.index('Traceback') :][:2000]}")
    if output:
        output.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _memory(server: Server, page: str, reruns: int, dropped: int, seed: int, told: dict[str, Any]) -> None:
    selections = asyncio.run(selections_of(server, page, seed))
    asyncio.run(rerun(server, page, selections, reruns))
    asyncio.run(drop(server, page, FIRST_DROPPED))
    click.echo(f"\n{'reruns':>12}{'dropped':>12}{'memory MB':>12}{'threads':>12}{'errors':>12}   goal")
    errors: list[str] = []
    for plateau in range(PLATEAUS + 1):
        if plateau:
            errors += asyncio.run(rerun(server, page, selections, reruns // PLATEAUS))
            asyncio.run(drop(server, page, dropped // PLATEAUS))
        told["plateaus"].append(server.memory)
        growth = told["plateaus"][-1] - told["plateaus"][0]
        done = (plateau * reruns // PLATEAUS, plateau * dropped // PLATEAUS)
        row = (*done, f"{told['plateaus'][-1]:.1f}", server.threads, len(errors))
        words = f"grown by {growth:.1f} MB, under {MOST_GROWTH:.0f}: {met(growth < MOST_GROWTH and not errors)}"
        click.echo("".join(f"{cell:>12}" for cell in row) + f"   {words if plateau == PLATEAUS else ''}")
    told["growth"] = growth


if __name__ == "__main__":
    main()
