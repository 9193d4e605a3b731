"""Two groups compared, one of them the reference: risks against risks, crude and within strata, and how alike they are.

Counts are units; where several units belong to one patient, effective numbers of units stand in for them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dashboard.statistics.proportions import normal_quantile

Floats = npt.NDArray[np.float64]

CHI_SQUARE, FISHER = "chi-square", "Fisher's exact"
LEAST_EXPECTED = 5
ALIKE = 0.1
"""A standardised difference above this is marked."""


class Estimate(NamedTuple):
    """An estimate with its confidence limits; nan where there is none."""

    value: float
    low: float
    high: float


NONE = Estimate(math.nan, math.nan, math.nan)


class Strata(NamedTuple):
    """Affected and all units of a group and of the reference, in each of the strata."""

    affected: Floats
    units: Floats
    reference_affected: Floats
    reference_units: Floats


def risk_difference(share: Estimate, reference: Estimate) -> Estimate:
    """The difference of two shares, with limits made of each share's own (Wilson) limits.

    Source: Newcombe, Stat Med 1998; 17: 873, method 10.
    """
    difference = share.value - reference.value
    below = math.hypot(share.value - share.low, reference.high - reference.value)
    above = math.hypot(share.high - share.value, reference.value - reference.low)
    return Estimate(difference, difference - below, difference + above)


def risk_ratio(
    affected: float, units: float, reference_affected: float, reference_units: float, level: float = 0.95
) -> tuple[Estimate, bool]:
    """The ratio of two shares with limits on the log scale, and whether 0.5 was added to every cell, one being 0.

    Source: Katz and others, Biometrics 1978; 34: 469.
    """
    if not (units > 0 and reference_units > 0):
        return NONE, False
    *cells, is_corrected = _corrected(affected, units, reference_affected, reference_units)
    a, n, b, m = cells
    spread = normal_quantile(level) * math.sqrt(_log_ratio_variance(a, n, b, m))
    log_ratio = math.log(a / n) - math.log(b / m)
    return Estimate(*(math.exp(log_ratio + step) for step in (0.0, -spread, spread))), is_corrected


def _corrected(a: float, n: float, b: float, m: float) -> tuple[float, float, float, float, bool]:
    """The affected and all units of two groups, with 0.5 added to every cell where one is 0."""
    if min(a, n - a, b, m - b) > 0:
        return a, n, b, m, False
    return a + 0.5, n + 1, b + 0.5, m + 1, True


def _log_ratio_variance(a: float, n: float, b: float, m: float) -> float:
    return 1 / a - 1 / n + 1 / b - 1 / m


def difference_design_effect(
    share: float, units: float, effective: float, reference: float, reference_units: float, reference_effective: float
) -> float:
    """By how much effective numbers of units make the variance of a crude difference larger; 1 where it is 0.

    Source: Kish, Survey Sampling, 1965 (the design effect).
    """
    spread, reference_spread = share * (1 - share), reference * (1 - reference)
    plain = spread / units + reference_spread / reference_units
    clustered = spread / effective + reference_spread / reference_effective
    return clustered / plain if plain > 0 else 1.0


def ratio_design_effect(
    share: float, units: float, effective: float, reference: float, reference_units: float, reference_effective: float
) -> float:
    """By how much effective numbers of units make the variance of the log of a crude ratio larger."""
    plain = _corrected(share * units, units, reference * reference_units, reference_units)[:4]
    clustered = _corrected(share * effective, effective, reference * reference_effective, reference_effective)[:4]
    return _log_ratio_variance(*clustered) / _log_ratio_variance(*plain)


def no_difference(
    affected: float, units: float, reference_affected: float, reference_units: float
) -> tuple[float, str]:
    """p of two shares being the same, two-sided, and the name of the test.

    Chi-square without continuity correction, or Fisher's exact where fewer than 5 are expected in a cell, of the counts
    rounded to whole ones.
    Source: Pearson, Philos Mag 1900; 50: 157. Fisher, J R Stat Soc 1935; 98: 39.
    """
    if not (units > 0 and reference_units > 0):
        return math.nan, ""
    total, all_affected = units + reference_units, affected + reference_affected
    least = min(units, reference_units) * min(all_affected, total - all_affected) / total
    if least < LEAST_EXPECTED:
        a, n, b, m = (round(count) for count in (affected, units, reference_affected, reference_units))
        return _fisher(min(a, n), n, min(b, m), m), FISHER
    from scipy.special import chdtrc  # imported where used: scipy takes a while

    pooled = all_affected / total
    difference = affected / units - reference_affected / reference_units
    chi_square = difference**2 / (pooled * (1 - pooled) * (1 / units + 1 / reference_units))
    return float(chdtrc(1, chi_square)), CHI_SQUARE


def _fisher(a: int, n: int, b: int, m: int) -> float:
    """The chance, margins being fixed, of all tables that are no more likely than this one."""
    from scipy.special import gammaln  # scipy.stats has this test, and takes seconds to import

    affected = a + b
    possible = np.arange(max(0, affected - m), min(n, affected) + 1)

    def log_choose(all_: npt.NDArray[np.int64] | int, some: npt.NDArray[np.int64]) -> Floats:
        return np.asarray(gammaln(all_ + 1) - gammaln(some + 1) - gammaln(all_ - some + 1), dtype=np.float64)

    log_chance = log_choose(n, possible) + log_choose(m, affected - possible)
    chance = np.exp(log_chance - log_chance.max())
    own = chance[a - possible[0]]
    return min(1.0, float(chance[chance <= own * (1 + 1e-7)].sum() / chance.sum()))


def benjamini_hochberg(p: Floats) -> Floats:
    """The p-values adjusted so that rejecting those below q leaves a share q of false discoveries; nan stays nan.

    Source: Benjamini and Hochberg, J R Stat Soc B 1995; 57: 289.
    """
    adjusted: Floats = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(-p[known], kind="stable")]
    ranks = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum.accumulate(np.minimum(1.0, p[order] * len(order) / ranks))
    return adjusted


def mantel_haenszel_difference(strata: Strata, level: float = 0.95, design_effect: float = 1.0) -> Estimate:
    """The difference of risks common to the strata; the variance is multiplied by the design effect.

    Strata that lack one of the groups count for nothing. Sources: Mantel and Haenszel, J Natl Cancer Inst 1959; 22:
    719; the variance Sato's, Biometrics 1989; 45: 1323.
    """
    a, n, b, m = (cells[(strata.units > 0) & (strata.reference_units > 0)] for cells in strata)
    if not len(n):
        return NONE
    total = n + m
    weight = (n * m / total).sum()
    difference = float(((a * m - b * n) / total).sum() / weight)
    p = ((n * n * b - m * m * a + n * m * (m - n) / 2) / total**2).sum()
    q = ((a * (m - b) + b * (n - a)) / (2 * total)).sum()
    variance = max(0.0, float(difference * p + q)) / weight**2
    spread = normal_quantile(level) * math.sqrt(variance * design_effect)
    return Estimate(difference, difference - spread, difference + spread)


def mantel_haenszel_ratio(strata: Strata, level: float = 0.95, design_effect: float = 1.0) -> Estimate:
    """The ratio of risks common to the strata; the variance of its log is multiplied by the design effect.

    Strata that lack one of the groups count for nothing; there is none where nobody was affected in one of them.
    Sources: Mantel and Haenszel, J Natl Cancer Inst 1959; 22: 719; the variance Greenland and Robins's, Biometrics
    1985; 41: 55.
    """
    a, n, b, m = (cells[(strata.units > 0) & (strata.reference_units > 0)] for cells in strata)
    total = n + m
    above, below = float((a * m / total).sum()), float((b * n / total).sum())
    if not (above > 0 and below > 0):
        return NONE
    variance = max(0.0, float(((n * m * (a + b) - a * b * total) / total**2).sum())) / (above * below)
    spread = normal_quantile(level) * math.sqrt(variance * design_effect)
    log_ratio = math.log(above / below)
    return Estimate(*(math.exp(log_ratio + step) for step in (0.0, -spread, spread)))


def difference_of_levels(units: Floats, reference_units: Floats) -> float:
    """The standardised difference of two groups in an attribute, from the units of each at each of its levels.

    At two levels it is the difference of the shares over their pooled standard deviation. Infinite where the groups
    have no level in common, nan where one has no units.
    Source: Yang and Dalton, SAS Global Forum 2012, paper 335.
    """
    if not (units.sum() > 0 and reference_units.sum() > 0):
        return math.nan
    if not (units * reference_units).any():
        return math.inf
    occurs = (units + reference_units) > 0
    shares = units[occurs][1:] / units.sum()
    references = reference_units[occurs][1:] / reference_units.sum()
    difference = shares - references
    covariance = (_covariance(shares) + _covariance(references)) / 2
    return math.sqrt(max(0.0, float(difference @ np.linalg.solve(covariance, difference))))


def _covariance(shares: Floats) -> Floats:
    return np.asarray(np.diag(shares) - np.outer(shares, shares), dtype=np.float64)


def difference_of_means(mean: float, sd: float, reference_mean: float, reference_sd: float) -> float:
    """The standardised difference of two means, without its sign: over the pooled standard deviation.

    Infinite where nothing varies within the groups, nan where a group has fewer than two values.
    Source: Austin, Stat Med 2009; 28: 3083.
    """
    difference = abs(mean - reference_mean)
    if difference == 0:
        return 0.0
    pooled = math.sqrt((sd**2 + reference_sd**2) / 2)
    return difference / pooled if pooled != 0 else math.inf
