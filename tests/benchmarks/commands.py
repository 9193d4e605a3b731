"""Commands that are measured as processes of their own."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
Measured = dict[str, float]


def environment(**variables: str) -> dict[str, str]:
    """With Python's compiled files kept, as usual: where they are not, whatever starts takes a second more."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | variables


def measured(*command: object) -> Measured:
    """Wall and processor seconds and the largest memory (MB) of Python with these arguments.

    Raises RuntimeError where it fails.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *map(str, command)], cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} {command[1]} ended with {process.returncode}")
    return {
        "seconds": time.perf_counter() - began,
        "processor_seconds": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }


def in_turns(commands: Mapping[str, Sequence[object]], runs: int) -> dict[str, list[Measured]]:
    """Each command so many times, in turns, so that whatever else the machine does falls on all."""
    told: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            told[name].append(measured(*command))
    return told


def median(runs: Sequence[Measured]) -> Measured:
    """The median of each of what was measured."""
    return {kind: statistics.median(run[kind] for run in runs) for kind in runs[0]}


def median_ratio(runs: Sequence[Measured], others: Sequence[Measured], kind: str) -> float:
    """The median over the turns of what one took for what the other took."""
    return statistics.median(run[kind] / other[kind] for run, other in zip(runs, others, strict=True))
