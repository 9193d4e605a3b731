"""Two shares of the same pairs, and how far apart they are."""

from __future__ import annotations

import math

from dashboard.statistics.proportions import wilson


def paired_difference(
    both: float, first_only: float, second_only: float, neither: float, level: float = 0.95
) -> tuple[float, float, float]:
    """The share of pairs with the first less that with the second, and its limits; nan where there is no pair.

    The counts may be effective ones, and so no whole numbers. Newcombe's method 10: from Wilson's limits of both shares
    and their correlation, which is taken to be nearer to nought where it is positive.
    Source: Newcombe, Stat Med 1998; 17: 2635.
    """
    n = both + first_only + second_only + neither
    if not n > 0:
        return math.nan, math.nan, math.nan
    first, second = (both + first_only) / n, (both + second_only) / n
    (first_low, first_high), (second_low, second_high) = wilson(first, n, level), wilson(second, n, level)
    margins = (both + first_only) * (second_only + neither) * (both + second_only) * (first_only + neither)
    cross = both * neither - first_only * second_only
    nearer = cross - n / 2 if cross > n / 2 else min(cross, 0.0)
    correlation = nearer / math.sqrt(margins) if margins > 0 else 0.0

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(one * one - 2 * correlation * one * other + other * other, 0.0))

    difference = (first_only - second_only) / n
    return (
        difference,
        difference - reach(first - first_low, second_high - second),
        difference + reach(first_high - first, second - second_low),
    )


def mcnemar_mid_p(first_only: int, second_only: int) -> float:
    """The two-sided mid-p-value of McNemar's exact test of so many pairs with the first only, or the second only.

    Source: Fagerland, Lydersen and Laake, BMC Med Res Methodol 2013; 13: 91.
    """
    from scipy.special import bdtr  # imported where used: scipy takes a while

    discordant, fewer = first_only + second_only, min(first_only, second_only)
    if first_only == second_only:
        return 1.0 - math.comb(discordant, fewer) / 2**discordant / 2 if discordant else 1.0
    # Twice the tail, less the probability of just so many: this tail and the next shorter one.
    return float(bdtr(fewer, discordant, 0.5)) + (float(bdtr(fewer - 1, discordant, 0.5)) if fewer else 0.0)
