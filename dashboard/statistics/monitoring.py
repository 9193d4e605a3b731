"""Which groups differ from all together by more than chance and their usual spread explain: the limits of a funnel.

For shares of any kind. Everything here is about a share that is known (of all groups together) and the units of a
group, not about a group's own share and its confidence limits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dashboard.statistics.proportions import normal_quantile

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

WINSORISED = 0.1


def binomial_limits(overall: float, units: Integers, level: float) -> tuple[Floats, Floats]:
    """The limits that the share of so many units keeps to with that probability, if its true share is the overall one.

    Exact, and interpolated between two counts as Spiegelhalter does; the upper limit is the lower one of the
    complement, so that a funnel of those not followed up is the mirror image. A count of a group is beyond a limit
    exactly where the binomial probability of that count or a more extreme one is below (1 - level) / 2. The limits
    enclose the overall share. Source: Spiegelhalter, Stat Med 2005; 24: 1185.
    """
    tail = (1 - level) / 2
    low = np.minimum(_lower(overall, units, tail), overall)
    high = np.maximum(1 - _lower(1 - overall, units, tail), overall)
    return low, high


def _lower(overall: float, units: Integers, tail: float) -> Floats:
    from scipy.special import bdtr  # imported where used: scipy takes a while

    # The smallest count with P(count or fewer) above the tail, by bisection.
    below, count = np.full_like(units, -1), units.copy()
    while (count - below > 1).any():
        middle = (below + count) // 2
        is_above = bdtr(middle.astype(np.float64), units, overall) > tail
        open_ = count - below > 1
        count = np.where(open_ & is_above, middle, count)
        below = np.where(open_ & ~is_above, middle, below)
    to_count = bdtr(count.astype(np.float64), units, overall)
    before = np.where(count > 0, bdtr(np.maximum(count - 1, 0).astype(np.float64), units, overall), 0.0)
    limits: Floats = np.maximum(count - (to_count - tail) / (to_count - before), 0.0) / units
    return limits


def overdispersion(shares: Floats, units: Integers, overall: float) -> tuple[float, float]:
    """How much more the shares of the groups vary than chance would have it: phi, and the variance tau squared.

    phi is the mean square of the groups' z, winsorised at the 10th and 90th percentile (linear between ranks); 1 is
    chance alone. tau squared is the variance between groups that explains phi, by the method of moments; 0 where phi
    is no larger than chance makes it. (nan, 0) where nothing can vary: no group, or an overall share of 0 or 1.
    Source: Spiegelhalter, Stat Med 2005; 24: 1185.
    """
    groups = len(units)
    if not groups or overall <= 0 or overall >= 1:
        return float("nan"), 0.0
    precision = units / (overall * (1 - overall))
    z = (shares - overall) * np.sqrt(precision)
    z = np.clip(z, *np.quantile(z, [WINSORISED, 1 - WINSORISED]))
    phi = float(z @ z) / groups
    spread = float(precision.sum() - (precision @ precision) / precision.sum())
    surplus = groups * phi - (groups - 1)
    return phi, surplus / spread if surplus > 0 and spread > 0 else 0.0


def funnel_limits(overall: float, units: Integers, level: float, tau_squared: float = 0.0) -> tuple[Floats, Floats]:
    """The binomial limits, widened by the variance between groups (additive over-dispersion), never narrower.

    With it the limits are normal: overall share and its z times the root of binomial variance and tau squared.
    Source: Spiegelhalter, Stat Med 2005; 24: 1185.
    """
    low, high = binomial_limits(overall, units, level)
    if tau_squared > 0:
        spread = normal_quantile(level) * np.sqrt(overall * (1 - overall) / units + tau_squared)
        low, high = np.minimum(low, overall - spread), np.maximum(high, overall + spread)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
