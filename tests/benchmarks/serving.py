"""Servers that are measured, each a process of its own, and the browser that looks at them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.commands import ROOT, environment
from tests.load.processes import children

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium")
COLLECTING = """
import gc, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: gc.collect())
from dashboard.cli import main
main()
"""
"""`outcomes`, which collects garbage when it is asked to."""
LONGEST_START, LONGEST_END, LONGEST_WORK = 60.0, 20.0, 300.0
IDLE = 0.1
"""Of a processor's time at most, where nothing is at work; a page that waits asks every second."""


class Server:
    """The process that serves, and what it takes of the machine."""

    def __init__(self, address: str, pid: int) -> None:
        self.address = address
        self.pid = pid

    @property
    def processor_seconds(self) -> float:
        return _processor_seconds(self.pid)

    def wait_until_idle(self) -> None:
        """Waits until neither it nor the processes that it has begun are at work; raises TimeoutError after minutes."""
        until = time.monotonic() + LONGEST_WORK
        while time.monotonic() < until:
            before = {pid: _processor_seconds(pid) for pid in _family(self.pid)}
            time.sleep(1)
            after = {pid: _processor_seconds(pid) for pid in _family(self.pid)}
            if sum(used - before.get(pid, 0.0) for pid, used in after.items()) < IDLE:
                return
        raise TimeoutError(f"the server is still at work after {LONGEST_WORK:.0f} s")

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


def _processor_seconds(pid: int) -> float:
    """Processor seconds of a process; 0 of one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> set[int]:
    """A process, those that it has begun, and those that these have begun."""
    return {pid}.union(*(_family(child) for child in children(pid)))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def served(snapshot: Path, log: Path, port: int, **variables: str) -> Iterator[Server]:
    """`outcomes serve` on that port, with these variables; raises RuntimeError where its log has a traceback."""
    command = ["-c", COLLECTING, "serve", "--snapshot", str(snapshot), "--port", str(port)]
    with running(command, port, "/readyz", log, **variables) as server:
        yield server
    told = log.read_text(errors="replace")
    if "Traceback" in told:
        raise RuntimeError(f"the server's log has a traceback:\n{told[told.index('Traceback') :][:3000]}")


@contextlib.contextmanager
def scripted(script: Path, log: Path) -> Iterator[Server]:
    """A Streamlit script, with the settings of the dashboard."""
    port = free_port()
    command = ["-m", "streamlit", "run", str(script), "--server.headless", "true", "--server.port", str(port)]
    with running(command, port, "/_stcore/health", log) as server:
        yield server


@contextlib.contextmanager
def running(command: list[str], port: int, answering: str, log: Path, **variables: str) -> Iterator[Server]:
    """Python with these arguments, as soon as that path is answered on that port."""
    with log.open("w") as lines:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment(**variables), stdout=lines, stderr=lines
        )
        try:
            address, until = f"http://127.0.0.1:{port}", time.monotonic() + LONGEST_START
            while time.monotonic() < until:
                with contextlib.suppress(OSError), urllib.request.urlopen(address + answering):
                    break
                time.sleep(0.02)
            yield Server(address, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(LONGEST_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def browsing() -> Iterator[Browser]:
    """A Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        try:
            yield browser
        finally:
            browser.close()
