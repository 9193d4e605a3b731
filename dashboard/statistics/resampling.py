"""Resamples are fitted in processes of their own, one per core, so that whoever asks for them can go on meanwhile.

    python -m dashboard.statistics.resampling

Standard input holds samples and the numbers of resamples, standard output gets their shares, both pickled.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress

import numpy as np

from dashboard import stopping
from dashboard.statistics.survival import Floats
from dashboard.statistics.turnbull import Sample

RESAMPLES = 500
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)

MOST_PROCESSES = 8
"""Each holds all observations."""

FEW_PAIRS = 400
"""Fewer distinct observations than this are fitted sooner than processes start."""


def resampled(samples: Sequence[Sample], resamples: int = RESAMPLES) -> list[Floats]:
    """For each sample the share on its days, one row per resample; the same for any number of processes."""
    if sum(len(sample.pairs.count) for sample in samples) < FEW_PAIRS:
        return _shares(samples, range(resamples))
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    shares = [np.empty((resamples, len(sample.day))) for sample in samples]
    with ExitStack() as ending:
        started = [_started(ending) for _ in range(processes)]
        for first, process in enumerate(started):
            _ask(process, (samples, range(first, resamples, processes)))
        for first, process in enumerate(started):
            answer, _ = process.communicate()
            for whole, part in zip(shares, pickle.loads(answer), strict=True):
                whole[first::processes] = part
    return shares


def _started(ending: ExitStack) -> subprocess.Popen[bytes]:
    """A process that waits for its task, and is there no longer than whoever asks."""
    command = [sys.executable, "-m", "dashboard.statistics.resampling"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    ending.callback(_end, process)
    stopping.by(process.kill)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        with suppress(BrokenPipeError):
            if pipe:
                pipe.close()
    process.wait()


def _ask(process: subprocess.Popen[bytes], task: tuple[Sequence[Sample], Sequence[int]]) -> None:
    assert process.stdin
    pickle.dump(task, process.stdin)
    process.stdin.close()
    process.stdin = None


def _shares(samples: Sequence[Sample], resamples: Sequence[int]) -> list[Floats]:
    return [np.array([sample.share(number) for number in resamples]) for sample in samples]


def main() -> None:
    """Fit what standard input asks for, behind everything else, and no longer than whoever asked for it lives."""
    os.nice(10)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    pickle.dump(_shares(*pickle.load(sys.stdin.buffer)), sys.stdout.buffer)


if __name__ == "__main__":
    main()
