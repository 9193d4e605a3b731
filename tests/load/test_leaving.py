"""Real sockets to the real server: what a session asked for ends when it leaves, and others do not wait for it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.access.signing import COOKIE, SECRET, claims, cookie
from tests.access.test_signed_in import free_port, running
from tests.conftest import import_once
from tests.load.processes import children
from tests.load.sessions import Session
from tests.scope.clinics import CLINICS, of_clinics

BOMB = "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 3"
SQL, EXTRACT = "dashboard.sandbox.child", "data.extracting"
FORGOTTEN = 3.0
ENDS_WITHIN = 4.0
"""Seconds; a query may take ten."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("load")


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[tuple[str, int]]:
    """The dashboard with sign-in, by its address and its process; by the end it may not have logged a failure."""
    import_once(of_clinics(), place)
    port = free_port()
    address, log = f"http://127.0.0.1:{port}", place / "log"
    (place / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "{address}/oauth2callback"\ncookie_secret = "{SECRET}"\nclient_id = "x"\n'
        'client_secret = "x"\nserver_metadata_url = "http://127.0.0.1:9/"\n[access]\nclinics_claim = "clinics"\n'
    )
    command = [sys.executable, "-m", "dashboard.cli", "serve", "--port", str(port)]
    command += ["--snapshot", str(place / "outcomes.json")]
    with running(command, f"{address}/readyz", log, STREAMLIT_SECRETS_FILES=str(place / "secrets.toml")):
        yield address, next(iter(children(os.getpid(), f"--port\0{port}")))
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")


def session(address: str, page: str, role: str, clinic: str = "*") -> Session:
    told = claims(address, sub=f"{role} {clinic}", name=role, roles=[role], clinics=[clinic])
    return Session(address, page, cookie=f"{COOKIE}={cookie(told)}")


async def until(is_so: Callable[[], object], seconds: float = 20.0) -> float:
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds
        await asyncio.sleep(0.05)
    return time.monotonic() - began


def threads(process: int) -> int:
    return sum(1 for _ in Path(f"/proc/{process}/task").iterdir())


async def queries_end(asking: Session, leaving: Session, process: int) -> None:
    """A query ends when its reader asks another one, and when they leave."""
    for each in (asking, leaving):
        each.write("sql", BOMB)
        bomb = asyncio.create_task(each.press("sql_run"))
        await until(lambda: children(process, SQL))
        if each is asking:
            each.write("sql", "select 40 + 2 as answer")
            shown = await each.press("sql_run")
            assert not shown.errors
            assert "**1** row" in shown.texts
            assert shown.seconds < ENDS_WITHIN
        else:
            each.drop()
        assert await until(lambda: not children(process, SQL)) < ENDS_WITHIN
        bomb.cancel()


def test_what_takes_long_keeps_nobody_else_waiting_and_ends_when_nobody_waits(
    server: tuple[str, int], place: Path
) -> None:
    """An extract is made by one process for all who wait for it, and not for those who left; queries run meanwhile."""
    address, process = server
    extracts = place / "outcomes.json.d" / "extracts"
    first, second = CLINICS[2], CLINICS[3]

    async def opening() -> None:
        async with (
            session(address, "records", "analyst", first) as one,
            session(address, "records", "analyst", first) as other,
            session(address, "maintenance", "clinician") as bystander,
            session(address, "sql", "analyst") as asking,
            session(address, "sql", "analyst") as leaving,
        ):
            for each in (bystander, asking, leaving):
                shown = await each.run()
                assert not shown.errors
            await until(lambda: not children(process))
            before = set(extracts.glob("*.duckdb")) if extracts.exists() else set()
            opened = [asyncio.create_task(each.run()) for each in (one, other)]
            await until(lambda: children(process, EXTRACT))
            (making,) = children(process, EXTRACT)
            os.kill(making, signal.SIGSTOP)  # it takes long
            left = session(address, "records", "analyst", second)
            await left.__aenter__()
            nobody = asyncio.create_task(left.run())
            await until(lambda: len(children(process, EXTRACT)) == 2)
            (another,) = children(process, EXTRACT) - {making}
            os.kill(another, signal.SIGSTOP)
            shown = await bystander.run()
            assert not shown.errors
            assert not any(each.done() for each in opened)  # what is made stands still for longer
            left.drop()
            nobody.cancel()
            forgotten = time.monotonic() + FORGOTTEN + 0.5
            await queries_end(asking, leaving, process)
            await until(lambda: time.monotonic() > forgotten)
            assert children(process, EXTRACT) == {making}  # two wait for it still
            os.kill(making, signal.SIGCONT)
            pages = await asyncio.gather(*opened)
            assert all(not page.errors and any("treatment records" in text for text in page.texts) for page in pages)
            made = set(extracts.glob("*.duckdb")) - before
            # Figures of the clinic, and its records under pseudonyms; nothing of the clinic of whoever left.
            assert len(made) == 2
            await until(lambda: not children(process))

    asyncio.run(opening())


def test_sessions_that_leave_take_their_threads_with_them(server: tuple[str, int]) -> None:
    address, process = server

    async def many() -> None:
        async with session(address, "maintenance", "clinician") as staying:
            await staying.run()
            for round_ in range(2):
                for number in range(12):
                    leaving = session(address, "maintenance", "clinician")
                    await leaving.__aenter__()
                    run = asyncio.create_task(leaving.run())
                    await asyncio.sleep(0.02 * (number % 4))
                    leaving.drop()
                    run.cancel()
                await staying.run()
                if round_ == 0:
                    before = threads(process)
            await until(lambda: threads(process) <= before)
            assert not children(process)

    asyncio.run(many())
