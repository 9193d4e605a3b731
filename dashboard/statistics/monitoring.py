"""Which groups and which months differ from all together by more than chance and their usual spread explain.

Limits of funnels and of control charts, and the rules by which a chart gives a signal. For shares of any kind.
Everything here is about a share that is known (of all together) and the units of a group or a month, not about its own
share and its confidence limits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dashboard.statistics.proportions import normal_quantile

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

WINSORISED = 0.1
FEWEST_POINTS = 12
"""A control chart of fewer points gives no signal."""

ABOVE, BELOW = "above limit", "below limit"
TWO_HIGH, TWO_LOW = "two of three high", "two of three low"
EIGHT_HIGH, EIGHT_LOW = "eight high", "eight low"
RISING, FALLING = "six rising", "six falling"
SIGNALS = (ABOVE, BELOW, TWO_HIGH, TWO_LOW, EIGHT_HIGH, EIGHT_LOW, RISING, FALLING)
"""The signals of a control chart; a point that gives several has the first of them."""

_RANGE_TO_SD = 1.128
"""What the mean moving range of two independent normal values is, in standard deviations."""
_NELSON = 3.6


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


@dataclass(frozen=True)
class ControlChart:
    """The centre line and the 3-sigma limits of a series, point by point, its sigma of z, and its signals ("" if none).

    `sigma_z` is how many times as far as chance would have it the points are apart; nan where that cannot be told.
    """

    centre: float
    low: Floats
    high: Floats
    sigma_z: float
    signal: list[str]


def p_chart(affected: Integers, units: Integers) -> ControlChart:
    """The p-chart of so many affected of so many units per point; Laney's p' where the points are over-dispersed.

    The limits follow the units of each point and are cut to 0..1. sigma_z comes from the mean moving range of the
    points' z; above 1 the limits are that many times as wide (p'), else they are those of the p-chart: never narrower.
    Every point has to have a unit. Sources: Montgomery, Introduction to Statistical Quality Control, chapter 7;
    Laney, Quality Engineering 2002; 14: 531.
    """
    centre = float(affected.sum() / units.sum()) if len(units) else float("nan")
    is_fixed = not 0 < centre < 1
    z = np.zeros(len(units)) if is_fixed else (affected / units - centre) / np.sqrt(centre * (1 - centre) / units)
    sigma_z = float("nan") if is_fixed or len(z) < 2 else float(np.abs(np.diff(z)).mean()) / _RANGE_TO_SD
    return ControlChart(
        centre, *p_limits(centre, units, sigma_z), sigma_z, signals(z / _width(sigma_z), affected / units)
    )


def p_limits(centre: float, units: Integers, sigma_z: float) -> tuple[Floats, Floats]:
    """The limits of such a chart for points of so many units."""
    spread = 3 * _width(sigma_z) * np.sqrt(centre * (1 - centre) / units)
    return np.clip(centre - spread, 0, 1), np.clip(centre + spread, 0, 1)


def _width(sigma_z: float) -> float:
    return sigma_z if sigma_z > 1 else 1.0


def t_chart(days: Integers) -> ControlChart:
    """The t-chart of days between rare events: a chart of individuals of days^(1/3.6), told in days.

    Days between events that happen at a constant rate are exponential; this power of them is nearly normal. Limits are
    3 sigma by the mean moving range; a lower one below nought is nought. Events of one day are 0 days apart.
    Sources: Nelson, J Qual Technol 1994; 26: 239. Montgomery, Introduction to Statistical Quality Control, chapter 7.
    """
    if not len(days):
        return ControlChart(float("nan"), np.zeros(0), np.zeros(0), float("nan"), [])
    powers: Floats = days.astype(np.float64) ** (1 / _NELSON)
    centre = float(powers.mean())
    deviation = float(np.abs(np.diff(powers)).mean()) / _RANGE_TO_SD if len(powers) > 1 else float("nan")
    low, high = np.maximum([centre - 3 * deviation, centre + 3 * deviation], 0) ** _NELSON
    z = (powers - centre) / deviation if deviation > 0 else np.zeros(len(powers))
    every = np.ones(len(powers))
    return ControlChart(centre**_NELSON, low * every, high * every, float("nan"), signals(z, powers))


def signals(z: Floats, values: Floats) -> list[str]:
    """The signal of each point of a control chart, "" where it gives none; z says how many sigma its value is from the
    centre.

    Beyond 3 sigma; two of three in a row beyond 2 sigma on one side, itself among them; eight in a row on one side; six
    in a row rising or falling. No signal where there are fewer than FEWEST_POINTS. A point on the centre line is on no
    side, and equal points neither rise nor fall.
    Sources: Western Electric, Statistical Quality Control Handbook, 1956; Nelson, J Qual Technol 1984; 16: 237.
    """
    if len(z) < FEWEST_POINTS:
        return [""] * len(z)
    step = np.diff(values, prepend=np.nan)
    found = {
        ABOVE: z > 3,
        BELOW: z < -3,
        TWO_HIGH: (z > 2) & (_of_last(z > 2, 3) >= 2),
        TWO_LOW: (z < -2) & (_of_last(z < -2, 3) >= 2),
        EIGHT_HIGH: _of_last(z > 0, 8) == 8,
        EIGHT_LOW: _of_last(z < 0, 8) == 8,
        RISING: _of_last(step > 0, 5) == 5,
        FALLING: _of_last(step < 0, 5) == 5,
    }
    return [next((name for name in SIGNALS if found[name][place]), "") for place in range(len(z))]


def _of_last(is_so: npt.NDArray[np.bool_], many: int) -> Integers:
    """Of how many of the last so many points, each itself included, it is so."""
    so_far = np.cumsum(is_so)
    before = np.concatenate([np.zeros(many, dtype=so_far.dtype), so_far])[: len(so_far)]
    counted: Integers = so_far - before
    return counted


def excess_probability(affected: Integers, units: Integers, all_affected: Integers, all_units: Integers) -> Floats:
    """How probable so many affected, or more, are in units drawn at random from all: the upper hypergeometric tail.

    Fisher's exact test, one-sided, of some units (of a lot) against the others among all (of its product).
    Source: Fisher, Statistical Methods for Research Workers, 1934.
    """
    k, n, some, of = (np.asarray(count, dtype=np.float64) for count in (affected, units, all_affected, all_units))
    is_upper = k > n * some / np.maximum(of, 1)
    # From the count on away from the mean, where terms only become smaller.
    tail = _hypergeometric_tail(np.where(is_upper, k, k - 1), n, some, of, np.where(is_upper, 1, -1))
    return np.clip(np.where(is_upper, tail, 1 - tail), 0.0, 1.0)


def _hypergeometric_tail(k: Floats, n: Floats, some: Floats, of: Floats, step: Integers) -> Floats:
    """The probability of k, k + step, k + 2 step, ... of `some` of all in n drawn from all."""
    from scipy.special import gammaln  # scipy.stats has this tail, and takes seconds to import

    def log_choose(many: Floats, few: Floats) -> Floats:
        chosen: Floats = gammaln(many + 1) - gammaln(few + 1) - gammaln(many - few + 1)
        return chosen

    least, most = np.maximum(0, n - (of - some)), np.minimum(n, some)
    is_possible = (k >= least) & (k <= most)
    k = np.clip(k, least, most)
    term = np.where(is_possible, np.exp(log_choose(some, k) + log_choose(of - some, n - k) - log_choose(of, n)), 0.0)
    tail = term.copy()
    while (term > 1e-17 * tail).any():
        up = (some - k) * (n - k) / ((k + 1) * (of - some - n + k + 1))
        down = k * (of - some - n + k) / ((some - k + 1) * (n - k + 1))
        term = term * np.where(step > 0, up, down)
        k = k + step
        is_over = (k < least) | (k > most)
        term, k = np.where(is_over, 0.0, term), np.clip(k, least, most)
        tail += term
    return tail
