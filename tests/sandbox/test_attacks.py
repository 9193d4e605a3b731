"""At least 200 attacks, each with the statement check on and off: nothing is told, written or asked of a network."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

import data
import queries
from dashboard.sandbox.asking import OFFERED, PROJECT, Limits, NotAnswered, ask, requested
from dashboard.sandbox.statement import NotAllowed, check
from dashboard.store import Store, open_snapshot
from tests.drawing import random_exports, write_exports
from tests.sandbox.attacks import BOMBS, REACHING, TIME_BOMBS

CANARY = "canary that sings 4711"
PATIENCE = 60


@dataclass(frozen=True)
class Target:
    """A snapshot, a file beside it that nobody may read, a folder that nobody may write, and a port that listens."""

    store: Store
    folder: Path
    out: Path
    port: int
    callers: list[str]

    def aimed(self, attack: str) -> str:
        places = {"folder": self.folder, "out": self.out, "snapshot": self.store.generation.path, "port": self.port}
        for name, place in places.items():
            attack = attack.replace(f"{{{name}}}", str(place))
        return attack.replace("{{", "{").replace("}}", "}")

    def files(self) -> list[tuple[str, int, int]]:
        places = [*self.folder.rglob("*"), *self.out.rglob("*"), *PROJECT.glob("*")]
        return sorted(
            (str(place), place.stat().st_size, place.stat().st_mtime_ns) for place in places if place.is_file()
        )


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder, out = tmp_path_factory.mktemp("private"), tmp_path_factory.mktemp("out")
    data.import_exports([write_exports(random_exports(1), folder / "exports")], into=folder / "outcomes.json")
    (folder / "canary.csv").write_text(f"line\n{CANARY}\n")
    callers: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                callers.append("somebody")
                caller.close()

        threading.Thread(target=listen, daemon=True).start()
        yield Target(open_snapshot(folder / "outcomes.json"), folder, out, server.getsockname()[1], callers)
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """One to parse with; a statement that is checked is not run."""
    with duckdb.connect(":memory:") as one:
        yield one


@pytest.fixture(scope="module")
def unchecked(target: Target) -> dict[str, str]:
    """What each of REACHING gave in a child that checks no statement; a child that an attack ends is replaced."""
    before = target.files()
    gave: dict[str, str] = {}
    while left := [attack for attack in REACHING if attack not in gave]:
        line, _ = requested(target.store, "select 1", Limits(seconds=PATIENCE), is_checked=False)
        process = subprocess.Popen(
            [sys.executable, "-s", "-m", "tests.sandbox.driver"],
            cwd=PROJECT,
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        statements = json.dumps([target.aimed(attack) for attack in left]).encode() + b"\n"
        told, _ = process.communicate(line + statements, timeout=PATIENCE)
        lines = told.decode().splitlines()
        gave |= dict(zip(left, lines, strict=False))
        if len(lines) < len(left):
            assert len(gave) or lines, "the child did not even begin"
            gave[left[len(lines)]] = "ended"
    assert target.files() == before
    assert not target.callers
    return gave


def test_there_are_enough_of_them() -> None:
    assert len({*REACHING, *BOMBS}) == len(REACHING) + len(BOMBS) >= 200


@pytest.mark.parametrize("attack", REACHING, ids=lambda attack: attack[:60])
def test_the_check_alone_refuses(target: Target, connection: duckdb.DuckDBPyConnection, attack: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        check(target.aimed(attack), OFFERED, connection, queries.MACROS)
    assert_nothing_told(target, attack, str(refused.value))


@pytest.mark.parametrize("attack", REACHING, ids=lambda attack: attack[:60])
def test_the_process_alone_holds(target: Target, unchecked: dict[str, str], attack: str) -> None:
    assert_nothing_told(target, attack, unchecked[attack])


@pytest.mark.parametrize("is_checked", [True, False])
@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb[:60])
def test_a_bomb_is_contained(target: Target, bomb: str, is_checked: bool) -> None:
    limits = Limits(seconds=1, memory=150_000_000, bytes=20_000_000)
    try:
        given = ask(target.store, bomb, limits, is_checked=is_checked)
    except NotAnswered as refused:
        told = str(refused)
    else:
        told = "an answer that is no larger than it may be" if given.table.nbytes <= limits.bytes else "too much"
    assert re.search("seconds|memory" if bomb in TIME_BOMBS else "seconds|memory|Error|no larger", told), told
    assert_nothing_told(target, bomb, told)


def assert_nothing_told(target: Target, attack: str, told: str) -> None:
    """What the attack itself does not say: what is in files, and where anything is on this machine."""
    secrets = (CANARY, "root:x:", socket.gethostname(), str(target.folder), str(PROJECT), str(Path.home()), ".venv")
    aimed = target.aimed(attack)
    for secret in secrets:
        assert len(secret) < 3 or secret in aimed or secret not in told, told
