"""How long a small rerun of one session takes while another asks for something that takes long.

Real sockets to one process of `outcomes serve`, where people sign in. A clinician has the page "Maintenance" open and
runs it again every half second, of selections that are remembered, while somebody else asks for what stands in the
table. Told is how long that took, and how long the clinician's reruns took meanwhile.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.access.signing import COOKIE, SECRET, claims, cookie
from tests.benchmarks.findings import Cell, Figure, Findings, Table, size_in_words
from tests.benchmarks.samples import Samples
from tests.benchmarks.serving import Server, free_port, served
from tests.load.sessions import Session

EVERY = 0.5
GOAL = 1.0
BOMB = "select count(*) from treatments a, treatments b, treatments c where a.dose + b.dose + c.dose > 0"
HALF_OF = "Harbour Clinic"

Action = Callable[[Server, str], Awaitable[None]]


def signed_in(server: Server, role: str, clinics: str = "*") -> str:
    return f"{COOKIE}={cookie(claims(server.address, sub=role, name=role, roles=[role], clinics=[clinics]))}"


async def nothing(server: Server, clinic: str) -> None:
    await asyncio.sleep(10)


async def an_extract(server: Server, clinic: str) -> None:
    """An analyst opens the records for the first time: under pseudonyms, of one clinic."""
    async with Session(server.address, "records", cookie=signed_in(server, "analyst", clinic)) as session:
        shown = await session.run()
        assert not shown.errors, shown.errors


async def all_under_pseudonyms(server: Server, clinic: str) -> None:
    """An analyst of everything opens the records for the first time."""
    async with Session(server.address, "records", cookie=signed_in(server, "analyst")) as session:
        shown = await session.run()
        assert not shown.errors, shown.errors


async def a_query_that_never_ends(server: Server, clinic: str) -> None:
    """An analyst runs a triple cross join, which is ended after its ten seconds."""
    async with Session(server.address, "sql", cookie=signed_in(server, "analyst")) as session:
        await session.run()
        session.write("sql", BOMB)
        shown = await session.press("sql_run")
        assert any("took longer" in error for error in shown.errors), shown


async def limits_of_everything(server: Server, clinic: str) -> None:
    """A clinician opens the page whose limits take longest, and waits for them."""
    async with Session(server.address, "time-to-resolution", cookie=signed_in(server, "clinician")) as session:
        await session.run()
        await session.run(clinic=[clinic])
        while session.is_waiting:
            await asyncio.sleep(EVERY)


async def made(session: Session, file_format: str) -> None:
    """Waits until the file of the treatment records is offered."""
    shown = await session.press(f"making-records-treatments-{file_format}")
    assert not shown.errors, shown.errors
    while session.is_waiting:
        await asyncio.sleep(EVERY)


async def a_large_workbook(server: Server, clinic: str) -> None:
    """A clinician has the records of a clinic written as Excel, beside the pages."""
    async with Session(server.address, "records", cookie=signed_in(server, "clinician")) as session:
        await session.run()
        await session.run(clinic=[clinic])
        await made(session, "Excel")


async def all_records_as_csv(server: Server, clinic: str) -> None:
    """A clinician has all records written beside the pages."""
    async with Session(server.address, "records", cookie=signed_in(server, "clinician")) as session:
        await session.run()
        await made(session, "CSV")


async def a_report(server: Server, clinic: str) -> None:
    """An owner makes the report of everything."""
    async with Session(server.address, cookie=signed_in(server, "clinician")) as session:
        await session.run()
        shown = await session.press("report_make")
        assert not shown.errors, shown.errors


ACTIONS: tuple[Action, ...] = (
    nothing,
    an_extract,
    all_under_pseudonyms,
    a_query_that_never_ends,
    limits_of_everything,
    a_large_workbook,
    all_records_as_csv,
    a_report,
)


async def reruns_during(server: Server, action: Action, clinic: str) -> tuple[float, list[float]]:
    """How long it took, and the clinician's reruns meanwhile."""
    async with Session(server.address, "maintenance", cookie=signed_in(server, "clinician")) as session:
        await session.run()
        for name in (clinic, ""):
            await session.run(clinic=[name] if name else [])
        began = time.monotonic()
        seconds: list[float] = []
        doing = asyncio.create_task(asyncio.wait_for(action(server, clinic), 300))
        while not doing.done():
            shown = await session.run(clinic=[clinic] if len(seconds) % 2 else [])
            assert not shown.errors, shown.errors
            seconds.append(shown.seconds)
            await asyncio.wait({doing}, timeout=EVERY)
        await doing
        return time.monotonic() - began, seconds


def measure(samples: Samples) -> Findings:
    rows: list[dict[str, Cell]] = []
    with tempfile.TemporaryDirectory(dir=samples.folder) as folder:
        place, port = Path(folder), free_port()
        (place / "secrets.toml").write_text(
            f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\ncookie_secret = "{SECRET}"\n'
            'client_id = "x"\nclient_secret = "x"\nserver_metadata_url = "http://127.0.0.1:9/none"\n'
            '[access]\nclinics_claim = "clinics"\n'
        )
        variables = {
            "STREAMLIT_SECRETS_FILES": str(place / "secrets.toml"),
            "OUTCOMES_AUDIT": str(place / "audit.jsonl"),
        }
        with served(samples.snapshot(samples.usual), place / "log", port, **variables) as server:
            for action in ACTIONS:
                lasting, seconds = asyncio.run(reruns_during(server, action, HALF_OF))
                told = {"seconds": lasting, "reruns": len(seconds), "median s": statistics.median(seconds)}
                rows.append({"meanwhile": action.__name__.replace("_", " "), **told, "slowest s": max(seconds)})
    slowest = max(float(row["slowest s"] or 0) for row in rows)
    title = f"One session while another asks for what takes long, {size_in_words(samples.usual)} treatment records"
    return Findings([Table(title, rows)], [Figure("slowest rerun meanwhile", slowest, GOAL, " s")])
