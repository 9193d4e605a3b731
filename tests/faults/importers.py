"""Imports in processes of their own, which may be killed while they run."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

# By name, so that the server that forks has read all that an import needs.
from data import ImportRefused, catalogue_of, import_exports, publishing, rederive
from tests.faults.states import ROOT

forked = multiprocessing.get_context("forkserver")
forked.set_forkserver_preload(["tests.faults.importers"])

STEPS = ("open", "os.chmod", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate")


def outcomes(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    """The command `outcomes`, started."""
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def imported(exports: Path, pointer: Path, *arguments: str) -> tuple[int, str]:
    """The exit status of `outcomes import`, and what it said on stderr."""
    _, said = (started := outcomes("import", exports, "--into", pointer, *arguments)).communicate(timeout=120)
    return started.returncode, said


def killed_import(exports: Path, pointer: Path, killed_at: int, kept: int) -> BaseProcess:
    """A process that imports, and is killed right before it touches the snapshot's place for that many times."""
    process = forked.Process(target=_import, args=(exports, pointer, killed_at, kept))
    process.start()
    return process


def killed_rederiving(window: int, pointer: Path, killed_at: int, kept: int) -> BaseProcess:
    """A process that gives every type this touch-up window, and is killed as one that imports."""
    process = forked.Process(target=_rederive, args=(window, pointer, killed_at, kept))
    process.start()
    return process


def compete(exports: Path, pointer: Path, patience: float) -> BaseProcess:
    """A process that imports as soon as `<pointer>.go` is there, and writes down what it was told."""
    process = forked.Process(target=_compete, args=(exports, pointer, patience))
    process.start()
    return process


def _import(exports: Path, pointer: Path, killed_at: int, kept: int) -> None:
    _kill_before(killed_at, pointer, kept)
    import_exports([exports], pointer)


def _rederive(window: int, pointer: Path, killed_at: int, kept: int) -> None:
    _kill_before(killed_at, pointer, kept)
    rederive(pointer, [replace(one, touch_up_window_days=window) for one in catalogue_of(None).types])


def _kill_before(killed_at: int, pointer: Path, kept: int) -> None:
    """Kills this process right before it touches the snapshot's place for that many times."""
    touched = 0

    def kill_before(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal touched
        if event in STEPS and any(str(one).startswith(str(pointer)) for one in arguments[:2]):
            touched += 1
            if touched == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)

    os.environ[publishing.KEPT_VARIABLE] = str(kept)
    sys.addaudithook(kill_before)


def _compete(exports: Path, pointer: Path, patience: float) -> None:
    # The server that forks has the environment of the test that first needed it.
    os.environ.pop(publishing.KEPT_VARIABLE, None)
    publishing.PATIENCE_SECONDS = patience
    told: list[str] = []
    while not pointer.with_suffix(".go").exists():
        time.sleep(0.005)
    try:
        import_exports([exports], pointer, progress=lambda step, *_: told.append(step))
    except ImportRefused as refusal:
        told.append(str(refusal))
        raise SystemExit(2) from None
    finally:
        exports.with_suffix(".told").write_text("\n".join(told), encoding="utf-8")
