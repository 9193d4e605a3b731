"""The naive second implementation against published figures, other libraries and its own definitions."""

from __future__ import annotations

import math
import random
import warnings
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight, survdiff
from statsmodels.stats.proportion import proportion_confint

from tests import oracle

# Freireich et al. 1963: weeks of remission under 6-mercaptopurine (True: relapse seen) and under placebo.
SIX_MP = [
    *((week, True) for week in (6, 6, 6, 7, 10, 13, 16, 22, 23)),
    *((week, False) for week in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)),
]
PLACEBO = [(week, True) for week in (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)]
# Loprinzi et al. 1994 (`lung` of R's survival), the 90 women: days to death, and days of those alive at the end.
LUNG_WOMEN_DIED = """
    310 361 654 728 61 81 520 473 107 122 731 153 433 145 95 765 735 5 687 345 444 60 208 305 226 426
    705 363 167 641 245 166 450 351 201 524 199 550 293 371 201 62 340 182 268 194 348 186 145 350 285
    79 239
"""
LUNG_WOMEN_ALIVE = """
    965 821 740 588 559 529 551 543 511 511 356 315 364 376 384 266 382 296 269 272 292 332 243 276 240
    202 235 224 173 252 92 192 211 175 203 105 177
"""
LUNG_WOMEN = [
    *((int(day), True) for day in LUNG_WOMEN_DIED.split()),
    *((int(day), False) for day in LUNG_WOMEN_ALIVE.split()),
]


def random_ends(draw: random.Random, n: int) -> list[tuple[int, bool]]:
    """Ends with many ties, some on day 0, events and censored together on one day."""
    return [(draw.choice((0, 1, 3, 7, 7, 14, 28, 90)), draw.random() < 0.7) for _ in range(n)]


