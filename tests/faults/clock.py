"""The command `outcomes` with a clock that jumps a day on at SIGUSR1, and back at SIGUSR2."""

from __future__ import annotations

import signal
import sys
import time

DAY = 24 * 3600

if __name__ == "__main__":
    true_time, ahead = time.time, 0

    def jump(number: int, _: object) -> None:
        global ahead
        ahead = DAY if number == signal.SIGUSR1 else 0

    time.time = lambda: true_time() + ahead
    signal.signal(signal.SIGUSR1, jump)
    signal.signal(signal.SIGUSR2, jump)

    from dashboard.cli import main

    main(sys.argv[1:])
