"""Paired shares: against published examples and statsmodels."""

from __future__ import annotations

import math

import pytest
from statsmodels.stats.contingency_tables import mcnemar

from dashboard.statistics.pairs import mcnemar_mid_p, paired_difference

AIRWAYS = (1, 1, 7, 12)  # Bentur and others 2009, the example of Fagerland, Lydersen and Laake


@pytest.mark.parametrize(
    ("counts", "difference", "low", "high"),
    [
        ((36, 12, 2, 0), 0.2, 0.0569, 0.3404),
        ((18, 12, 2, 18), 0.2, 0.0562, 0.3290),
        ((53, 0, 0, 1), 0, -0.0729, 0.0729),
    ],
)
def test_newcombe_s_own_examples(counts: tuple[int, int, int, int], difference: float, low: float, high: float) -> None:
    """Newcombe, Stat Med 1998; 17: 2635, method 10."""
    assert paired_difference(*counts) == pytest.approx((difference, low, high), abs=6e-5)


@pytest.mark.parametrize("counts", [(3, 9, 2, 20), AIRWAYS, (0, 4, 0, 9), (0, 0, 0, 5), (7, 0, 0, 0)])
def test_left_and_right_may_be_exchanged(counts: tuple[int, int, int, int]) -> None:
    both, first, second, neither = counts
    difference, low, high = paired_difference(*counts)
    assert paired_difference(both, second, first, neither) == pytest.approx((-difference, -high, -low))
    assert -1 <= low <= difference <= high <= 1


def test_no_pairs_have_no_difference() -> None:
    assert all(map(math.isnan, paired_difference(0, 0, 0, 0)))


def test_the_mid_p_of_a_published_example() -> None:
    """Fagerland, Lydersen and Laake, BMC Med Res Methodol 2013; 13: 91: exact 0.070, mid-p 0.039."""
    _, first, second, _ = AIRWAYS
    assert mcnemar_mid_p(first, second) == pytest.approx(0.0390625, abs=1e-12)


@pytest.mark.parametrize(("first", "second"), [(1, 7), (0, 3), (12, 5), (5, 12), (40, 41), (0, 1)])
def test_the_mid_p_is_the_exact_p_less_the_probability_of_just_so_many(first: int, second: int) -> None:
    exact = mcnemar([[0, first], [second, 0]], exact=True).pvalue
    just_so_many = math.comb(first + second, first) / 2 ** (first + second)
    assert mcnemar_mid_p(first, second) == pytest.approx(exact - just_so_many, abs=1e-12)


@pytest.mark.parametrize(("each", "p"), [(0, 1.0), (1, 0.75), (2, 1 - 3 / 16)])
def test_as_many_on_either_side(each: int, p: float) -> None:
    """There the article takes half the probability away: 1 - 0.5 * C(n, n/2) / 2^n."""
    assert mcnemar_mid_p(each, each) == pytest.approx(p)
