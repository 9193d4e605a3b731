"""Limits of funnels and control charts, against cases worked by hand, published data, scipy and hostile draws."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dashboard.statistics.monitoring import (
    SIGNALS,
    binomial_limits,
    excess_probability,
    funnel_limits,
    overdispersion,
    p_chart,
    p_limits,
    signals,
    t_chart,
)
from tests import oracle

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


def test_a_p_chart_by_hand() -> None:
    # 30 of 300 in all: 1/10; sigma is .03 for 100 units, .06 for 25.
    chart = p_chart(np.array([9, 11, 10]), np.array([100, 100, 100]))
    assert chart.centre == pytest.approx(0.1)
    assert (chart.low[0], chart.high[0]) == pytest.approx((0.01, 0.19))
    # z: -1/3, 1/3, 0; moving ranges 2/3 and 1/3.
    assert chart.sigma_z == pytest.approx(0.5 / 1.128)
    low, high = p_limits(0.1, np.array([25]), chart.sigma_z)
    assert (low[0], high[0]) == pytest.approx((0.0, 0.28))


def test_an_over_dispersed_chart_is_as_much_wider_as_laney_has_it() -> None:
    chart = p_chart(np.array([50, 150, 50, 150]), np.array([1000, 1000, 1000, 1000]))
    sigma = math.sqrt(0.09 / 1000)
    assert chart.sigma_z == pytest.approx(0.1 / sigma / 1.128)
    assert chart.high[0] == pytest.approx(0.1 + 3 * 0.1 / 1.128)
    assert chart.low[0] == 0


# Montgomery, Introduction to Statistical Quality Control: hours between failures of a valve, and as he transforms them.
VALVE = {
    286: 4.80986, 948: 6.70903, 536: 5.72650, 124: 3.81367, 816: 6.43541, 729: 6.23705, 4: 1.46958, 143: 3.96768,
    431: 5.39007, 8: 1.78151, 2837: 9.09619, 596: 5.89774, 81: 3.38833, 227: 4.51095, 603: 5.91690, 492: 5.59189,
    1199: 7.16124, 1214: 7.18601, 2831: 9.09083, 96: 3.55203,
}  # fmt: skip


def test_a_t_chart_of_published_times() -> None:
    chart = t_chart(np.array(list(VALVE)))
    published = list(VALVE.values())
    centre = sum(published) / 20
    ranges = [abs(later - earlier) for earlier, later in itertools.pairwise(published)]
    # His power is .2777, rounded; 1/3.6 is .27778.
    assert chart.centre ** (1 / 3.6) == pytest.approx(centre, rel=1e-3)
    assert chart.high[0] ** (1 / 3.6) == pytest.approx(centre + 3 * sum(ranges) / 19 / 1.128, rel=1e-3)
    # The lower limit is below nought; all are in control.
    assert chart.low.tolist() == [0.0] * 20
    assert chart.signal == [""] * 20


def test_this_power_of_exponential_times_is_nearly_normal() -> None:
    powers = stats.expon.ppf((np.arange(20_000) + 0.5) / 20_000) ** (1 / 3.6)
    assert abs(stats.skew(powers)) < 0.02
    assert abs(stats.kurtosis(powers)) < 0.3


@given(st.lists(st.sampled_from([-3.5, -2.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.5, 3.5]), max_size=30))
def test_signals_are_those_of_the_naive_rules(z: list[float]) -> None:
    found = signals(np.array(z), np.array(z))
    assert found == [oracle.signal_of(z, z, place) for place in range(len(z))]
    assert set(found) <= {*SIGNALS, ""}


def test_chance_alone_is_outside_three_sigma_as_often_as_it_should() -> None:
    chance = np.random.default_rng(3)
    outside = runs = 0
    for _ in range(400):
        units = chance.integers(300, 600, 50)
        found = p_chart(chance.binomial(units, 0.3), units).signal
        outside += sum(signal.endswith("limit") for signal in found)
        runs += any(found)
    # 20,000 months: 54 by the normal distribution, fewer as wide charts (p') are never made narrow again.
    assert 15 <= outside <= 70
    # With all rules together some charts of 50 months signal by chance; most do not all the time.
    assert 0.2 < runs / 400 < 0.6


def test_an_excess_is_fishers() -> None:
    chance = np.random.default_rng(9)
    for _ in range(50):
        n, others = chance.integers(1, 60, 2)
        x, y = chance.integers(0, n + 1), chance.integers(0, others + 1)
        p = excess_probability(np.array([x]), np.array([n]), np.array([x + y]), np.array([n + others]))
        fisher = stats.fisher_exact([[x, n - x], [y, others - y]], alternative="greater").pvalue
        assert p[0] == pytest.approx(fisher, rel=1e-9)
        assert p[0] == pytest.approx(oracle.hypergeometric_tail(int(x), int(n), int(x + y), int(n + others)), rel=1e-9)


def test_the_tail_of_many_and_of_few_is_scipys() -> None:
    chance = np.random.default_rng(1)
    of = np.append(chance.integers(1, 60_000, 500), chance.integers(1, 30, 500))
    some, units = (np.floor(of * chance.random(1000)).astype(np.int64) for _ in range(2))
    least, most = np.maximum(0, units - (of - some)), np.minimum(units, some)
    affected = np.clip(chance.hypergeometric(some, of - some, units) + chance.integers(-3, 60, 1000), least, most)
    expected = np.where(affected > 0, stats.hypergeom.sf(affected - 1, of, some, units), 1.0)
    assert excess_probability(affected, units, some, of) == pytest.approx(expected, rel=2e-9, abs=1e-300)
