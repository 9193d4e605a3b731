"""Curves, quantiles and tests, against published answers, statsmodels, scipy and the definition in plain loops."""

from __future__ import annotations

import math
import random
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from dashboard.statistics.survival import (
    Curve,
    clustered_limits,
    kaplan_meier,
    log_rank,
    median_of_counts,
    quantile_day,
    restricted_mean,
    share_by,
    wang_chang,
)
from tests.measures.test_oracle_known_answers import LUNG_WOMEN
from tests.statistics.reference import REFERENCE

# Freireich et al., Blood 1963; 21: 699: weeks of remission of 21 patients on 6-mercaptopurine, and of 21 on placebo.
SIX_MP = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def counted(day: list[int], is_event: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    events = np.array(is_event, dtype=np.int64)
    return np.array(day, dtype=np.int64), events, 1 - events


def drawn(seed: int, n: int = 60) -> tuple[list[int], list[int]]:
    chance = random.Random(seed)
    return [chance.randint(0, 25) for _ in range(n)], [int(chance.random() < 0.7) for _ in range(n)]


def test_freireich_medians_and_log_rank() -> None:
    six_mp, placebo = counted(SIX_MP, RELAPSED), counted(PLACEBO, [1] * 21)
    medians = [quantile_day(curve.day, curve.share, 0.5) for curve in (kaplan_meier(*six_mp), kaplan_meier(*placebo))]
    assert medians == [23, 8]
    chi2, degrees, p = log_rank([six_mp, placebo])
    assert chi2 == pytest.approx(16.7929, abs=5e-5)
    assert degrees == 1
    assert p == pytest.approx(stats.chi2.sf(16.7929, 1), rel=1e-3)


def test_lung_women() -> None:
    """Loprinzi et al., J Clin Oncol 1994; 12: 601: the figures that R's survfit gives with conf.type = "log-log"."""
    curve = kaplan_meier(*counted([day for day, _ in LUNG_WOMEN], [int(died) for _, died in LUNG_WOMEN]))
    assert [quantile_day(curve.day, share, 0.5) for share in (curve.share, curve.low, curve.high)] == [426, 345, 524]
    died, died_low, died_high = share_by(curve, 365)
    assert (1 - died, 1 - died_high, 1 - died_low) == pytest.approx((0.526463, 0.403580, 0.635316), abs=5e-7)


@pytest.mark.parametrize("seed", range(10))
def test_kaplan_meier_agrees_with_statsmodels(seed: int) -> None:
    day, is_event = drawn(seed)
    curve = kaplan_meier(*counted(day, is_event))
    other = SurvfuncRight(np.array(day, float) + 0.0, np.array(is_event))
    at_events = np.isin(curve.day, other.surv_times)
    assert curve.share[at_events] == pytest.approx(other.surv_prob, abs=1e-12)
    assert curve.at_risk[at_events] == pytest.approx(other.n_risk)
    # Greenwood's standard error, and from it the log(-log) limits by their definition.
    for share, error, low, high in zip(
        other.surv_prob, other.surv_prob_se, curve.low[at_events], curve.high[at_events], strict=True
    ):
        if 0 < share < 1:
            spread = stats.norm.ppf(0.975) * error / (share * abs(math.log(share)))
            expected = (share ** math.exp(spread), share ** math.exp(-spread))
            assert (low, high) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("groups", [2, 4])
def test_log_rank_agrees_with_statsmodels(seed: int, groups: int) -> None:
    samples = [drawn(100 * seed + group, 20 + 5 * group) for group in range(groups)]
    days = np.concatenate([day for day, _ in samples])
    events = np.concatenate([is_event for _, is_event in samples])
    labels = np.repeat(np.arange(groups), [len(day) for day, _ in samples])
    chi2, p = survdiff(days, events, labels)
    found = log_rank([counted(*sample) for sample in samples])
    assert found == pytest.approx((chi2, groups - 1, p), rel=1e-9)


def test_log_rank_has_nothing_to_say_of_one_group_or_of_no_event() -> None:
    sample = counted(SIX_MP, RELAPSED)
    none = counted([1, 2, 3], [0, 0, 0])
    for groups in ([sample], [none, none], []):
        chi2, degrees, p = log_rank(groups)
        assert (math.isnan(chi2), degrees, math.isnan(p)) == (True, 0, True)


def test_limits_where_the_curve_is_one_or_nought() -> None:
    curve = kaplan_meier(np.array([0, 2, 5]), np.array([0, 1, 1]), np.array([1, 0, 0]))
    assert list(curve.day) == [0, 2, 5]
    assert list(curve.share) == [1.0, 0.5, 0.0]
    assert (curve.low[0], curve.high[0]) == (1.0, 1.0)
    assert (curve.low[2], curve.high[2]) == (0.0, curve.high[1])


def test_a_share_is_not_told_beyond_the_last_day_observed() -> None:
    curve = kaplan_meier(*counted([3, 10], [1, 0]))
    assert share_by(curve, 7)[0] == 0.5
    assert math.isnan(share_by(curve, 30)[0])
    assert share_by(kaplan_meier(*counted([3, 10], [1, 1])), 30)[0] == 1.0


def test_restricted_mean_is_the_area_under_the_curve() -> None:
    # Unresolved: 1 until day 3, a half until day 10, then nought: 3 + 3.5 days.
    assert restricted_mean(kaplan_meier(*counted([3, 10], [1, 1])), 90) == pytest.approx(6.5)
    assert restricted_mean(kaplan_meier(*counted([3, 10], [1, 1])), 5) == pytest.approx(4.0)
    assert math.isnan(restricted_mean(kaplan_meier(*counted([3, 10], [1, 0])), 90))


Reference = dict[str, Any]


def agrees_with_r(curve: Curve, expected: Reference) -> None:
    """Share and limits on the days of R's curve; where its share is 1 or 0 it gives no limits."""
    at = np.searchsorted(curve.day, expected["day"])
    assert list(curve.day[at]) == expected["day"]
    assert curve.at_risk[at] == pytest.approx(expected["at_risk"], abs=1e-9)
    assert curve.share[at] == pytest.approx(expected["share"], abs=1e-9)
    inner = [place for place, share in enumerate(expected["share"]) if 1e-9 < share < 1]
    for limit, name in ((curve.low, "low"), (curve.high, "high")):
        assert limit[at][inner] == pytest.approx([expected[name][place] for place in inner], abs=1e-9)


@pytest.mark.parametrize("reference", REFERENCE["clustered"])
def test_greenwood_and_clustered_limits_are_those_of_r(reference: Reference) -> None:
    day, is_event = np.array(reference["day"]), np.array(reference["event"]) == 1
    curve = kaplan_meier(*counted(reference["day"], reference["event"]))
    agrees_with_r(curve, reference["plain"])
    low, high = clustered_limits(day, is_event, np.array(reference["patient"]))
    agrees_with_r(replace(curve, low=low, high=high), reference["clustered"])
    assert restricted_mean(curve, 30) == pytest.approx(reference["restricted_mean"][0], abs=1e-9)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(1, 4)), min_size=1, max_size=15))
