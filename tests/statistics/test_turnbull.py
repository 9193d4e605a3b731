"""Turnbull's curve and its limits, against R, a naive second implementation, and a known truth."""

from __future__ import annotations

import math
import os
import random
import statistics
import subprocess
import sys
import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.statistics.resampling import FEW_PAIRS, resampled
from dashboard.statistics.survival import Curve, kaplan_meier, quantile_day
from dashboard.statistics.turnbull import SEED, percentile_limits, sample_of, turnbull
from tests import oracle
from tests.oracle import Interval
from tests.statistics.reference import REFERENCE


def arrays(intervals: Sequence[Interval]) -> tuple[np.ndarray, np.ndarray]:
    left, right = zip(*intervals, strict=True)
    return np.array(left), np.array([math.inf if day is None else day for day in right])


def curve_of(intervals: Sequence[Interval]) -> Curve:
    return turnbull(*arrays(intervals), np.ones(len(intervals), dtype=np.int64))


def limits_of(
    curve: Curve, intervals: Sequence[Interval], patients: Sequence[int], resamples: int, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    sample = sample_of(curve, *arrays(intervals), np.array(patients))
    return percentile_limits(curve, resampled([sample], resamples)[0], level)


def share_on(curve: Curve, day: int) -> float:
    return float(curve.share[np.searchsorted(curve.day, day, side="right") - 1])


def intervals_drawn(seed: int, n: int | None = None) -> list[Interval]:
    chance = random.Random(seed)
    top = chance.choice((3, 10, 40))
    drawn: list[Interval] = []
    for _ in range(n or chance.choice((1, 2, 5, 30, 80))):
        left, kind = chance.randint(0, top), chance.random()
        drawn.append((left, left if kind < 0.3 else None if kind < 0.5 else left + chance.randint(0, top)))
    return drawn


def test_an_end_that_two_share_moves_no_mass() -> None:
    left, right = (0, 7, 7, 14, 14, 14, 28, 28, 3, 0), (7, 14, 14, 28, 28, None, 90, None, 3, 3)
    curve = curve_of(list(zip(left, right, strict=True)))
    assert [share_on(curve, day) for day in (7, 14, 28)] == pytest.approx([0.70, 0.50, 0.25], abs=1e-12)
    assert list(curve.day) == [0, 3, 7, 14, 28, 90]
    assert list(curve.at_risk) == [10, 10, 8, 7, 4, 1]
    assert list(curve.events) == [0, 2, 1, 2, 2, 1]
    assert list(curve.censored) == [0, 0, 0, 1, 1, 0]


@pytest.mark.parametrize("reference", REFERENCE["turnbull"], ids=lambda reference: f"n{len(reference['left'])}")
def test_the_curve_is_that_of_r(reference: dict[str, list[int]]) -> None:
    curve = curve_of(list(zip(reference["left"], reference["right"], strict=True)))
    shares = [share_on(curve, day) for day in reference["day"]]
    assert shares == pytest.approx(reference["share"], abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_the_curve_is_that_of_self_consistency(seed: int) -> None:
    intervals = intervals_drawn(seed)
    expected = oracle.turnbull_curve(intervals)
    curve = curve_of(intervals)
    assert list(curve.day) == [row["day"] for row in expected]
    assert list(curve.at_risk) == [row["at_risk"] for row in expected]
    assert curve.share == pytest.approx([row["share"] for row in expected], abs=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_where_all_is_exact_or_censored_it_is_kaplan_meier(seed: int) -> None:
    chance = random.Random(seed)
    ends = [(chance.randint(0, 25), chance.random() < 0.7) for _ in range(60)]
    day, seen = np.array([day for day, _ in ends]), np.array([seen for _, seen in ends])
    curve, other = curve_of([(day, day if seen else None) for day, seen in ends]), kaplan_meier(day, seen, ~seen)
    assert [list(part) for part in (curve.day, curve.at_risk, curve.events)] == [
        list(part) for part in (other.day, other.at_risk, other.events)
    ]
    assert curve.share == pytest.approx(other.share, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_counts_of_pairs_and_the_order_of_rows_make_no_difference(seed: int) -> None:
    chance = random.Random(seed)
    intervals = intervals_drawn(seed, 60) * 3
    patients = [chance.randint(1, 20) for _ in intervals]
    curve = curve_of(intervals)
    limits = limits_of(curve, intervals, patients, 20)
    counts = {pair: intervals.count(pair) for pair in intervals}
    by_pair = turnbull(*arrays(list(counts)), np.array(list(counts.values())))
    order = chance.sample(range(len(intervals)), len(intervals))
    shuffled = [intervals[place] for place in order], [patients[place] for place in order]
    again = limits_of(curve_of(shuffled[0]), *shuffled, 20)
    assert by_pair.share.tobytes() == curve.share.tobytes() == curve_of(shuffled[0]).share.tobytes()
    assert [limit.tobytes() for limit in limits] == [limit.tobytes() for limit in again]


def test_processes_give_what_one_by_one_would() -> None:
    intervals = [(left, left + width) for left in range(40) for width in range(12)] + [(5, None)] * 30
    sample = sample_of(curve_of(intervals), *arrays(intervals), np.arange(len(intervals)) // 3)
    assert len(sample.pairs.count) > FEW_PAIRS
    assert resampled([sample, sample], 5)[1].tobytes() == np.array([sample.share(b) for b in range(5)]).tobytes()


DIGEST = """
import hashlib, os, random
import numpy as np
from dashboard.statistics.resampling import resampled
from dashboard.statistics.turnbull import sample_of, turnbull
os.cpu_count = lambda: int(os.environ["OPENBLAS_NUM_THREADS"])
chance = random.Random(1)
left = np.array([chance.randint(0, 400) for _ in range(3000)])
right = np.array([day + chance.choice((0, 0, 30, 90, float("inf"))) for day in left.tolist()])
curve = turnbull(left, right, np.ones(3000, dtype=np.int64))
shares = resampled([sample_of(curve, left, right, np.arange(3000) // 2)], 4)
print(hashlib.sha256(curve.share.tobytes() + shares[0].tobytes()).hexdigest(), shares[0].shape)
"""


def test_the_last_bit_does_not_depend_on_the_number_of_threads_or_processes() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "3")
    }
    assert len(digests) == 1


def resampled_naively(intervals: Sequence[Interval], patients: Sequence[int], resamples: int) -> list[list[float]]:
    """For each day of the curve the shares that the resamples give, sorted."""
    days = [row["day"] for row in oracle.turnbull_curve(intervals)]
    names = sorted(set(patients))
    shares: list[list[float]] = [[] for _ in days]
    for resample in range(resamples):
        drawn = np.random.default_rng((SEED, resample)).integers(0, len(names), len(names))
        taken = [
            interval
            for place in drawn
            for interval, patient in zip(intervals, patients, strict=True)
            if patient == names[place]
        ]
        mass = oracle.turnbull(taken)
        for place, day in enumerate(days):
            shares[place].append(math.fsum(p for when, p in mass.items() if when is None or when > day))
    return [sorted(share) for share in shares]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which so many of the sorted values lie, in between two of them where it has to be."""
    place = share * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


@pytest.mark.parametrize("seed", range(4))
def test_limits_are_percentiles_of_naive_resamples_of_patients(seed: int) -> None:
    chance = random.Random(seed)
    intervals = intervals_drawn(seed, 25)
    patients = [chance.randint(1, 12) for _ in intervals]
    curve = curve_of(intervals)
    low, high = limits_of(curve, intervals, patients, 25, level=0.9)
    shares = resampled_naively(intervals, patients, 25)
    expected = list(zip(shares, curve.share.tolist(), strict=True))
    assert low == pytest.approx([min(percentile(each, 0.05), share) for each, share in expected], abs=1e-9)
    assert high == pytest.approx([max(percentile(each, 0.95), share) for each, share in expected], abs=1e-9)


HOSTILE = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from((0, 0, 1, 3, 200, None)), st.integers(1, 4)), min_size=1, max_size=12
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(HOSTILE)
def test_whatever_is_observed_limits_stand_around_a_falling_curve(drawn: list[tuple[int, int | None, int]]) -> None:
    intervals = [(left, None if width is None else left + width) for left, width, _ in drawn]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curve = curve_of(intervals)
        limits = limits_of(curve, intervals, [who for *_, who in drawn], 20)
    for falling in (curve.share, *limits):
        assert ((falling >= 0) & (falling <= 1)).all()
        assert (np.diff(falling) <= 1e-12).all()
    assert (limits[0] <= curve.share).all()
    assert (curve.share <= limits[1]).all()
    assert curve.share == pytest.approx([row["share"] for row in oracle.turnbull_curve(intervals)], abs=1e-9)


@pytest.mark.parametrize(
    ("intervals", "shares"),
    [
        ([(0, 0)], [0]),
        ([(0, None)], [1]),
        ([(5, None), (3, None)], [1, 1, 1]),
        ([(0, 9), (2, 9), (4, 9)], [1, 0]),
        ([(4, 4), (4, 4)], [1, 0]),
        ([(0, 3), (3, 3), (3, 6)], [1, 1 / 3, 0]),
    ],
)
def test_few_observations_by_hand(intervals: list[Interval], shares: list[float]) -> None:
    assert curve_of(intervals).share == pytest.approx(shares, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_the_median_is_nearer_the_truth_than_visit_dates(seed: int) -> None:
    """Side effects last 8 days in the middle; a third tell the day, the others are seen at a visit, or never again."""
    chance = random.Random(seed)
    truth = 8
    intervals: list[Interval] = []
    for _ in range(400):
        end = max(1, round(chance.lognormvariate(math.log(truth), 0.7)))
        visits = [day for day in (chance.randint(5, 16), chance.randint(20, 40), 90) if chance.random() < 0.8]
        before, after = [day for day in visits if day < end], [day for day in visits if day >= end]
        if chance.random() < 1 / 3:
            intervals.append((end, end))
        else:
            intervals.append((max(before, default=0), min(after, default=None)))
    seen = [right for _, right in intervals if right is not None]
    curve = curve_of(intervals)
    error = abs(quantile_day(curve.day, curve.share, 0.5) - truth)
    assert error < abs(statistics.median(seen) - truth)
    assert error < abs(statistics.fmean(seen) - truth)
