"""Look-up tables of whole numbers with one entry per step: to draw is to look up a random step.

So no result hangs on how a machine computes a logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from statistics import NormalDist

import numpy as np

from data.sampling.drawing.rows import Ints
from data.sampling.parameters import Days

STEPS = 1000

_NORMAL = tuple(NormalDist().inv_cdf((step + 0.5) / STEPS) for step in range(STEPS))


def normal_table(mean: float, spread: float) -> Ints:
    """The quantiles of a normal number."""
    return np.array([round(mean + spread * normal) for normal in _NORMAL])


@cache
def day_table(days: Days) -> Ints:
    """The quantiles of a number of days."""
    quantiles = (round(days.median * math.exp(days.spread * normal)) for normal in _NORMAL)
    return np.array([min(max(day, days.low), days.high) for day in quantiles])


def factor_table(spread: float) -> Ints:
    """The quantiles of a log-normal factor of median 1, in thousandths."""
    return np.array([round(1000 * math.exp(spread * normal)) for normal in _NORMAL])


def mean_one_table(spread: float, highest: int) -> Ints:
    """The quantiles of a log-normal factor of mean 1, in thousandths, none above `highest`."""
    factors = (round(1000 * math.exp(-spread * spread / 2 + spread * normal)) for normal in _NORMAL)
    return np.array([min(factor, highest) for factor in factors])


def share_table(weights: Sequence[float]) -> Ints:
    """Codes 0.. in the proportions of the weights."""
    edges = np.rint(np.cumsum(np.array(weights) / sum(weights)) * STEPS).astype(np.int64)
    return np.searchsorted(edges, np.arange(STEPS), side="right").astype(np.int64)


def named_share_table(shares: Mapping[str, float], codes: Mapping[str, int]) -> Ints:
    """The codes of the names, in the proportions of their shares."""
    return np.array([codes[name] for name in shares])[share_table(list(shares.values()))]
