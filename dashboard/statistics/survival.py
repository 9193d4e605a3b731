"""Curves of what has not happened yet, from counts per day, with their limits, quantiles, shares and tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dashboard.statistics.proportions import normal_quantile

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Where a curve is a half but for rounding it has reached the half.
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Curve:
    """A step curve: on each `day` so many at risk, so many events, and the share without the event after that day.

    `low` and `high` are its confidence limits, nan where they are not known.
    """

    day: Integers
    at_risk: Floats
    events: Floats
    censored: Floats
    share: Floats
    low: Floats
    high: Floats


def per_day(day: Integers, weight: npt.ArrayLike) -> Floats:
    """The weights summed over dense days 0 .. max(day)."""
    return np.bincount(day, weights=np.asarray(weight, dtype=np.float64), minlength=1).astype(np.float64)


def at_risk_of(ends: Floats) -> Floats:
    """The number still there at the start of each dense day: all whose end lies on or after it."""
    return ends[::-1].cumsum()[::-1]


def log_log_limits(share: Floats, error_of_log: Floats, level: float) -> tuple[Floats, Floats]:
    """Limits of a survival share from the standard error of its logarithm, on the log(-log) scale.

    Where the share is 1 both limits are 1; where it is 0 the lower limit is 0 and the upper one stays where it was.
    Source: Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 1980.
    """
    inner = (share > 0) & (share < 1)
    low, high = np.ones_like(share), np.ones_like(share)
    minus_log = -np.log(share, where=inner, out=np.full_like(share, -1.0))
    factor = np.exp(normal_quantile(level) * error_of_log[inner] / minus_log[inner])
    low[inner] = np.exp(-minus_log[inner] * factor)
    high[inner] = np.exp(-minus_log[inner] / factor)
    gone = share <= 0
    if gone.any():
        first = int(gone.argmax())
        low[first:] = 0.0
        high[first:] = high[first - 1] if first else 1.0
    return low, high


def without_limits(curve: Curve) -> Curve:
    """The curve with limits that are not known."""
    unknown = np.full_like(curve.share, np.nan)
    return replace(curve, low=unknown, high=unknown)


def kaplan_meier(day: Integers, events: Integers, censored: Integers, level: float = 0.95) -> Curve:
    """The product-limit curve of counts per day, with Greenwood's limits on the log(-log) scale.

    Days need not be sorted or distinct; the curve has day 0 and every day on which something ended.
    Source: Kaplan and Meier, J Am Stat Assoc 1958; 53: 457.
    """
    event_count, censored_count = per_day(day, events), per_day(day, censored)
    at_risk = at_risk_of(event_count + censored_count)
    kept = reported_days(event_count + censored_count)
    at_risk, event_count, censored_count = at_risk[kept], event_count[kept], censored_count[kept]
    share: Floats = np.cumprod(1 - _ratio(event_count, at_risk), dtype=np.float64)
    with np.errstate(divide="ignore"):
        error = np.sqrt(np.cumsum(_ratio(event_count, at_risk * (at_risk - event_count))))
    low, high = log_log_limits(share, error, level)
    return Curve(kept, at_risk, event_count, censored_count, share, low, high)


def clustered_limits(
    day: Integers, is_event: npt.NDArray[np.bool_], cluster: Integers, level: float = 0.95
) -> tuple[Floats, Floats]:
    """The limits of a Kaplan-Meier curve, on its days, where several observations may belong to one patient.

    Infinitesimal jackknife, log(-log) scale: those of Wang and Chang's curve where every weight is one. Of one patient
    they are nan.
    """
    curve = wang_chang(day, is_event, is_event.astype(np.int64), cluster, level)
    return curve.low, curve.high


def wang_chang(
    day: Integers,
    is_event: npt.NDArray[np.bool_],
    events_in_series: Integers,
    cluster: Integers,
    level: float = 0.95,
) -> Curve:
    """The curve of recurrent gap times in which every series counts once, with limits clustered by patient.

    One entry per gap; `events_in_series` is the number of completed gaps of its series (K), `cluster` the patient.
    A completed gap weighs 1/K; a censored one weighs 1 where K is 0 and is left out otherwise.
    Limits: infinitesimal jackknife, log(-log) scale: what a weighted product-limit fit gives with these clusters. Of
    one patient they would have no width, whatever the gaps: there they are nan.
    Source: Wang and Chang, J Am Stat Assoc 1999; 94: 146.
    """
    kept = np.flatnonzero(is_event | (events_in_series == 0))
    day, is_event, events_in_series = day.take(kept), is_event.take(kept), events_in_series.take(kept)
    days, divisors = int(day.max()) + 1, max(int(events_in_series.max()), 1) + 1
    # One number per gap, sorted by patient and day: nothing below depends on the order in which the rows came.
    cells = days * divisors * 2
    gap = cluster.take(kept).astype(np.int64)
    gap *= cells
    gap += (day.astype(np.int64) * divisors + np.maximum(events_in_series, 1)) * 2 + is_event
    gap.sort()
    cluster, cell = np.divmod(gap, cells)
    counts = np.bincount(cell, minlength=cells).reshape(days, divisors, 2)
    event_counts, counts = counts[:, :, 1], counts.sum(axis=2)
    shares_of_one: Floats = np.zeros(divisors)
    shares_of_one[1:] = 1 / np.arange(1, divisors)
    ends: Floats = counts @ shares_of_one
    events: Floats = event_counts @ shares_of_one
    at_risk_counts = counts[::-1].cumsum(axis=0)[::-1]
    at_risk: Floats = at_risk_counts @ shares_of_one
    # Whether everybody still at risk has the event is asked of the integers.
    is_last = (at_risk_counts == event_counts).all(axis=1) & (at_risk > 0)
    survivors = np.where(is_last, 0.0, at_risk - events)
    reported = reported_days(ends)
    share: Floats = np.cumprod(np.where(is_last, 0.0, 1 - _ratio(events, at_risk)), dtype=np.float64)
    hazard = _ratio(events, at_risk * survivors).cumsum()
    day, kind = np.divmod(cell, divisors * 2)
    weight = np.repeat(shares_of_one, 2).take(kind)
    of_days = np.stack([-hazard, _ratio(np.ones(days), survivors) - hazard], axis=1).ravel()
    influence = of_days.take(day * 2 + (kind & 1)) * weight
    error = np.sqrt(_jackknife(day, influence, weight, cluster, hazard))
    low, high = log_log_limits(share, error, level)
    if cluster[0] == cluster[-1]:
        low, high = np.full_like(share, np.nan), np.full_like(share, np.nan)
    return Curve(
        reported,
        at_risk[reported],
        events[reported],
        (ends - events)[reported],
        share[reported],
        low[reported],
        high[reported],
    )


def _jackknife(day: Integers, influence: Floats, weight: Floats, cluster: Integers, hazard: Floats) -> Floats:
    """The infinitesimal-jackknife variance of log(share) on each dense day.

    The gaps are sorted by cluster and day. A cluster's influence on day t is P - H(t) R: P the (weighted) influence of
    its gaps that have ended, R the weight of those that have not. The sums over clusters of P*P, P*R and R*R change
    only where a gap ends.
    """
    starts = np.flatnonzero(np.concatenate([[True], cluster[1:] != cluster[:-1]]))
    lengths = np.diff(np.append(starts, len(cluster)))
    total = np.add.reduceat(weight, starts)
    ended, gone = influence.cumsum(), weight.cumsum()
    ended -= np.repeat(ended[starts] - influence[starts], lengths)
    remaining = np.repeat(gone[starts] - weight[starts] + total, lengths)
    remaining -= gone
    days = len(hazard)

    def summed(changes: Floats) -> Floats:
        return np.bincount(day, weights=changes, minlength=days).cumsum()

    # What P*P, P*R and R*R are more than before, where a gap adds its influence to P and takes its weight from R.
    squares = summed((2 * ended - influence) * influence)
    products = summed(influence * remaining - (ended - influence) * weight)
    rest = (total * total).sum() - summed((2 * remaining + weight) * weight)
    variance = squares - 2 * hazard * products + hazard * hazard * rest
    # Where influences cancel, as those of a single patient do, only the rounding of the running sums is left.
    rounding = TOLERANCE * np.maximum.accumulate(squares + hazard * hazard * rest)
    return np.where(variance > rounding, variance, 0.0)


def median_of_counts(counts: Integers) -> float:
    """The median of whole numbers from 0 on, of which there are so many each; nan where there is none."""
    reached, total = counts.cumsum(), int(counts.sum())
    if not total:
        return float("nan")
    low, high = np.searchsorted(reached, [(total + 1) // 2, total // 2 + 1])
    return float(low + high) / 2


def quantile_day(day: Integers, share: Floats, quantile: float) -> float:
    """The first day on which the event has happened to that share; nan where it is not reached."""
    reached = share <= 1 - quantile + TOLERANCE
    return float(day[reached.argmax()]) if reached.any() else float("nan")


def share_by(curve: Curve, day: int) -> tuple[float, float, float]:
    """The share with the event by that day, with its limits; nan beyond the last day observed, unless it is all."""
    if day > curve.day[-1] and curve.share[-1] > 0:
        return float("nan"), float("nan"), float("nan")
    at = int(np.searchsorted(curve.day, day, side="right")) - 1
    return 1 - float(curve.share[at]), 1 - float(curve.high[at]), 1 - float(curve.low[at])


def restricted_mean(curve: Curve, horizon: int) -> float:
    """The mean number of event-free days out of the first `horizon`; nan where observation ends sooner."""
    if horizon > curve.day[-1] and curve.share[-1] > 0:
        return float("nan")
    edges = np.append(np.minimum(curve.day, horizon), horizon)
    return float((np.diff(edges) * curve.share).sum())


def log_rank(*strata: Sequence[tuple[Integers, Integers, Integers]]) -> tuple[float, int, float]:
    """Chi-square, degrees of freedom and p of the log-rank test of k groups, each (day, events, censored).

    Every stratum has the same k groups, where need be with nobody in them; patients are compared within strata only.
    Groups that are never at risk on a day with an event tell nothing and are left out; (nan, 0, nan) with fewer than
    two others.
    Source: Mantel, Cancer Chemother Rep 1966; 50: 163; with strata, Peto and others, Br J Cancer 1977; 35: 1.
    """
    none = (float("nan"), 0, float("nan"))
    k = len(strata[0]) if strata else 0
    if k < 2:
        return none
    expected, difference, variance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    for groups in strata:
        of_stratum = _compared(groups)
        expected += of_stratum[0]
        difference += of_stratum[1]
        variance += of_stratum[2]
    told = expected > 0
    difference, variance = difference[told][:-1], variance[np.ix_(told, told)][:-1, :-1]
    if not len(difference) or np.linalg.matrix_rank(variance) < len(difference):
        return none
    from scipy.special import chdtrc  # imported where used: scipy takes a while

    chi2 = float(difference @ np.linalg.solve(variance, difference))
    return chi2, len(difference), float(chdtrc(len(difference), chi2))


def _compared(groups: Sequence[tuple[Integers, Integers, Integers]]) -> tuple[Floats, Floats, Floats]:
    """The events expected of each group were there no difference, those observed less these, and their covariance."""
    days = max((int(day.max()) for day, _, _ in groups if len(day)), default=0) + 1
    events, at_risk = np.zeros((len(groups), days)), np.zeros((len(groups), days))
    for index, (day, event_count, censored_count) in enumerate(groups):
        own = per_day(day, event_count)
        ends = own + per_day(day, censored_count)
        events[index, : len(own)], at_risk[index, : len(own)] = own, at_risk_of(ends)
    has_event = events.sum(axis=0) > 0
    events, at_risk = events[:, has_event], at_risk[:, has_event]
    total_events, total = events.sum(axis=0), at_risk.sum(axis=0)
    expected = at_risk * total_events / total
    scale = total_events * (total - total_events) / np.maximum(total * total * (total - 1), 1)
    variance = np.diag((scale * at_risk) @ total) - (scale * at_risk) @ at_risk.T
    return expected.sum(axis=1), (events - expected).sum(axis=1), variance


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """The quotient, and 0 where there is nothing to divide by."""
    return np.divide(numerator, denominator, out=np.zeros_like(denominator), where=denominator > 0)


def reported_days(ends: Floats) -> Integers:
    """Day 0 and every dense day on which something ended."""
    days = np.flatnonzero(ends)
    return days if len(days) and days[0] == 0 else np.concatenate([[0], days])
