"""Days, counted from the first day of the period."""

from __future__ import annotations

from data.sampling.drawing.rows import Ints
from data.sampling.parameters.practice import CUT_OFF, FIRST_DAY

LAST_DAY = (CUT_OFF - FIRST_DAY).days
NEVER = 30_000  # a day that does not come

_FIRST_SUNDAY = (6 - FIRST_DAY.weekday()) % 7


def open_day(days: Ints) -> Ints:
    """The same days, Sundays put off to Monday."""
    open_days: Ints = days + (days % 7 == _FIRST_SUNDAY)
    return open_days
