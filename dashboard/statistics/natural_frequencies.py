"""Shares as people count: so many in ten."""

from __future__ import annotations

import math

TEN = 10
# What is a whole number but for rounding is one.
TOLERANCE = 1e-9


def in_ten(share: float) -> int:
    """How many of ten, halves rounded up; ten only where it is everybody."""
    return TEN if share >= 1 else min(math.floor(share * TEN + 0.5 + TOLERANCE), TEN - 1)


def limits_in_ten(low: float, high: float) -> tuple[int, int]:
    """The limits of a share as numbers of ten, rounded outwards, so that they leave out nothing."""
    return math.floor(low * TEN + TOLERANCE), math.ceil(high * TEN - TOLERANCE)


def in_ten_in_words(share: float) -> str:
    """A share as people say it: 7 in 10."""
    if 0 < share < 0.05:
        return f"fewer than 1 in {TEN}"
    if 0.95 <= share < 1:
        return f"more than 9 in {TEN}"
    return {0: "none", TEN: "all"}.get(in_ten(share), f"{in_ten(share)} in {TEN}")


def limits_in_words(low: float, high: float) -> str:
    """Limits as people say them: between 6 and 8 in 10; "" where they leave nothing open, or are not known."""
    if math.isnan(low) or math.isnan(high):
        return ""
    least, most = limits_in_ten(low, high)
    if least == most:
        return ""
    if least == 0 and most == TEN:
        return "anything from none to all"
    if least == 0:
        return f"at most {most} in {TEN}"
    if most == TEN:
        return f"at least {least} in {TEN}"
    return f"between {least} and {most} in {TEN}"
