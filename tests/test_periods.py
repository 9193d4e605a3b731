"""Periods that pages offer, and the ones before them, by hand."""

from datetime import date, timedelta

import pytest

from dashboard.filters import Filters
from dashboard.periods import compared, month_end, months_before, offered

AS_OF = date(2025, 6, 30)


def within(first: str | None, last: str | None) -> Filters:
    """A period of women."""
    days = [date.fromisoformat(each) if each else None for each in (first, last)]
    return Filters(treated_from=days[0], treated_to=days[1], sex=("female",))


@pytest.mark.parametrize(
    ("last", "months", "first"),
    [
        ("2025-06-30", 12, "2024-07-01"),
        ("2025-06-15", 12, "2024-06-16"),
        ("2025-02-28", 3, "2024-12-01"),
    ],
)
def test_a_period_of_whole_months(last: str, months: int, first: str) -> None:
    assert months_before(date.fromisoformat(last), months) == date.fromisoformat(first)


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        ("2025-01-01", "2025-06-30", ("2024-07-01", "2024-12-31")),
        ("2025-01-01", None, ("2024-07-01", "2024-12-31")),
        ("2024-06-16", "2025-06-15", ("2023-06-16", "2024-06-15")),
        ("2024-03-01", "2024-03-31", ("2024-02-01", "2024-02-29")),
        ("2025-03-10", "2025-03-12", ("2025-03-07", "2025-03-09")),
        ("2025-01-31", "2025-02-27", ("2025-01-03", "2025-01-30")),
        (None, "2024-12-31", ("2023-01-01", "2023-12-31")),
        ("2025-03-10", "2025-03-10", ("2025-03-09", "2025-03-09")),
    ],
)
def test_what_is_before_is_as_long(first: str | None, last: str | None, before: tuple[str, str]) -> None:
    now, then, called = compared(within(first, last), AS_OF)
    assert (str(then.treated_from), str(then.treated_to)) == before
    assert now.sex == then.sex == ("female",)
    assert called == "the period before"
    assert now.treated_from
    assert then.treated_to
    assert now.treated_from - then.treated_to == timedelta(days=1)


def test_without_a_period_the_last_twelve_months_are_compared() -> None:
    now, then, called = compared(Filters(), AS_OF)
    assert now == Filters(treated_from=date(2024, 7, 1), treated_to=AS_OF)
    assert then == Filters(treated_from=date(2023, 7, 1), treated_to=date(2024, 6, 30))
    assert called == "the 12 months before"


def test_periods_on_offer_end_with_the_last_treatment_or_its_month() -> None:
    assert [(str(each.treated_from), str(each.treated_to)) for each in offered(date(2025, 6, 15))] == [
        ("None", "None"),
        ("2025-03-16", "2025-06-15"),
        ("2025-04-01", "2025-06-30"),
        ("2024-12-16", "2025-06-15"),
        ("2025-01-01", "2025-06-30"),
        ("2024-06-16", "2025-06-15"),
        ("2024-07-01", "2025-06-30"),
    ]
    assert month_end(date(2024, 2, 3)) == date(2024, 2, 29)
