"""The share still without the event where some observations only tell between which days it fell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from dashboard.statistics.survival import Curve, Floats, Integers, at_risk_of, per_day, reported_days, without_limits

Flags = npt.NDArray[np.bool_]

SEED = 1976

# A fit is done when no gradient is above nought by more than this share of n (the Karush-Kuhn-Tucker conditions), and
# the next Newton step, which is still taken, moves no share by more than this.
TOLERANCE = 1e-10
_ROUNDING = 1e-13
_EM_STEPS, _MOST_STEPS = 5, 500

# One thread in linear algebra: with several the last digits differ, and here many small systems are solved at once.
threadpool_limits(limits=1, user_api="blas")


@dataclass(frozen=True)
class Pairs:
    """The distinct observations as ranges of cells, and how often each occurs.

    A cell is one of the days on which an event may have been seen, in their order; the last cell is "later than all of
    them". The event of pair i fell in one of the cells first[i] .. last[i].
    """

    day: Integers
    first: Integers
    last: Integers
    count: Floats


def turnbull(left: Integers, right: Floats, count: Integers) -> Curve:
    """The nonparametric maximum-likelihood curve of events that fell in (left, right], so many of each, without limits.

    `right` is the day `left` where the event fell on that day, and infinite where it was not seen. Within an innermost
    interval the likelihood does not say on which day the curve falls; it falls on the last one, so that the curve is
    the share not yet surely gone. `at_risk` counts the observations whose end (the right day, or the left one where
    there is no right) lies on or after the day, `events` those with a right day on it. Where all is exact or
    right-censored, it is the Kaplan-Meier curve.
    Source: Turnbull, J R Stat Soc B 1976; 38: 290. Fitted by Newton steps, each the exact solution of the quadratic
    problem with no mass below nought, until the Karush-Kuhn-Tucker conditions hold: Wang, Comput Stat Data Anal 2008;
    52: 2388.
    """
    is_seen = np.isfinite(right)
    end = np.where(is_seen, right, left).astype(np.int64)
    events, censored = per_day(end, count * is_seen), per_day(end, count * ~is_seen)
    reported = reported_days(events + censored)
    pairs, _ = _paired(left, right, count)
    share = _share(pairs, _masses(pairs, pairs.count), reported)
    at_risk = at_risk_of(events + censored)
    curve = Curve(reported, at_risk[reported], events[reported], censored[reported], share, share, share)
    return without_limits(curve)


@dataclass(frozen=True)
class Sample:
    """Patients with their observations, to be drawn from again and again.

    Resample b draws as many patients as there are, with replacement, by numpy's default generator seeded with
    (SEED, b); it takes every observation of each as often as the patient was drawn, and is fitted anew. So it is the
    same on every occasion, in whichever process.
    Source: Efron, Ann Stat 1979; 7: 1; of clusters: Davison and Hinkley, Bootstrap Methods, 1997, chapter 3.
    """

    pairs: Pairs
    pair: Integers
    """Of every observation, sorted by patient."""
    observations: Integers
    """Of every patient."""
    masses: Floats
    day: Integers

    def share(self, resample: int) -> Floats:
        """The share without the event after each day, in the resample of that number."""
        patients = len(self.observations)
        drawn = np.random.default_rng((SEED, resample)).integers(0, patients, patients)
        times = np.bincount(drawn, minlength=patients).astype(np.float64)
        count = np.bincount(self.pair, np.repeat(times, self.observations), len(self.pairs.count)).astype(np.float64)
        return _share(self.pairs, _masses(self.pairs, count, self.masses), self.day)


def sample_of(curve: Curve, left: Integers, right: Floats, patient: Integers) -> Sample:
    """The sample behind a Turnbull curve: one entry per observation, in any order."""
    pairs, number = _paired(left, right, np.ones(len(left), dtype=np.int64))
    _, place = np.unique(patient, return_inverse=True)
    # One number per observation, sorted by patient and pair: nothing depends on the order in which the rows came.
    entry = place.astype(np.int64) * len(pairs.count) + number
    entry.sort()
    place, number = np.divmod(entry, len(pairs.count))
    return Sample(pairs, number, np.bincount(place), _masses(pairs, pairs.count), curve.day)


def percentile_limits(curve: Curve, shares: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Limits of a curve from its resamples, a row each; moved, where need be, to include the estimate."""
    low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return np.clip(np.minimum(low, curve.share), 0, 1), np.clip(np.maximum(high, curve.share), 0, 1)


def _paired(left: Integers, right: Floats, count: Integers) -> tuple[Pairs, Integers]:
    """The distinct pairs, sorted, and of each observation the number of its pair."""
    is_seen = np.isfinite(right)
    day = np.unique(right[is_seen]).astype(np.int64)
    first = np.searchsorted(day, np.where(left == right, left, left + 1))
    last = np.where(is_seen, np.searchsorted(day, right), len(day))
    cells = len(day) + 1
    pair, number = np.unique(first * cells + last, return_inverse=True)
    first, last = np.divmod(pair, cells)
    total = np.bincount(number, weights=count, minlength=len(pair)).astype(np.float64)
    return Pairs(day, first, last, total), number


def _share(pairs: Pairs, mass: Floats, day: Integers) -> Floats:
    """The share without the event after each day: the mass of all later cells, exactly 1 where no other has any."""
    earlier = np.append(0.0, mass.cumsum())
    later = np.append(mass[::-1].cumsum()[::-1], 0.0)
    share: Floats = np.where(earlier > 0, np.minimum(later, 1.0), 1.0)
    return share[np.searchsorted(pairs.day, day, side="right")]


