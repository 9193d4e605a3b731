"""What is logged of a failure: of what kind it is, and where it happened. What it says may quote a patient's record."""

from __future__ import annotations

import logging
import threading
import traceback
from typing import Any

LOG = logging.getLogger("outcomes")


def told(failure: BaseException) -> str:
    """Where a failure and those that led to it happened, and their kinds, without what they say."""
    failures = [failure]
    while (earlier := failures[-1].__cause__ or failures[-1].__context__) and earlier not in failures:
        failures.append(earlier)
    return "\n".join(
        f"Traceback (most recent call last):\n{''.join(traceback.format_tb(each.__traceback__))}{type(each).__name__}"
        for each in reversed(failures)
    )


class Record(logging.LogRecord):
    """A line of a log, by whatever library it is written, that holds no message of a failure."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.args, tuple):
            self.args = tuple(type(each).__name__ if isinstance(each, BaseException) else each for each in self.args)
        if self.exc_info and self.exc_info[1]:
            self.exc_text = told(self.exc_info[1])  # handlers write this, and look no further


def keep_values_out() -> None:
    """From here on, no log of this process holds what failures say."""
    logging.setLogRecordFactory(Record)
    threading.excepthook = lambda of: LOG.error("a thread failed: %s", told(of.exc_value) if of.exc_value else "")
