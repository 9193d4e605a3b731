"""Funnel limits, against a case worked by hand, scipy's binomial distribution and hostile draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dashboard.statistics.monitoring import binomial_limits, funnel_limits, overdispersion

SHARES = st.floats(0, 1) | st.sampled_from([0.0, 1.0, 1e-9, 1 - 1e-9, 0.5])


def test_interpolated_limits_by_hand() -> None:
    # 10 units at 1/2: P(1 or fewer) = 11/1024, P(2 or fewer) = 56/1024, so the limit lies between 1 and 2 units:
    # 2 - (56/1024 - .025) / (45/1024) = 1.3244...
    low, high = binomial_limits(0.5, np.array([10]), 0.95)
    expected = (2 - (56 / 1024 - 0.025) / (45 / 1024)) / 10
    assert low[0] == pytest.approx(expected, abs=1e-12)
    assert high[0] == pytest.approx(1 - expected, abs=1e-12)


@pytest.mark.parametrize("overall", [0.01, 0.2, 0.5, 0.634, 0.97])
@pytest.mark.parametrize("level", [0.95, 0.998])
def test_a_count_is_beyond_a_limit_exactly_where_its_tail_is(overall: float, level: float) -> None:
    for n in (1, 2, 7, 40, 333):
        low, high = binomial_limits(overall, np.array([n]), level)
        counts = np.arange(n + 1)
        binomial = stats.binom(n, overall)
        assert (counts / n < low[0]).tolist() == (binomial.cdf(counts) < (1 - level) / 2).tolist()
        assert (counts / n > high[0]).tolist() == (binomial.sf(counts - 1) < (1 - level) / 2).tolist()


def test_large_groups_have_the_normal_limits() -> None:
    low, high = binomial_limits(0.3, np.array([10_000_000]), 0.95)
    half = 1.959963984540054 * math.sqrt(0.21 / 10_000_000)
    assert (low[0], high[0]) == pytest.approx((0.3 - half, 0.3 + half), abs=2e-7)


@given(SHARES, st.lists(st.integers(1, 5_000), min_size=1, max_size=8), st.floats(0, 1), st.floats(0.5, 0.999))
def test_limits_enclose_the_overall_share_and_only_widen(
    overall: float, units: list[int], tau_squared: float, level: float
) -> None:
    counts = np.array(units)
    low, high = binomial_limits(overall, counts, level)
    wider_low, wider_high = funnel_limits(overall, counts, level, tau_squared)
    assert ((wider_low >= 0) & (wider_low <= low) & (low <= overall)).all()
    assert ((overall <= high) & (high <= wider_high) & (wider_high <= 1)).all()
    higher_low, higher_high = binomial_limits(overall, counts, (1 + level) / 2)
    assert ((higher_low <= low) & (high <= higher_high)).all()


@given(st.lists(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=12))
def test_over_dispersion_is_never_negative(counts: list[tuple[int, int]]) -> None:
    some, units = np.array([x for x, _ in counts]), np.array([n for _, n in counts])
    overall = some.sum() / units.sum() if counts else math.nan
    phi, tau_squared = overdispersion(some / units, units, overall)
    assert tau_squared >= 0
    assert math.isnan(phi) == (not counts or overall in (0, 1))
    assert math.isnan(phi) or phi >= 0


def test_shares_as_chance_has_them_are_not_over_dispersed() -> None:
    chance = np.random.default_rng(5)
    units = chance.integers(50, 500, 200)
    phi, tau_squared = overdispersion(chance.binomial(units, 0.6) / units, units, 0.6)
    assert phi < 1.1
    assert tau_squared < 1e-4
    spread = np.clip(chance.normal(0.6, 0.1, 200), 0, 1)
    phi, tau_squared = overdispersion(chance.binomial(units, spread) / units, units, 0.6)
    # Less than 0.1, and meant to be: the mean square of a winsorised standard normal is 0.68.
    assert math.sqrt(tau_squared) == pytest.approx(0.1 * math.sqrt(0.68), abs=0.01)
