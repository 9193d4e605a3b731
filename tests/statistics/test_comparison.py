"""Comparisons of two groups, against published answers, statsmodels, scipy and the definitions in plain loops."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from dashboard.statistics.comparison import (
    CHI_SQUARE,
    FISHER,
    Estimate,
    Strata,
    benjamini_hochberg,
    difference_design_effect,
    difference_of_levels,
    difference_of_means,
    mantel_haenszel_difference,
    mantel_haenszel_ratio,
    no_difference,
    ratio_design_effect,
    risk_difference,
    risk_ratio,
)
from dashboard.statistics.proportions import wilson

Table = tuple[int, int, int, int]
"""Affected and all of a group, affected and all of the reference."""

TABLES: list[Table] = [(56, 70, 48, 80), (9, 10, 3, 10), (6, 100, 60, 1000), (1, 30, 9, 31), (400, 1000, 431, 1200)]
EDGES: list[Table] = [(0, 40, 3, 40), (0, 40, 0, 40), (5, 40, 40, 40), (40, 40, 40, 40), (1, 1, 0, 1), (0, 1, 0, 900)]

# Published examples, each stratum (affected, units, reference affected, reference units).
# Agresti, Categorical Data Analysis, 3rd edition, 2013, table 6.9: eight centres, drug and control.
AGRESTI = [
    (11, 36, 10, 37), (16, 20, 22, 32), (14, 19, 7, 19), (2, 16, 1, 17),
    (6, 17, 0, 12), (1, 11, 0, 10), (1, 5, 1, 9), (4, 6, 6, 7),
]  # fmt: skip
# SAS/STAT user's guide, PROC FREQ, example "Cochran-Mantel-Haenszel Statistics": migraine, women and men.
MIGRAINE = [(16, 27, 5, 25), (12, 28, 7, 26)]


def difference(table: Table, level: float = 0.95) -> Estimate:
    a, n, b, m = table
    return risk_difference(Estimate(a / n, *wilson(a / n, n, level)), Estimate(b / m, *wilson(b / m, m, level)))


def strata_of(tables: list[Table]) -> Strata:
    return Strata(*np.array(tables, dtype=np.float64).T)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [((56, 70, 48, 80), 0.0524, 0.3339), ((9, 10, 3, 10), 0.1705, 0.8090), ((0, 40, 3, 40), -0.1986, 0.0255)],
)
def test_newcombe_gives_the_published_limits(table: Table, low: float, high: float) -> None:
    # Newcombe, Stat Med 1998; 17: 873, table II, method 10.
    assert difference(table)[1:] == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("table", TABLES + EDGES)
def test_newcombe_agrees_with_statsmodels(table: Table) -> None:
    expected = confint_proportions_2indep(*table, method="newcomb", compare="diff", alpha=0.05)
    assert difference(table)[1:] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("table", TABLES)
def test_katz_agrees_with_statsmodels(table: Table, level: float) -> None:
    a, n, b, m = table
    expected = Table2x2([[a, n - a], [b, m - b]])
    ratio, is_corrected = risk_ratio(*table, level)
    assert not is_corrected
    assert ratio.value == pytest.approx(expected.riskratio, rel=1e-12)
    assert ratio[1:] == pytest.approx(expected.riskratio_confint(1 - level), rel=1e-12)


@pytest.mark.parametrize("table", EDGES)
def test_where_a_cell_is_nought_half_a_unit_is_added_to_every_cell(table: Table) -> None:
    a, n, b, m = table
    expected = Table2x2(np.array([[a, n - a], [b, m - b]]) + 0.5, shift_zeros=False)
    ratio, is_corrected = risk_ratio(*table)
    assert is_corrected
    assert ratio == pytest.approx((expected.riskratio, *expected.riskratio_confint()), rel=1e-12)


@pytest.mark.parametrize("table", TABLES + EDGES)
def test_the_test_is_the_chi_square_or_fishers(table: Table) -> None:
    a, n, b, m = table
    cells = np.array([[a, n - a], [b, m - b]])
    p, test = no_difference(*table)
    expected = np.outer(cells.sum(axis=1), cells.sum(axis=0)) / cells.sum()
    if expected.min() < 5:
        assert test == FISHER
        assert p == pytest.approx(stats.fisher_exact(cells).pvalue, rel=1e-9)
    else:
        wanted = stats.chi2_contingency(cells, correction=False).pvalue
        assert test == CHI_SQUARE
        assert p == pytest.approx(wanted, rel=1e-9)


def test_fishers_tea() -> None:
    # Fisher, The Design of Experiments, 1935: three of four cups told, two-sided 34/70.
    p, test = no_difference(3, 4, 1, 4)
    assert test == FISHER
    assert p == pytest.approx(34 / 70, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_fishers_exact_is_that_of_all_tables(seed: int) -> None:
    chance = random.Random(seed)
    n, m = chance.randint(1, 60), chance.randint(1, 60)
    a, b = chance.randint(0, min(3, n)), chance.randint(0, min(1, m))
    p, test = no_difference(a, n, b, m)
    assert test == FISHER
    assert p == pytest.approx(stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue, rel=1e-9)


def test_benjamini_and_hochbergs_own_example() -> None:
    # Benjamini and Hochberg, J R Stat Soc B 1995; 57: 289, section 4.1: four of fifteen are rejected at 0.05.
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.324,
        0.4262,
        0.5719,
        0.6528,
        0.759,
        1,
    ]
    assert (benjamini_hochberg(np.array(p)) <= 0.05).sum() == 4


@pytest.mark.parametrize("seed", range(10))
def test_benjamini_hochberg_agrees_with_statsmodels_and_leaves_gaps(seed: int) -> None:
    chance = random.Random(seed)
    p = np.array([chance.choice((chance.random(), 0.04, 0.3)) for _ in range(chance.randint(1, 20))])
    gaps = np.insert(p, len(p) // 2, math.nan)
    adjusted = benjamini_hochberg(gaps)
    assert np.isnan(adjusted[len(p) // 2])
    assert adjusted[~np.isnan(gaps)] == pytest.approx(multipletests(p, method="fdr_bh")[1], abs=1e-12)


def test_mantel_haenszel_gives_the_published_differences_and_ratios() -> None:
    # Agresti 2013, page 231: 0.130 with standard error 0.050.
    found = mantel_haenszel_difference(strata_of(AGRESTI))
    assert found.value == pytest.approx(0.130, abs=5e-4)
    assert (found.high - found.value) / 1.959964 == pytest.approx(0.050, abs=5e-4)
    # SAS/STAT: the Mantel-Haenszel relative risk of column 1 is 2.1636 (1.2336 to 3.7948).
    assert mantel_haenszel_ratio(strata_of(MIGRAINE)) == pytest.approx((2.1636, 1.2336, 3.7948), abs=5e-5)


def naive_sato(tables: list[Table]) -> tuple[float, float]:
    """The common difference and its variance, stratum by stratum, in fractions (Sato 1989)."""
    weights, sum_, p, q = Fraction(0), Fraction(0), Fraction(0), Fraction(0)
    for a, n, b, m in tables:
        if n and m:
            total = n + m
            weights += Fraction(n * m, total)
            sum_ += Fraction(a * m - b * n, total)
            p += Fraction(n * n * b - m * m * a, total**2) + Fraction(n * m * (m - n), 2 * total**2)
            q += Fraction(a * (m - b) + b * (n - a), 2 * total)
    common = sum_ / weights
    return float(common), float((common * p + q) / weights**2)


def naive_greenland_robins(tables: list[Table]) -> tuple[float, float]:
    """The common ratio and the variance of its log, in fractions (Greenland and Robins 1985)."""
    above = below = spread = Fraction(0)
    for a, n, b, m in tables:
        if n and m:
            total = n + m
            above += Fraction(a * m, total)
            below += Fraction(b * n, total)
            spread += Fraction(n * m * (a + b) - a * b * total, total**2)
    return float(above / below), float(spread / (above * below))


@pytest.mark.parametrize("seed", range(20))
def test_mantel_haenszel_is_that_of_the_definition(seed: int) -> None:
    chance = random.Random(seed)
    tables: list[Table] = [(1, 9, 2, 8)]
    for _ in range(chance.randint(0, 12)):
        n, m = chance.choice((0, 1, 5, 40, 300)), chance.choice((0, 1, 5, 40, 300))
        tables.append((chance.randint(0, n), n, chance.randint(0, m), m))
    strata, effect = strata_of(tables), chance.choice((1.0, 2.25))
    value, variance = naive_sato(tables)
    half = 1.959963984540054 * math.sqrt(variance * effect)
    found = mantel_haenszel_difference(strata, 0.95, effect)
    assert found == pytest.approx((value, value - half, value + half), abs=1e-12)
    ratio, log_variance = naive_greenland_robins(tables)
    half = 1.959963984540054 * math.sqrt(log_variance * effect)
    expected = (ratio, ratio * math.exp(-half), ratio * math.exp(half))
    assert mantel_haenszel_ratio(strata, 0.95, effect) == pytest.approx(expected, rel=1e-12)
    both = [(a, n, b, m) for a, n, b, m in tables if n and m]
    pooled = StratifiedTable([np.array([[a, n - a], [b, m - b]], float) for a, n, b, m in both]).riskratio_pooled
    assert ratio == pytest.approx(pooled, rel=1e-12)


def test_one_stratum_is_the_crude_comparison() -> None:
    a, n, b, m = 30, 100, 20, 120
    strata = strata_of([(a, n, b, m)])
    assert mantel_haenszel_difference(strata).value == pytest.approx(a / n - b / m, abs=1e-15)
    assert mantel_haenszel_ratio(strata) == pytest.approx(risk_ratio(a, n, b, m)[0], rel=1e-12)


def test_without_overlap_there_is_nothing_to_say() -> None:
    apart = strata_of([(1, 5, 0, 0), (0, 0, 2, 7)])
    assert all(math.isnan(figure) for figure in mantel_haenszel_difference(apart))
    assert all(math.isnan(figure) for figure in mantel_haenszel_ratio(apart))
    nobody_affected = strata_of([(0, 5, 3, 9)])
    assert all(math.isnan(figure) for figure in mantel_haenszel_ratio(nobody_affected))
    assert mantel_haenszel_difference(nobody_affected).value == pytest.approx(-1 / 3)


def test_the_design_effect_is_what_effective_units_do_to_the_variance() -> None:
    plain, clustered = 0.3 * 0.7 / 100 + 0.1 * 0.9 / 80, 0.3 * 0.7 / 50 + 0.1 * 0.9 / 60
    assert difference_design_effect(0.3, 100, 50, 0.1, 80, 60) == pytest.approx(clustered / plain)
    plain, clustered = 1 / 30 - 1 / 100 + 1 / 8 - 1 / 80, 1 / 15 - 1 / 50 + 1 / 6 - 1 / 60
    assert ratio_design_effect(0.3, 100, 50, 0.1, 80, 60) == pytest.approx(clustered / plain)
    assert difference_design_effect(0.3, 100, 100, 0.1, 80, 80) == ratio_design_effect(0.3, 9, 9, 0, 8, 8) == 1
    assert difference_design_effect(0, 10, 10, 1, 10, 10) == 1


def test_two_levels_differ_by_their_shares_over_the_pooled_deviation() -> None:
    # Austin, Stat Med 2009; 28: 3083: the difference of the shares over the root of the mean of p(1 - p).
    expected = 0.2 / math.sqrt((0.3 * 0.7 + 0.5 * 0.5) / 2)
    assert difference_of_levels(np.array([30.0, 70]), np.array([100.0, 100])) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(10))
def test_many_levels_differ_by_yang_and_daltons_distance_whichever_is_left_out(seed: int) -> None:
    chance = np.random.default_rng(seed)
    units, others = (chance.integers(1, 50, 5).astype(float) for _ in range(2))
    p, q = units / units.sum(), others / others.sum()
    left_out = int(chance.integers(5))
    kept = [level for level in range(5) if level != left_out]
    covariance = [
        [((k == j) * (p[k] + q[k]) - p[k] * p[j] - q[k] * q[j]) / 2 for j in kept]
        for k in kept
    ]  # fmt: skip
    step = (p - q)[kept]
    expected = math.sqrt(step @ np.linalg.inv(np.array(covariance)) @ step)
    assert difference_of_levels(units, others) == pytest.approx(expected, rel=1e-9)
    with_absent = difference_of_levels(np.append(units, 0), np.append(others, 0))
    assert with_absent == pytest.approx(expected, rel=1e-9)


def test_the_same_do_not_differ_and_all_against_none_cannot_be_measured() -> None:
    assert difference_of_levels(np.array([3.0, 6]), np.array([1.0, 2])) == 0
    assert difference_of_levels(np.array([3.0]), np.array([1.0])) == 0
    assert difference_of_levels(np.array([3.0, 0]), np.array([0.0, 2])) == math.inf
    assert difference_of_levels(np.array([3.0, 2, 0]), np.array([0.0, 0, 2])) == math.inf
    assert math.isnan(difference_of_levels(np.array([0.0, 0]), np.array([1.0, 2])))


def test_means_differ_by_the_pooled_deviation() -> None:
    assert difference_of_means(5, 1, 4, 3) == pytest.approx(1 / math.sqrt(5))
    assert difference_of_means(4, 3, 5, 1) == pytest.approx(1 / math.sqrt(5))
    assert difference_of_means(4, 0, 4, 0) == 0
    assert difference_of_means(4, 0, 5, 0) == math.inf
    assert math.isnan(difference_of_means(4, math.nan, 5, 1))
