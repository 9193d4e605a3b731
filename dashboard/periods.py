"""The periods that pages offer, and the one before that each is compared with."""

from __future__ import annotations

import calendar
import datetime

from dashboard.filters import Filters

OFFERED = {"Last 3 months": 3, "Last 6 months": 6, "Last 12 months": 12, "All time": 0}
"""What a period is called to its length in months, 0 being everything."""
USUAL_MONTHS = 12
"""What figures are of where no period is chosen."""
_DAY = datetime.timedelta(days=1)


def last_months(filters: Filters, last: datetime.date, months: int) -> Filters:
    """The same filters for the period of so many whole months whose last day is that."""
    return filters.within(months_before(last, months), last)


def compared(filters: Filters, as_of: datetime.date) -> tuple[Filters, Filters, str]:
    """The period chosen (without one the usual one up to `as_of`), the one as long before it, and what that is called.

    `as_of` is the last day of which anything is known, or where periods are of whole months the last of its month. What
    is before whole months is as many months, else days.
    """
    last = filters.treated_to or as_of
    first = filters.treated_from or months_before(last, USUAL_MONTHS)
    months = (last.year - first.year) * 12 + last.month - first.month + (last.day >= first.day)
    before = filters.within(first - (last - first) - _DAY, first - _DAY)
    if months and months_before(last, months) == first:
        before = last_months(filters, first - _DAY, months)
    if not (filters.treated_from or filters.treated_to):
        return filters.within(first, last), before, f"the {USUAL_MONTHS} months before"
    is_open = filters.treated_from and not filters.treated_to  # nothing is known of later days, so it is the same
    return filters if is_open else filters.within(first, last), before, "the period before"


def offered(last: datetime.date) -> list[Filters]:
    """What is selected by the periods that are offered where the last treatment was on that day, everything first."""
    lengths = sorted(months for months in OFFERED.values() if months)
    return [Filters(), *(last_months(Filters(), end, months) for months in lengths for end in ends(last))]


def ends(last: datetime.date) -> list[datetime.date]:
    """Where periods end whose last day is that: on it, or with its month where periods are of whole months."""
    return list(dict.fromkeys((last, month_end(last))))


def months_before(last: datetime.date, months: int) -> datetime.date:
    """The first day of the period of so many whole months whose last day is that."""
    after = last + _DAY
    year, month = divmod(after.year * 12 + after.month - 1 - months, 12)
    return datetime.date(year, month + 1, min(after.day, calendar.monthrange(year, month + 1)[1]))


def month_end(day: datetime.date) -> datetime.date:
    """The last day of that month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
