"""Curves in days: product-limit estimates, their limits and quantiles, and the log-rank test."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from statistics import NormalDist

from tests.oracle.records import Row

TOLERANCE = 1e-12

RESTRICTED_TO = 90

Curve = list[Row]
"""One row per day: day, at_risk, ended, censored, share (not ended), low, high."""


def log_log_limits(survival: float, deviation_of_log: float, level: float) -> tuple[float, float]:
    """Limits of a survival strictly between 0 and 1 on the scale log(-log S).

    `deviation_of_log` is the standard error of log S, which is that of S divided by S.
    """
    z = NormalDist().inv_cdf(0.5 + level / 2)
    middle = math.log(-math.log(survival))
    half = z * deviation_of_log / abs(math.log(survival))
    return math.exp(-math.exp(middle + half)), math.exp(-math.exp(middle - half))


def end_days(ends: Iterable[int]) -> list[int]:
    """Day 0 and every day on which something ends."""
    return sorted({0, *ends})


def kaplan_meier(observations: Sequence[tuple[int, bool]], level: float = 0.95) -> Curve:
    """The Kaplan-Meier curve of (day, whether the event was seen), limits by Greenwood on the log(-log) scale."""
    curve: Curve = []
    survival, greenwood, high = Fraction(1), Fraction(0), 1.0
    for day in end_days(end for end, _ in observations):
        at_risk = sum(1 for end, _ in observations if end >= day)
        ended = sum(1 for end, seen in observations if seen and end == day)
        censored = sum(1 for end, seen in observations if not seen and end == day)
        survival *= Fraction(at_risk - ended, at_risk)
        if ended and survival > 0:
            greenwood += Fraction(ended, at_risk * (at_risk - ended))
        if survival == 1:
            low, high = 1.0, 1.0
        elif survival == 0:
            low = 0.0  # the upper limit stays where it was
        else:
            low, high = log_log_limits(float(survival), math.sqrt(greenwood), level)
        curve.append(curve_row(day, at_risk, ended, censored, float(survival), low, high))
    return curve


def curve_row(
    day: int,
    at_risk: float,
    ended: float,
    censored: float,
    survival: float,
    low: float | None,
    high: float | None,
) -> Row:
    return {
        "day": day,
        "at_risk": at_risk,
        "ended": ended,
        "censored": censored,
        "share": survival,
        "low": low,
        "high": high,
    }


WeightedObservation = tuple[int, bool, Fraction, str]
"""Day, whether the event was seen, weight, patient."""


def weighted_product_limit(observations: Sequence[WeightedObservation], day: int) -> float:
    """The product-limit estimate with weights on one day, and nothing else."""
    survival = Fraction(1)
    for event_day in sorted({end for end, seen, _, _ in observations if seen and end <= day}):
        at_risk = sum((weight for end, _, weight, _ in observations if end >= event_day), Fraction(0))
        ended = sum((weight for end, seen, weight, _ in observations if seen and end == event_day), Fraction(0))
        survival *= 1 - ended / at_risk
    return float(survival)


def weighted_curve(observations: Sequence[WeightedObservation], level: float = 0.95) -> Curve:
    """The product-limit curve with weights, limits by the infinitesimal jackknife clustered by patient.

    The influence of one observation on log S, the derivative by its weight, is the sum over the event days up
    to the day of (at risk - ended) / (n - d) - at risk / n, where the two indicators are its own, n and d the
    weights at risk and ended. The variance of log S is the sum over patients of the square of what their
    observations, each times its weight, amount to. Of one patient that is always 0, which would be limits without
    width: there are none.
    """
    curve: Curve = []
    survival, high = Fraction(1), 1.0
    influence = {patient: 0.0 for _, _, _, patient in observations}
    for day in end_days(end for end, _, _, _ in observations):
        at_risk = sum((weight for end, _, weight, _ in observations if end >= day), Fraction(0))
        ended = sum((weight for end, seen, weight, _ in observations if seen and end == day), Fraction(0))
        censored = sum((weight for end, seen, weight, _ in observations if not seen and end == day), Fraction(0))
        survival *= (at_risk - ended) / at_risk
        if ended and survival > 0:
            for end, seen, weight, patient in observations:
                is_at_risk = end >= day
                is_ended = seen and end == day
                slope = Fraction(is_at_risk - is_ended) / (at_risk - ended) - Fraction(is_at_risk) / at_risk
                influence[patient] += float(weight * slope)
        if survival == 1:
            low, high = 1.0, 1.0
        elif survival == 0:
            low = 0.0
        else:
            deviation = math.sqrt(sum(each * each for each in influence.values()))
            low, high = log_log_limits(float(survival), deviation, level)
        limits = (None, None) if len(influence) == 1 else (low, high)
        curve.append(curve_row(day, float(at_risk), float(ended), float(censored), float(survival), *limits))
    return curve


def quantile_day(curve: Curve, left: float, column: str = "share") -> int | None:
    """The first day on which the column is at or below what is to be left; None where that is not reached."""
    for row in curve:
        if row[column] is not None and row[column] <= left + TOLERANCE:
            return int(row["day"])
    return None


def on_day(curve: Curve, day: int) -> Row | None:
    """The curve on a day; None beyond its last day where something was still left there."""
    if day > curve[-1]["day"] and curve[-1]["share"] > 0:
        return None
    return [row for row in curve if row["day"] <= day][-1]


def quantiles(curve: Curve) -> Row:
    """Median with limits, first and third quartile."""
    return {
        "median_days": quantile_day(curve, 0.5),
        "median_low": quantile_day(curve, 0.5, "low"),
        "median_high": quantile_day(curve, 0.5, "high"),
        "q1_days": quantile_day(curve, 0.75),
        "q3_days": quantile_day(curve, 0.25),
    }


def ended_by(curve: Curve, name: str, days: Sequence[int]) -> tuple[Row, Row]:
    """The share ended by each of the days, and the limits of it."""
    shares, limits = {}, {}
    for day in days:
        row = on_day(curve, day)
        shares[f"{name}_{day}"] = None if row is None else 1 - row["share"]
        has_limits = row is not None and row["low"] is not None
        limits[f"{name}_{day}_low"] = 1 - row["high"] if row and has_limits else None
        limits[f"{name}_{day}_high"] = 1 - row["low"] if row and has_limits else None
    return shares, limits


def restricted_mean(curve: Curve, to_day: int) -> float | None:
    """The area under the curve up to a day; None where the curve ends before it with something left."""
    if on_day(curve, to_day) is None:
        return None
    area = 0.0
    for day in range(to_day):  # a step function of whole days: one column of width 1 per day
        row = on_day(curve, day)
        assert row is not None
        area += row["share"]
    return area


def log_rank(
    *strata: Sequence[Sequence[tuple[int, bool]]],
) -> tuple[float, int, float] | tuple[None, None, None]:
    """The log-rank test of groups of (day, seen): chi-square, df, p; None where there is nothing to test.

    Every stratum has the same groups, perhaps with nobody in them; what is observed, expected and its variance is
    summed over strata. The variance is hypergeometric. A group in which no event is expected has nothing to say and is
    left out, as R's survdiff leaves it out; df is one less than the groups that remain. All sums are exact fractions,
    so a singular variance (the first event ends everything) is known to be so.
    """
    k = len(strata[0])
    expected, difference = [Fraction(0)] * k, [Fraction(0)] * k
    variance = [[Fraction(0)] * k for _ in range(k)]
    for groups in strata:
        for day in sorted({end for group in groups for end, seen in group if seen}):
            at_risk = [sum(1 for end, _ in group if end >= day) for group in groups]
            ended = [sum(1 for end, seen in group if seen and end == day) for group in groups]
            n, d = sum(at_risk), sum(ended)
            for i in range(k):
                expected[i] += Fraction(d * at_risk[i], n)
                difference[i] += ended[i] - Fraction(d * at_risk[i], n)
                if n == 1:
                    continue
                for j in range(k):
                    own = Fraction(at_risk[i], n) * ((i == j) - Fraction(at_risk[j], n))
                    variance[i][j] += own * Fraction(d * (n - d), n - 1)
    told = [i for i in range(k) if expected[i] > 0][:-1]
    if not told:
        return None, None, None
    chi_square = quadratic_form([[variance[i][j] for j in told] for i in told], [difference[i] for i in told])
    if chi_square is None:
        return None, None, None
    return float(chi_square), len(told), chi_square_tail(float(chi_square), len(told))


def quadratic_form(matrix: list[list[Fraction]], vector: list[Fraction]) -> Fraction | None:
    """vector' matrix^-1 vector by elimination; None where the matrix is singular."""
    size = len(vector)
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    for i in range(size):
        pivot = next((j for j in range(i, size) if rows[j][i] != 0), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for j in range(size):
            if j != i:
                factor = rows[j][i] / rows[i][i]
                rows[j] = [a - factor * b for a, b in zip(rows[j], rows[i], strict=True)]
    return sum((rows[i][size] / rows[i][i] * vector[i] for i in range(size)), Fraction(0))


def chi_square_tail(x: float, df: int) -> float:
    """P(chi-square with df degrees of freedom > x), by the recurrence of the incomplete gamma function."""
    half = x / 2
    if x == 0:
        return 1.0
    if df % 2:
        tail, term, a = math.erfc(math.sqrt(half)), math.sqrt(half) * math.exp(-half) / math.gamma(1.5), 1.5
    else:
        tail, term, a = math.exp(-half), half * math.exp(-half), 2.0
    for _ in range((df - 1) // 2):
        tail += term
        term *= half / a
        a += 1
    return tail
