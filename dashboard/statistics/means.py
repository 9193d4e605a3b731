"""Means of units and their confidence limits, where several units may belong to one patient."""

from __future__ import annotations

import math

from dashboard.statistics.proportions import ratio_variance


def t_quantile(level: float, degrees: int) -> float:
    """The two-sided quantile of Student's t of a confidence level, 2.228 for 0.95 and ten degrees of freedom."""
    from scipy.special import stdtrit  # imported where used: scipy takes a while

    return float(stdtrit(degrees, 0.5 + level / 2))


def clustered_mean(
    total: int,
    units: int,
    patients: int,
    total_squared: int,
    total_units: int,
    units_squared: int,
    level: float = 0.95,
) -> tuple[float, float, float]:
    """The mean of so many units and its limits, patients being clusters; nan where there is no unit, or one patient.

    The last three sums are those over patients of x*x, x*n and n*n, x being the total and n the units of a patient.
    The standard error is the cluster-robust one of a regression on nothing but a constant, with Student's t of
    patients - 1 degrees of freedom. Sources: Kish, Survey Sampling, 1965, chapter 6; Cameron and Miller, J Hum Resour
    2015; 50: 317.
    """
    if not units:
        return math.nan, math.nan, math.nan
    mean = total / units
    if patients < 2:
        return mean, math.nan, math.nan
    variance = ratio_variance(total, units, patients, total_squared, total_units, units_squared)
    half = t_quantile(level, patients - 1) * math.sqrt(max(variance, 0.0))
    return mean, mean - half, mean + half
