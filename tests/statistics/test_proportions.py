"""Shares and their limits, against published answers, statsmodels and the definition in plain loops."""

from __future__ import annotations

import math
import random

import pytest
from statsmodels.stats.proportion import proportion_confint

from dashboard.statistics.proportions import effective_units, wilson


@pytest.mark.parametrize(
    ("affected", "units", "low", "high"),
    [(0, 20, 0.0, 0.1611), (1, 20, 0.0089, 0.2361), (0, 200, 0.0, 0.0188), (3, 200, 0.0051, 0.0432)],
)
def test_wilson_gives_the_published_limits(affected: int, units: int, low: float, high: float) -> None:
    assert wilson(affected / units, units) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("affected", "units"), [(0, 1), (1, 1), (1, 2), (7, 31), (400, 1000)])
def test_wilson_agrees_with_statsmodels(affected: int, units: int, level: float) -> None:
    expected = proportion_confint(affected, units, alpha=1 - level, method="wilson")
    assert wilson(affected / units, units, level) == pytest.approx(expected, abs=1e-12)


def test_no_unit_has_no_limits() -> None:
    assert all(math.isnan(limit) for limit in wilson(math.nan, 0))


def sums(patients: list[tuple[int, int]]) -> tuple[int, int, int, int, int, int]:
    """The sufficient statistics of patients, each (affected, units)."""
    return (
        sum(x for x, _ in patients),
        sum(n for _, n in patients),
        len(patients),
        sum(x * x for x, _ in patients),
        sum(x * n for x, n in patients),
        sum(n * n for _, n in patients),
    )


@pytest.mark.parametrize("seed", range(20))
def test_effective_units_are_those_of_the_definition(seed: int) -> None:
    chance = random.Random(seed)
    units = [chance.randint(1, 9) for _ in range(chance.randint(2, 40))]
    patients = [(sum(chance.random() < 0.3 for _ in range(n)), n) for n in units]
    total, share = sum(units), sum(x for x, _ in patients) / sum(units)
    m = len(patients)
    variance = m / (m - 1) * sum((x - share * n) ** 2 for x, n in patients) / total**2
    plain = 0 < share < 1 and variance > 0
    expected = min(total, share * (1 - share) / variance) if plain else total
    assert effective_units(*sums(patients)) == pytest.approx(expected, rel=1e-12)


def test_patients_who_are_all_or_nothing_count_once() -> None:
    # Ten patients with four units each, all four alike: as uncertain as ten independent units, less the m/(m-1).
    patients = [(4, 4)] * 5 + [(0, 4)] * 5
    assert effective_units(*sums(patients)) == pytest.approx(9.0)


@pytest.mark.parametrize("patients", [[(0, 3), (0, 2)], [(3, 3), (2, 2)], [(2, 5)], [(1, 2), (1, 2)]])
def test_without_variance_between_patients_all_units_count(patients: list[tuple[int, int]]) -> None:
    assert effective_units(*sums(patients)) == sum(n for _, n in patients)
