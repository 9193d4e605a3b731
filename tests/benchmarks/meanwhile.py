"""How long a small rerun of one session takes while another asks for something that takes long.

    uv run python -m tests.benchmarks.meanwhile --snapshot SNAPSHOT --output meanwhile.json

Real sockets to one process of `outcomes serve`, where people sign in. A clinician has the page "Maintenance" open and
runs it again every half second, of selections that are remembered, while somebody else asks for what stands in the
table. Told is how long that took, and how long the clinician's reruns took meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from tests.access.signing import COOKIE, SECRET, claims, cookie
from tests.benchmarks.many_sessions import Server, free_port, met, served
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


async def measured(server: Server, action: Action, clinic: str) -> tuple[float, list[float]]:
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


@click.command()
@click.option("--snapshot", required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--clinic", default=HALF_OF, show_default=True, help="A clinic with many records.")
@click.option("--only", multiple=True, help="One of what is measured, by its name.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write all times as JSON.")
def main(snapshot: Path, clinic: str, only: tuple[str, ...], output: Path | None) -> None:
    """Measure the reruns of one session while another asks for what takes long."""
    told = {}
    with tempfile.TemporaryDirectory(prefix="outcomes-benchmark-") as folder:
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
        click.echo(f"{'meanwhile':28}{'seconds':>10}{'reruns':>10}{'median':>10}{'slowest':>10}{'load':>8}   goal")
        with served(snapshot, place, port, **variables) as server:
            for action in ACTIONS:
                if only and action.__name__ not in only:
                    continue
                lasting, seconds = asyncio.run(measured(server, action, clinic))
                median, slowest = statistics.median(seconds), max(seconds)
                load = os.getloadavg()[0]
                row = f"{lasting:>10.1f}{len(seconds):>10}{median:>10.3f}{slowest:>10.3f}{load:>8.1f}"
                told[action.__name__] = {"lasting": lasting, "seconds": seconds, "load_average": load}
                click.echo(f"{action.__name__:28}{row}   under {GOAL:g} s: {met(slowest < GOAL)}")
        log = (place / "server.log").read_text(errors="replace")
        if "Traceback" in log:
            click.echo(f"\nthe server's log has a traceback:\n{log[log.index('Traceback') :][:3000]}")
    if output:
        output.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