def test_whatever_is_observed_clustered_limits_stand_around_the_curve(drawn: list[tuple[int, bool, int]]) -> None:
    day, is_event, patient = (np.array(part) for part in zip(*drawn, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curve = kaplan_meier(day, is_event.astype(int), 1 - is_event)
        low, high = clustered_limits(day, is_event, patient)
    for falling in (curve.share, curve.low, curve.high):
        assert ((falling >= 0) & (falling <= 1)).all()
    assert (np.diff(curve.share) <= 0).all()
    if len(set(patient.tolist())) == 1:
        assert np.isnan([low, high]).all()
        return
    for falling in (low, high):
        assert ((falling >= 0) & (falling <= 1)).all()
    assert (low <= curve.share + 1e-12).all()
    assert (curve.share <= high + 1e-12).all()


@pytest.mark.parametrize("reference", REFERENCE["weighted"])
def test_wang_chang_is_the_weighted_and_clustered_curve_of_r(reference: Reference) -> None:
    day, completed, patient = (np.array(reference[name]) for name in ("day", "completed", "patient"))
    agrees_with_r(wang_chang(day, np.array(reference["event"]) == 1, completed, patient), reference["weighted"])


@pytest.mark.parametrize(("groups", "expected"), [("sex", "by_sex"), ("ecog", "by_ecog")])
def test_log_rank_is_that_of_r(groups: str, expected: str) -> None:
    lung: Reference = REFERENCE["log_rank"]
    rows = list(zip(lung[groups], lung["day"], lung["event"], strict=True))
    samples = [[(day, died) for group, day, died in rows if group == name] for name in sorted(set(lung[groups]))]
    chi2, degrees, _ = log_rank([counted(*map(list, zip(*sample, strict=True))) for sample in samples])
    assert chi2 == pytest.approx(lung[expected]["chi2"][0], rel=1e-9)
    assert degrees == lung[expected]["df"][0]


def test_the_stratified_log_rank_is_that_of_r() -> None:
    lung: Reference = REFERENCE["log_rank"]
    rows = list(zip(lung["sex"], lung["ecog"], lung["day"], lung["event"], strict=True))
    strata = [
        [
            counted(*([row[at] for row in rows if row[:2] == (sex, ecog)] for at in (2, 3)))
            for sex in sorted(set(lung["sex"]))
        ]
        for ecog in sorted(set(lung["ecog"]))
    ]
    assert any(len(day) == 0 for groups in strata for day, _, _ in groups)
    chi2, degrees, _ = log_rank(*strata)
    assert chi2 == pytest.approx(lung["by_sex_stratified_by_ecog"]["chi2"][0], rel=1e-9)
    assert degrees == lung["by_sex_stratified_by_ecog"]["df"][0]


Gap = tuple[int, int, int, bool]


def gaps_drawn(seed: int) -> list[Gap]:
    """Random gaps (patient, series, days, is completed): one to three series a patient, each with an open end."""
    chance = random.Random(seed)
    gaps: list[Gap] = []
    series = 0
    for patient in range(chance.randint(2, 25)):
        for _ in range(chance.randint(1, 3)):
            series += 1
            gaps += [(patient, series, chance.randint(1, 20), True) for _ in range(chance.choice([0, 0, 1, 2, 5]))]
            if chance.random() < 0.9:
                gaps.append((patient, series, chance.randint(0, 25), False))
    return gaps


def weighted(gaps: list[Gap]) -> list[tuple[int, int, bool, float]]:
    """(patient, days, is completed, weight) of the gaps that count."""
    completed = {series: sum(gap[3] for gap in gaps if gap[1] == series) for _, series, _, _ in gaps}
    return [
        (patient, days, done, 1 / max(completed[series], 1))
        for patient, series, days, done in gaps
        if done or not completed[series]
    ]


def share_after(day: int, entries: list[tuple[int, int, bool, float]]) -> float:
    """The weighted product-limit share after a day, from its definition."""
    share = 1.0
    for at in sorted({days for _, days, done, _ in entries if done and days <= day}):
        at_risk = sum(weight for _, days, _, weight in entries if days >= at)
        events = sum(weight for _, days, done, weight in entries if days == at and done)
        share *= 1 - events / at_risk
    return share


def curve_of(gaps: list[Gap]) -> Curve:
    completed = {series: sum(gap[3] for gap in gaps if gap[1] == series) for _, series, _, _ in gaps}
    return wang_chang(
        np.array([gap[2] for gap in gaps]),
        np.array([gap[3] for gap in gaps]),
        np.array([completed[gap[1]] for gap in gaps]),
        np.array([gap[0] for gap in gaps]),
    )


@pytest.mark.parametrize("seed", range(25))
def test_wang_chang_is_the_weighted_product_limit(seed: int) -> None:
    gaps = gaps_drawn(seed)
    curve, entries = curve_of(gaps), weighted(gaps)
    assert curve.share == pytest.approx([share_after(day, entries) for day in curve.day], abs=1e-12)


@pytest.mark.parametrize("seed", range(25))
def test_wang_chang_limits_are_the_clustered_jackknife(seed: int) -> None:
    """A patient's influence on the share, by numerical differentiation in the weight of all of that patient's gaps."""
    gaps = gaps_drawn(seed)
    curve, entries = curve_of(gaps), weighted(gaps)
    step = 1e-5
    for at, day in enumerate(curve.day):
        share = curve.share[at]
        if not 1e-9 < share < 1:
            continue
        variance = 0.0
        for patient in {entry[0] for entry in entries}:
            more, less = (
                [(who, days, done, weight * (change if who == patient else 1)) for who, days, done, weight in entries]
                for change in (1 + step, 1 - step)
            )
            variance += ((share_after(day, more) - share_after(day, less)) / (2 * step)) ** 2
        spread = stats.norm.ppf(0.975) * math.sqrt(variance) / (share * abs(math.log(share)))
        expected = (share ** math.exp(spread), share ** math.exp(-spread))
        assert (curve.low[at], curve.high[at]) == pytest.approx(expected, abs=1e-6)


def test_wang_chang_does_not_depend_on_the_order_of_the_rows() -> None:
    gaps = gaps_drawn(3)
    shuffled = random.Random(1).sample(gaps, len(gaps))
    one, other = curve_of(gaps), curve_of(shuffled)
    assert (one.share.tobytes(), one.low.tobytes()) == (other.share.tobytes(), other.low.tobytes())


def test_the_median_of_counts_is_that_of_what_was_counted() -> None:
    draw = np.random.default_rng(1)
    for size in range(1, 60):
        days = draw.integers(0, 30, size)
        assert median_of_counts(np.bincount(days)) == np.median(days)
    assert np.isnan(median_of_counts(np.bincount(np.array([], dtype=int))))
