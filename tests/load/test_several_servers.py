"""Two servers of one snapshot behind a proxy: both show the same, and who loses theirs goes on with the other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import pytest

from dashboard import audit
from tests.access.signing import COOKIE, SECRET, claims, cookie
from tests.access.test_signed_in import free_port, running
from tests.conftest import import_once
from tests.drawing import random_exports
from tests.faults.sessions import Session, Shown
from tests.faults.test_places import OF_ITS_OWN, can_mount
from tests.load.proxy import COOKIE as KEPT
from tests.load.proxy import Proxy, before

EXPORTS = random_exports(1)
READ_ONLY = 'mount --bind -o ro "$0" "$0" && mount --bind "$1" "$0/outcomes.json.d/signed_out" && shift && exec "$@"'
"""A server sees the folder of the snapshot so, and may write down there alone who has signed out."""


@dataclass
class Servers:
    address: str
    """Of the proxy."""
    proxy: Proxy
    processes: list[Popen[bytes]]
    place: Path
    log: Path


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Two servers with the same settings behind a proxy; by the end they may not have logged a failure."""
    place, own = tmp_path_factory.mktemp("shared"), tmp_path_factory.mktemp("own")
    import_once(EXPORTS, place)
    signed_out = own / "signed_out"
    for folder in (signed_out, place / "outcomes.json.d" / "signed_out"):
        folder.mkdir()
    port, ports = free_port(), [free_port(), free_port()]
    address, addresses = f"http://127.0.0.1:{port}", [f"http://127.0.0.1:{each}" for each in ports]
    (own / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "{address}/oauth2callback"\ncookie_secret = "{SECRET}"\nclient_id = "x"\n'
        'client_secret = "x"\nserver_metadata_url = "http://127.0.0.1:9/"\n'
    )
    variables = {
        "STREAMLIT_SECRETS_FILES": str(own / "secrets.toml"),
        "OUTCOMES_AUDIT": str(own / "audit.jsonl"),
    }
    # Where an account may mount nothing, the folder can be written, and nobody does; that is looked at below.
    as_read_only = [*OF_ITS_OWN, "sh", "-c", READ_ONLY, str(place), str(signed_out)] if can_mount() else []
    with ExitStack() as stack:
        serve = [
            *as_read_only,
            sys.executable,
            "-m",
            "dashboard.cli",
            "serve",
            "--snapshot",
            str(place / "outcomes.json"),
        ]
        logs = [own / f"log-{each}" for each in ports]
        starting = [
            running([*serve, "--port", str(each)], f"http://127.0.0.1:{each}/readyz", log, **variables)
            for each, log in zip(ports, logs, strict=True)
        ]
        with ThreadPoolExecutor(2) as pool:
            processes = list(pool.map(stack.enter_context, starting))
        proxy = stack.enter_context(before(addresses, port))
        yield Servers(address, proxy, processes, place, own / "audit.jsonl")
    for log in logs:
        assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")


def visitor(servers: Servers, who: str, at: int | None = None) -> Session:
    """Somebody's browser, signed in, which was at that server before, or at none."""
    session = Session(servers.address, who)
    session.keep(COOKIE, cookie(claims(servers.address, sub=who, name=who, roles=["clinician"])))
    if at is not None:
        session.keep(KEPT, str(at))
    return session


def figures(shown: Shown) -> list[str]:
    """What a page tells, whatever its parts that are drawn beside each other come in; each session has its own ids."""
    assert not shown.errors
    assert not shown.exceptions
    kinds = ("body", "spec")
    return sorted(str(getattr(element, kind)) for element in shown.elements for kind in kinds if hasattr(element, kind))


def mounted(process: Popen[bytes], place: Path) -> list[str]:
    """How that process sees a folder mounted, if it does so at all."""
    lines = [line.split() for line in Path(f"/proc/{process.pid}/mounts").read_text().splitlines()]
    return [options for _, where, _, options, *_ in lines if where == str(place)]


def test_two_servers_are_one_dashboard(servers: Servers) -> None:
    if can_mount():
        assert all("ro" in options for each in servers.processes for options in mounted(each, servers.place) or [""])
    before_all = {path: path.stat().st_mtime_ns for path in servers.place.rglob("*") if path.is_file()}
    anna, bert = visitor(servers, "anna"), visitor(servers, "bert")
    for each in (anna, bert):
        assert each.get("/")[0] == 200
    assert [server for server, path in servers.proxy.answered if path == "/"] == [0, 1]
    pages = {page: [figures(each.open(page)) for each in (anna, bert)] for page in ("", "maintenance")}
    for page, (one, other) in pages.items():
        assert len(one) > 5, page
        assert one == other, page
    sockets = [server for server, path in servers.proxy.answered if path == "/_stcore/stream"]
    assert sockets == [0, 1]

    # A file is given out by the server that offers it, and everybody stays with theirs.
    link = anna.download(anna.open("records", "records_table=Treatments").widget("CSV"))
    file = anna.read(link)
    assert file.count(b"\n") == len(EXPORTS.treatments) + 1
    assert visitor(servers, "anna", at=1).get(link)[0] == 404

    # Who signs out at one server is out at both.
    kept = visitor(servers, "bert", at=0)
    kept_elsewhere = visitor(servers, "bert", at=1)
    for each in (kept, kept_elsewhere):
        each.keep(COOKIE, next(str(held.value) for held in bert.cookies if held.name == COOKIE))
        assert each.open("results").heading == "Results"
    bert.get("/auth/logout")
    for each in (kept, kept_elsewhere):
        assert each.get("/results")[0] == 401
        with pytest.raises(ConnectionError):
            each.open("results")

    # Where a server is gone, its pages go on at the other.
    servers.processes[0].kill()
    servers.processes[0].wait(10)
    with pytest.raises(ConnectionError):
        anna.open("results")
    assert anna.get("/results")[0] == 200
    assert figures(anna.open("results"))
    assert anna.read(anna.download(anna.open("records", "records_table=Treatments").widget("CSV"))) == file
    assert servers.proxy.answered[-1][0] == 1

    # All of it is in one log, and the folder of the snapshot is as it was.
    assert not audit.verify(servers.log).problem
    assert {event.who for event in audit.events(servers.log)} == {"anna", "bert"}
    assert {path: path.stat().st_mtime_ns for path in servers.place.rglob("*") if path.is_file()} == before_all
    anna.close()