def _masses(pairs: Pairs, count: Floats, near: Floats | None = None) -> Floats:
    """The most likely mass of every cell, with these counts of the pairs; `near` is where to begin."""
    is_there = count > 0
    first, last, weight = pairs.first[is_there], pairs.last[is_there], count[is_there]
    is_support = _ends_innermost(first, last, len(pairs.day) + 1)
    before = np.append(0, is_support.cumsum())
    ranges = _Ranges(before[first], before[last + 1], int(before[-1]))
    start = np.ones(ranges.cells) if near is None else near[is_support] + 0.001 / weight.sum()
    mass = np.zeros(len(is_support))
    mass[is_support] = _fitted(ranges, weight, start / start.sum())
    return mass


def _ends_innermost(first: Integers, last: Integers, cells: int) -> Flags:
    """The cells that end an innermost interval: a first cell, then this last one, and no other last one between."""
    cell = np.arange(cells)
    is_first, is_last = np.zeros(cells, dtype=np.bool_), np.zeros(cells, dtype=np.bool_)
    is_first[first], is_last[last] = True, True
    latest_first = np.maximum.accumulate(np.where(is_first, cell, -1))
    latest_last = np.maximum.accumulate(np.where(is_last, cell, -1))
    ends: Flags = is_last & (latest_first > np.append(-1, latest_last[:-1]))
    return ends


@dataclass(frozen=True)
class _Ranges:
    """Ranges begin .. end - 1 of so many cells: the matrix of which cell lies in which range, never written out."""

    begin: Integers
    end: Integers
    cells: int

    def covered(self, mass: Floats) -> Floats:
        """The mass that each range covers."""
        sums: Floats = np.append(0.0, mass.cumsum())
        return sums[self.end] - sums[self.begin]

    def over(self, value: Floats) -> Floats:
        """For each cell, the sum of the values of the ranges over it."""
        rises = np.bincount(self.begin, value, self.cells + 1)
        falls = np.bincount(self.end, value, self.cells + 1)
        sums: Floats = (rises - falls)[:-1].cumsum()
        return sums

    def solved(self, value: Floats, target: Floats, is_free: Flags) -> Floats:
        """The x, nought where it is not free, for which over(value * covered(x)) is the target where it is free.

        For the running sums of x the matrix is the Laplacian of a graph, in which every range is an edge.
        """
        node = np.append(0, is_free.cumsum())
        nodes = int(node[-1]) + 1
        edges = np.bincount(node[self.begin] * nodes + node[self.end], value, nodes * nodes).reshape(nodes, nodes)
        edges += edges.T
        laplacian = np.diag(edges.sum(axis=1)) - edges
        wanted = target[is_free]
        x = np.zeros(self.cells)
        x[is_free] = np.diff(np.linalg.solve(laplacian[1:, 1:], wanted - np.append(wanted[1:], 0.0)), prepend=0.0)
        return x


def _fitted(ranges: _Ranges, weight: Floats, mass: Floats) -> Floats:
    """The masses that maximise the sum of weight * log(mass covered), from masses above nought.

    That sum less n times the total mass has the same maximum, without a condition on the total. Raises ArithmeticError
    where it is not found, which would be an error in the program.
    """
    n = weight.sum()

    def height(mass: Floats) -> float:
        share = ranges.covered(mass)
        return float((weight * np.log(share)).sum() - n * mass.sum()) if share.min() > 0 else -np.inf

    for _ in range(_EM_STEPS):
        mass = mass * ranges.over(weight / ranges.covered(mass)) / n
    is_free = np.ones(ranges.cells, dtype=np.bool_)
    for _ in range(_MOST_STEPS):
        share = ranges.covered(mass)
        gradient = ranges.over(weight / share) - n
        aim, is_free = _nonnegative(ranges, weight / share**2, 2 * gradient + n, is_free, n)
        step = aim - mass
        if gradient.max() <= TOLERANCE * n and np.abs(step.cumsum()).max() <= TOLERANCE:
            fitted: Floats = aim / aim.sum()
            return fitted
        before, slope, length = height(mass), float((gradient * step).sum()), 1.0
        while height(mass + length * step) < before + 1e-4 * length * slope - _ROUNDING * abs(before):
            length /= 2
        mass = mass + length * step
    raise ArithmeticError("the most likely curve was not found")


def _nonnegative(ranges: _Ranges, curvature: Floats, target: Floats, is_free: Flags, n: float) -> tuple[Floats, Flags]:
    """The x >= 0 that minimises sum(curvature * covered(x)^2) / 2 - sum(target * x), and where it may be above nought.

    By block pivoting, one cell at a time where many at once lead nowhere.
    Source: Portugal, Judice and Vicente, Math Comput 1994; 63: 625.
    """
    fewest, tries = ranges.cells + 1, 3
    while True:
        x = ranges.solved(curvature, target, is_free)
        slope = target - ranges.over(curvature * ranges.covered(x))
        wrong = np.flatnonzero(np.where(is_free, x < 0, slope > 0.1 * TOLERANCE * n))
        if not len(wrong):
            return x, is_free
        if len(wrong) < fewest:
            fewest, tries = len(wrong), 3
        elif tries:
            tries -= 1
        else:
            wrong = wrong[-1:]
        is_free = is_free.copy()
        is_free[wrong] ^= True
