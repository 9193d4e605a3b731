"""Shares of units and their confidence limits, where several units may belong to one patient."""

from __future__ import annotations

import math
from statistics import NormalDist


def normal_quantile(level: float) -> float:
    """The two-sided standard normal quantile of a confidence level, 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(share: float, units: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score limits of a share of so many (effective) units; (nan, nan) where there are none.

    Source: Wilson, J Am Stat Assoc 1927; 22: 209.
    """
    if not units > 0:
        return math.nan, math.nan
    z = normal_quantile(level)
    centre = share + z * z / (2 * units)
    spread = z * math.sqrt(share * (1 - share) / units + z * z / (4 * units * units))
    scale = 1 + z * z / units
    low = 0.0 if share == 0 else (centre - spread) / scale
    high = 1.0 if share == 1 else (centre + spread) / scale
    return max(low, 0.0), min(high, 1.0)


def effective_units(
    affected: int,
    units: int,
    patients: int,
    affected_squared: int,
    affected_units: int,
    units_squared: int,
) -> float:
    """The number of independent units that would leave the share as uncertain as the clustered ones do.

    The last three are the sums over patients of x*x, x*n and n*n, x being the affected and n all units of a patient.
    Never more than the units; exactly the units where the share is 0 or 1, or there is one patient, or no variance.
    Source: the ratio estimator's variance between clusters, Kish, Survey Sampling, 1965, chapter 6.
    """
    if affected in (0, units) or patients < 2:
        return float(units)
    variance = ratio_variance(affected, units, patients, affected_squared, affected_units, units_squared)
    if variance <= 0:
        return float(units)
    share = affected / units
    return min(float(units), share * (1 - share) / variance)


def ratio_variance(
    total: int, units: int, patients: int, total_squared: int, total_units: int, units_squared: int
) -> float:
    """The variance of total / units between patients, of whom there have to be two at least.

    The last three are the sums over patients of x*x, x*n and n*n, x being the total and n the units of a patient.
    Source: the ratio estimator, Kish, Survey Sampling, 1965, chapter 6.
    """
    # The sum over patients of (x - total / units * n)^2, times units^2: in integers, so that nothing cancels.
    spread = units * units * total_squared - 2 * total * units * total_units + total * total * units_squared
    return patients / (patients - 1) * (spread / units**4)