@pytest.mark.parametrize(
    ("affected", "evaluable", "low", "high"),
    [(0, 20, 0, 0.1611), (1, 20, 0.0089, 0.2361), (0, 200, 0, 0.0188), (3, 200, 0.0051, 0.0432)],
)
def test_wilson_of_patients_is_the_published_one(affected: int, evaluable: int, low: float, high: float) -> None:
    counts = {f"p{i}": (int(i < affected), 1) for i in range(evaluable)}
    rate, rate_low, rate_high = oracle.rate_and_limits(counts, "patient", 0.95)
    assert rate == affected / evaluable
    assert rate_low == pytest.approx(low, abs=5e-5)
    assert rate_high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(("x", "n"), [(1, 2), (3, 7), (5, 40), (39, 40), (150, 1000)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_wilson_is_that_of_statsmodels(x: int, n: int, level: float) -> None:
    expected = proportion_confint(x, n, alpha=1 - level, method="wilson")
    assert oracle.wilson(x / n, n, level) == pytest.approx(expected, abs=1e-12)


def test_clustered_wilson_by_hand() -> None:
    # Patients (2 of 2), (0 of 2), (1 of 1), (0 of 1): p = 3/6 = .5, residuals 1, -1, .5, -.5, squares sum to
    # 2.5, v = 4/3 * 2.5 / 36 = .0925926, n_eff = .25 / .0925926 = 2.7, Wilson of .5 with 2.7.
    counts = {"a": (2, 2), "b": (0, 2), "c": (1, 1), "d": (0, 1)}
    assert oracle.rate_and_limits(counts, "session", 0.95) == pytest.approx((0.5, *oracle.wilson(0.5, 2.7, 0.95)))


def test_clustered_wilson_is_never_narrower_than_the_plain_one() -> None:
    # Each patient has 1 of 2: the residuals are all 0, v = 0, so n_eff = n.
    counts = {"a": (1, 2), "b": (1, 2), "c": (1, 2)}
    assert oracle.rate_and_limits(counts, "session", 0.95) == pytest.approx((0.5, *oracle.wilson(0.5, 6, 0.95)))


def test_freireich_medians_and_log_rank() -> None:
    assert oracle.quantile_day(oracle.kaplan_meier(SIX_MP), 0.5) == 23
    assert oracle.quantile_day(oracle.kaplan_meier(PLACEBO), 0.5) == 8
    chi_square, df, p = oracle.log_rank([SIX_MP, PLACEBO])
    assert chi_square == pytest.approx(16.7929, abs=5e-5)
    assert df == 1
    assert p == pytest.approx(stats.chi2.sf(chi_square, 1), rel=1e-9)


def test_lung_women() -> None:
    assert (len(LUNG_WOMEN), sum(seen for _, seen in LUNG_WOMEN)) == (90, 53)
    curve = oracle.kaplan_meier(LUNG_WOMEN)
    quantiles = oracle.quantiles(curve)
    assert (quantiles["median_days"], quantiles["median_low"], quantiles["median_high"]) == (426, 345, 524)
    row = oracle.on_day(curve, 365)
    assert row is not None
    figures = (row["share"], row["low"], row["high"])
    assert figures == pytest.approx((0.526463, 0.403580, 0.635316), abs=5e-7)


@pytest.mark.parametrize("seed", range(20))
def test_kaplan_meier_is_that_of_statsmodels_and_scipy(seed: int) -> None:
    draw = random.Random(seed)
    ends = [(day + 1, seen) for day, seen in random_ends(draw, draw.randint(5, 60))]  # they want days above 0
    curve = oracle.kaplan_meier(ends)
    other = SurvfuncRight([day for day, _ in ends], [int(seen) for _, seen in ends])
    for day, survival, deviation in zip(other.surv_times, other.surv_prob, other.surv_prob_se, strict=True):
        row = oracle.on_day(curve, day)
        assert row is not None
        assert row["share"] == pytest.approx(survival, abs=1e-12)
        if 0 < survival < 1:
            assert (row["low"], row["high"]) == pytest.approx(
                oracle.log_log_limits(survival, deviation / survival, 0.95), abs=1e-12
            )
    sample = stats.CensoredData.right_censored([day for day, _ in ends], [not seen for _, seen in ends])
    scipy_curve = stats.ecdf(sample).sf
    with warnings.catch_warnings(action="ignore"):  # it warns where the curve is 0
        limits = scipy_curve.confidence_interval(0.95, method="log-log")
    for day, survival, low, high in zip(
        scipy_curve.quantiles,
        scipy_curve.probabilities,
        limits.low.probabilities,
        limits.high.probabilities,
        strict=True,
    ):
        row = oracle.on_day(curve, int(day))
        assert row is not None
        if 0 < survival < 1:
            assert (row["low"], row["high"]) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_log_rank_is_that_of_statsmodels(seed: int) -> None:
    draw = random.Random(seed)
    groups = [random_ends(draw, draw.randint(8, 30)) for _ in range(draw.choice((2, 3, 5)))]
    chi_square, df, p = oracle.log_rank(groups)
    days = np.array([day + 1 for group in groups for day, _ in group])
    seen = np.array([int(event) for group in groups for _, event in group])
    names = np.array([i for i, group in enumerate(groups) for _ in group])
    expected_chi_square, expected_p = survdiff(days, seen, names)
    assert chi_square == pytest.approx(expected_chi_square, rel=1e-9)
    assert df == len(groups) - 1
    assert p == pytest.approx(expected_p, rel=1e-9)


def test_log_rank_of_nothing_to_test_is_nothing() -> None:
    assert oracle.log_rank([SIX_MP]) == (None, None, None)
    assert oracle.log_rank([[(3, False)], [(5, False)]]) == (None, None, None)
    # The second group is gone before the first event.
    assert oracle.log_rank([[(3, True), (4, True)], [(1, False)]]) == (None, None, None)
    # The first event ends everything: the variance is 0.
    assert oracle.log_rank([[(3, True), (2, False)], [(3, True)]]) == (None, None, None)


def test_a_group_gone_before_the_first_event_does_not_take_part_in_the_log_rank_test() -> None:
    gone = [(0, False), (0, False)]
    assert oracle.log_rank([SIX_MP, gone, PLACEBO]) == oracle.log_rank([SIX_MP, PLACEBO])


@pytest.mark.parametrize("df", range(1, 12))
@pytest.mark.parametrize("x", [0.0, 0.01, 1.0, 7.5, 60.0])
def test_chi_square_tail_is_that_of_scipy(x: float, df: int) -> None:
    assert oracle.chi_square_tail(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-9)


def random_weighted(draw: random.Random) -> list[oracle.WeightedObservation]:
    """Observations of patients with several completed intervals, and of patients with a censored one."""
    observations: list[oracle.WeightedObservation] = []
    for number in range(draw.randint(3, 25)):
        k = draw.choice((0, 0, 1, 1, 2, 5))
        for _ in range(k):
            observations.append((draw.choice((30, 60, 90, 90, 120, 121, 365)), True, Fraction(1, k), f"p{number}"))
        if k == 0:
            observations.append((draw.choice((0, 30, 90, 100, 400)), False, Fraction(1), f"p{number}"))
    return observations


@pytest.mark.parametrize("seed", range(10))
def test_influences_are_the_derivatives_of_the_curve(seed: int) -> None:
    """The limits with every influence taken by numerical differentiation of the weighted estimate."""
    observations = random_weighted(random.Random(seed))
    step = Fraction(1, 1_000_000)
    for row in oracle.weighted_curve(observations):
        survival = oracle.weighted_product_limit(observations, row["day"])
        assert row["share"] == pytest.approx(survival, abs=1e-12)
        if not 0 < survival < 1:
            continue
        influence: dict[str, float] = {}
        for i, (end, seen, weight, patient) in enumerate(observations):
            heavier, lighter = list(observations), list(observations)
            heavier[i] = (end, seen, weight + step, patient)
            lighter[i] = (end, seen, weight - step, patient)
            rise = oracle.weighted_product_limit(heavier, row["day"]) - oracle.weighted_product_limit(
                lighter, row["day"]
            )
            influence[patient] = influence.get(patient, 0) + float(weight) * rise / float(2 * step)
        deviation = math.sqrt(sum(each**2 for each in influence.values()))
        low, high = oracle.log_log_limits(survival, deviation / survival, 0.95)
        assert (row["low"], row["high"]) == pytest.approx((low, high), abs=1e-7)


@pytest.mark.parametrize("seed", range(10))
def test_one_interval_per_patient_is_kaplan_meier_with_nearly_greenwood(seed: int) -> None:
    """With weight 1 and one observation per patient the curve is Kaplan-Meier's; without censoring before the
    end, the jackknife variance is Greenwood's, which is then that of a share."""
    draw = random.Random(seed)
    ends = [(draw.choice((1, 3, 7, 7, 14, 28)), True) for _ in range(draw.randint(3, 30))]
    weighted = [(day, seen, Fraction(1), f"p{i}") for i, (day, seen) in enumerate(ends)]
    for row, other in zip(oracle.weighted_curve(weighted), oracle.kaplan_meier(ends), strict=True):
        assert row == pytest.approx(other, abs=1e-12)


def test_weighted_curve_by_hand() -> None:
    # Patient a returns after 10 and 30 days (weights 1/2), b after 20 (weight 1), c is last seen on day 25.
    # Day 10: 3 at risk, 1/2 returned: 5/6. Day 20: 2.5 at risk, 1 returned: 5/6 * 3/5 = 1/2.
    # Day 25: c leaves. Day 30: 1/2 at risk, 1/2 returned: 0.
    half, one = Fraction(1, 2), Fraction(1)
    curve = oracle.weighted_curve(
        [(10, True, half, "a"), (30, True, half, "a"), (20, True, one, "b"), (25, False, one, "c")]
    )
    assert [(row["day"], row["at_risk"], row["ended"]) for row in curve] == [
        (0, 3, 0),
        (10, 3, 0.5),
        (20, 2.5, 1),
        (25, 1.5, 0),
        (30, 0.5, 0.5),
    ]
    assert [row["share"] for row in curve] == pytest.approx([1, 5 / 6, 1 / 2, 1 / 2, 0])
    # Log S on day 20, by the weight of each observation. Day 10 (n - d = 2.5, n = 3): a's first -1/3, the
    # others 1/2.5 - 1/3 = 1/15. Day 20 (1.5, 2.5): b -1/2.5, a's second and c 1/1.5 - 1/2.5 = 4/15. a: 1/2 *
    # (-1/3) + 1/2 * (1/15 + 4/15) = 0. b: 1/15 - 6/15 = -1/3. c: 1/15 + 4/15 = 1/3.
    low, high = oracle.log_log_limits(0.5, math.sqrt(2 / 9), 0.95)
    assert (curve[2]["low"], curve[2]["high"]) == pytest.approx((low, high), abs=1e-12)
    assert (curve[4]["low"], curve[4]["high"]) == pytest.approx((0, high), abs=1e-12)
    assert oracle.quantile_day(curve, 0.5) == 20
