"""Estimators on simulated patients of whom the truth is known, and on whatever inputs hypothesis thinks of."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.statistics.proportions import effective_units, wilson
from dashboard.statistics.survival import kaplan_meier, quantile_day, wang_chang


def of_patients(x: np.ndarray, n: np.ndarray) -> tuple[int, int, int, int, int, int]:
    """The sufficient statistics of patients with x of n units affected."""
    return int(x.sum()), int(n.sum()), len(n), int(x @ x), int(x @ n), int(n @ n)


def test_clustered_limits_cover_the_truth_where_plain_ones_do_not() -> None:
    """Patients with 1 to 12 units, whose own rates vary (beta, mean 0.2, correlation within a patient 0.25)."""
    chance, truth, repetitions = np.random.default_rng(11), 0.2, 2_000
    covered = plainly = 0
    for _ in range(repetitions):
        n = chance.integers(1, 13, 150)
        x = chance.binomial(n, chance.beta(3 * truth, 3 * (1 - truth), len(n)))
        affected, units, *sums = of_patients(x, n)
        low, high = wilson(affected / units, effective_units(affected, units, *sums))
        covered += low <= truth <= high
        low, high = wilson(affected / units, units)
        plainly += low <= truth <= high
    assert covered / repetitions > 0.93
    assert plainly / repetitions < 0.85


def test_the_median_of_wang_chang_is_nearer_the_truth_than_that_of_pooled_intervals() -> None:
    """Patients whose usual interval varies (log-normal, median 200 days), each observed for two years or less.

    The truth is the median interval of patients, each counted once: 200 days. Pooled, those who come often count more.
    """
    chance, truth = np.random.default_rng(12), 200
    errors: dict[str, list[float]] = {"wang-chang": [], "pooled, with the open ones": [], "completed alone": []}
    for _ in range(40):
        gaps: list[tuple[int, int, bool, int]] = []
        for patient in range(200):
            usual, left, own = 200 * math.exp(0.5 * chance.normal()), int(chance.integers(200, 731)), []
            while (days := max(1, round(usual * math.exp(0.2 * chance.normal())))) <= left:
                own.append(days)
                left -= days
            gaps += [(patient, days, True, len(own)) for days in own] + [(patient, left, False, len(own))]
        cluster, day, is_event, completed = (np.array(column) for column in zip(*gaps, strict=True))
        curve = wang_chang(day, is_event, completed, cluster)
        errors["wang-chang"].append(abs(quantile_day(curve.day, curve.share, 0.5) - truth))
        pooled = kaplan_meier(day, is_event.astype(int), 1 - is_event.astype(int))
        errors["pooled, with the open ones"].append(abs(quantile_day(pooled.day, pooled.share, 0.5) - truth))
        errors["completed alone"].append(abs(float(np.median(day[is_event])) - truth))
    mean = {name: float(np.mean(each)) for name, each in errors.items()}
    assert mean["wang-chang"] < 15
    assert mean["pooled, with the open ones"] > 2 * mean["wang-chang"]
    assert mean["completed alone"] > 2 * mean["wang-chang"]


Patients = st.lists(
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n) | st.sampled_from([0, n]), st.just(n))),
    min_size=1,
    max_size=30,
)


@given(Patients, st.floats(0.01, 0.9999))
@example([(0, 1)], 0.95)
@example([(1, 1)], 0.95)
@example([(0, 40)], 0.95)
@example([(40, 40)], 0.95)
@example([(0, 3), (5, 5)], 0.95)
@example([(1, 10**9)], 0.95)
def test_limits_of_a_share_enclose_it(patients: list[tuple[int, int]], level: float) -> None:
    x, n = np.array([x for x, _ in patients]), np.array([n for _, n in patients])
    affected, units, *sums = of_patients(x, n)
    effective = effective_units(affected, units, *sums)
    assert 0 < effective <= units
    low, high = wilson(affected / units, effective, level)
    assert 0 <= low <= affected / units <= high <= 1
    plain_low, plain_high = wilson(affected / units, units, level)
    assert low <= plain_low + 1e-12
    assert high >= plain_high - 1e-12


Series = st.tuples(st.integers(0, 5), st.lists(st.integers(0, 400), max_size=6), st.none() | st.integers(0, 400))
"""A patient, the days of completed gaps, and those of the open one, if there is one."""


@given(st.lists(Series, min_size=1, max_size=25).filter(lambda series: any(done or rest for _, done, rest in series)))
def test_return_curves_are_curves(series: list[tuple[int, list[int], int | None]]) -> None:
    gaps = [
        (patient, days, is_event, len(done))
        for patient, done, rest in series
        for days, is_event in [*((each, True) for each in done), *([] if rest is None else [(rest, False)])]
    ]
    cluster, day, is_event, completed = (np.array(column) for column in zip(*gaps, strict=True))
    curve = wang_chang(day, is_event.astype(bool), completed, cluster)
    assert curve.day[0] == 0
    assert (np.diff(curve.day) > 0).all()
    assert (curve.at_risk > 0).all()
    assert (np.diff(curve.share) <= 0).all()
    assert ((curve.share >= 0) & (curve.share <= 1)).all()
    counted = {patient for patient, done, rest in series if done or rest is not None}
    if len(counted) == 1:
        assert np.isnan(curve.low).all()
        assert np.isnan(curve.high).all()
    else:
        assert ((curve.low >= 0) & (curve.low <= curve.share + 1e-12)).all()
        assert ((curve.high <= 1) & (curve.high >= curve.share - 1e-12)).all()


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_kaplan_meier_curves_are_curves(counts: list[tuple[int, int, int]]) -> None:
    day, events, censored = (np.array(column) for column in zip(*counts, strict=True))
    curve = kaplan_meier(day, events, censored)
    assert (np.diff(curve.share) <= 0).all()
    assert ((curve.low >= 0) & (curve.low <= curve.share + 1e-12)).all()
    assert ((curve.high <= 1) & (curve.high >= curve.share - 1e-12)).all()
