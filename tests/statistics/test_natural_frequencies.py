"""Shares as so many in ten: rounded to what people count, limits never made narrower."""

from __future__ import annotations

import pytest

from dashboard.statistics.natural_frequencies import in_ten, in_ten_in_words, limits_in_ten, limits_in_words


@pytest.mark.parametrize(
    ("share", "dots", "said"),
    [
        (0.0, 0, "none"),
        (0.004, 0, "fewer than 1 in 10"),
        (0.05, 1, "1 in 10"),
        (0.3, 3, "3 in 10"),
        (0.1 + 0.2, 3, "3 in 10"),
        (0.649, 6, "6 in 10"),
        (0.65, 7, "7 in 10"),
        (0.949, 9, "9 in 10"),
        (0.95, 9, "more than 9 in 10"),
        (0.999, 9, "more than 9 in 10"),
        (1.0, 10, "all"),
    ],
)
def test_a_share(share: float, dots: int, said: str) -> None:
    assert in_ten(share) == dots
    assert in_ten_in_words(share) == said


@pytest.mark.parametrize(
    ("low", "high", "ends", "said"),
    [
        (0.61, 0.75, (6, 8), "between 6 and 8 in 10"),
        (0.6, 0.8, (6, 8), "between 6 and 8 in 10"),
        (0.1 + 0.2, 0.7, (3, 7), "between 3 and 7 in 10"),
        (0.0, 0.31, (0, 4), "at most 4 in 10"),
        (0.88, 0.97, (8, 10), "at least 8 in 10"),
        (0.02, 0.98, (0, 10), "anything from none to all"),
        (0.0, 0.0, (0, 0), ""),
        (1.0, 1.0, (10, 10), ""),
    ],
)
def test_limits_are_rounded_outwards(low: float, high: float, ends: tuple[int, int], said: str) -> None:
    assert limits_in_ten(low, high) == ends
    assert limits_in_words(low, high) == said
