"""Means over clusters: against statsmodels' cluster-robust regression on a constant."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from dashboard.statistics.means import clustered_mean, t_quantile


def sums(values: list[list[int]]) -> tuple[int, int, int, int, int, int]:
    totals = [(sum(own), len(own)) for own in values]
    return (
        sum(x for x, _ in totals),
        sum(n for _, n in totals),
        len(totals),
        sum(x * x for x, _ in totals),
        sum(x * n for x, n in totals),
        sum(n * n for _, n in totals),
    )


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_agrees_with_a_cluster_robust_regression(seed: int, level: float) -> None:
    draw = random.Random(seed)
    values = [[draw.randint(-900, 300) for _ in range(draw.randint(1, 5))] for _ in range(draw.randint(2, 40))]
    every = np.array([value for own in values for value in own], dtype=float)
    patients = np.array([place for place, own in enumerate(values) for _ in own])
    fit = sm.OLS(every, np.ones(len(every))).fit(cov_type="cluster", cov_kwds={"groups": patients}, use_t=True)
    low, high = fit.conf_int(1 - level)[0]
    assert clustered_mean(*sums(values), level) == pytest.approx((fit.params[0], low, high), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_patients_with_one_unit_each_give_student_s_interval(seed: int) -> None:
    values = [random.Random(seed * 100 + place).randint(0, 50) for place in range(12)]
    low, high = stats.t.interval(0.95, 11, np.mean(values), stats.sem(values))
    assert clustered_mean(*sums([[value] for value in values])) == pytest.approx((np.mean(values), low, high))


def test_one_patient_has_no_limits_and_no_unit_no_mean() -> None:
    mean, low, high = clustered_mean(*sums([[3, 5]]))
    assert (mean, math.isnan(low), math.isnan(high)) == (4, True, True)
    assert all(map(math.isnan, clustered_mean(0, 0, 0, 0, 0, 0)))


def test_t_quantile_of_a_printed_table() -> None:
    assert t_quantile(0.95, 10) == pytest.approx(2.228, abs=5e-4)
