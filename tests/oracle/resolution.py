"""How long side effects last."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.oracle.curves import (
    RESTRICTED_TO,
    Curve,
    end_days,
    ended_by,
    kaplan_meier,
    log_rank,
    quantiles,
    restricted_mean,
    weighted_curve,
)
from tests.oracle.records import Row, Selection, cohort, group_of, is_counted, treatment_records

if TYPE_CHECKING:
    from tests.drawing import Exports


RESOLVED_BY = (1, 3, 7, 14, 30, 90)

RESAMPLED = "resampled"
"""Stands for a limit that comes from resamples; tests/statistics/test_turnbull.py draws and fits them naively."""

Interval = tuple[int, int | None]
"""Resolved after the first day and by the second; on it, where the two are the same; not seen to, where it is None."""


def resolution_observations(exports: Exports, selection: Selection, clock: str = "onset") -> list[Row]:
    """One row per side effect of the cohort: record, side_effect, interval."""
    rows = []
    for record in cohort(treatment_records(exports), selection):
        for side_effect in record["side_effects"]:
            if not is_counted(side_effect, selection):
                continue
            start = side_effect["onset_on"] if clock == "onset" else record["treated_on"]
            interval = resolution(side_effect, record["follow_ups"], start)
            rows.append({"record": record, "side_effect": side_effect, "interval": interval})
    return rows


def resolution(side_effect: Row, follow_ups: Sequence[date], start: date) -> Interval:
    """Between which days on the clock it resolved."""
    onset = side_effect["onset_on"]
    last_present = side_effect.get("last_present_on")
    if side_effect.get("resolved_on"):
        day = (side_effect["resolved_on"] - start).days
        return day, day
    if side_effect.get("resolved_by"):
        return ((last_present or onset) - start).days, (side_effect["resolved_by"] - start).days
    if last_present:
        return (last_present - start).days, None
    later = [day for day in follow_ups if day >= onset]
    return (max([onset, *later]) - start).days, None


def groups_of_observations(observations: list[Row], by: Sequence[str]) -> dict[tuple[str, ...], list[Row]]:
    """The observations of each group; severity and effect are the side effect's own."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for observation in observations:
        group = group_of(observation["record"], by, observation["side_effect"])
        groups.setdefault(group, []).append(observation)
    return groups


def end_of(interval: Interval) -> tuple[int, bool]:
    """The last day known of a side effect, and whether it had resolved by then."""
    left, right = interval
    return (left, False) if right is None else (right, True)


def middle_of(interval: Interval) -> tuple[int, bool]:
    """The same with the middle of the days between which it resolved, rounded up."""
    left, right = interval
    return (left, False) if right is None else (math.ceil((left + right) / 2), True)


def is_only_seen_gone(interval: Interval) -> bool:
    """Whether it may have resolved on several days."""
    left, right = interval
    return right is not None and left < right


def turnbull(intervals: Sequence[Interval]) -> dict[int | None, float]:
    """The most likely mass of each day on which a side effect may have resolved; None is after all of them.

    Turnbull's self-consistency (1976): the mass of a day is the mean over the observations of the share that the day
    has of the mass of all days on which that one may have resolved. That is repeated; since it gets slow near the end,
    the steps are accelerated where that raises the likelihood (Varadhan and Roland, Scand J Stat 2008; 35: 335), until
    the masses stand still. Where that takes too long, the day with the least mass gets none. In the end no day's mean
    may exceed 1, which proves the maximum. Only the last days of innermost intervals can have mass.
    """
    counts = Counter(intervals)
    starts = sorted({(left if left == right else left + 1) for left, right in counts})
    ends = sorted({right for _, right in counts if right is not None})
    last = max([*starts, *ends]) + 1  # stands for "after all of them"
    if any(right is None for _, right in counts):
        ends.append(last)
    # An innermost interval begins with a first possible day and ends with a last one, with no other last one between.
    days = [end for end, before in zip(ends, [-1, *ends], strict=False) if any(before < day <= end for day in starts)]
    number = len(intervals)
    rows = []
    for (left, right), count in sorted(counts.items(), key=str):
        first, final = (left if left == right else left + 1), (last if right is None else right)
        rows.append((count, [i for i, day in enumerate(days) if first <= day <= final]))

    def means(mass: list[float]) -> list[float]:
        sums = [0.0] * len(days)
        for count, possible in rows:
            share = count / math.fsum(mass[i] for i in possible) / number
            for i in possible:
                sums[i] += share
        return sums

    def consistent(mass: list[float]) -> list[float]:
        return [p * mean for p, mean in zip(mass, means(mass), strict=True)]

    def likelihood(mass: list[float]) -> float:
        if min(mass) < 0 or any(math.fsum(mass[i] for i in possible) <= 0 for _, possible in rows):
            return -math.inf
        return math.fsum(count * math.log(math.fsum(mass[i] for i in possible)) for count, possible in rows)

    mass = [1 / len(days)] * len(days)
    for round_number in range(1, 100_000):
        if round_number % 500 == 0:
            least = min((p, i) for i, p in enumerate(mass) if p > 0)[1]
            mass = [0.0 if i == least else p for i, p in enumerate(mass)]
        once = consistent(mass)
        twice = consistent(once)
        first_step = [b - a for a, b in zip(mass, once, strict=True)]
        bend = [c - b - d for b, c, d in zip(once, twice, first_step, strict=True)]
        moved = math.fsum(abs(step) for step in first_step)
        if moved < 1e-14:
            break
        curved = math.sqrt(math.fsum(step * step for step in bend))
        length = math.sqrt(math.fsum(step * step for step in first_step)) / curved if curved > 1e-18 else 1.0
        leap = [a + 2 * length * d + length**2 * e for a, d, e in zip(mass, first_step, bend, strict=True)]
        leap = [max(p, 1e-300) if before > 0 else 0.0 for p, before in zip(leap, mass, strict=True)]
        leap = [p / math.fsum(leap) for p in leap]
        mass = consistent(leap) if likelihood(leap) >= likelihood(twice) else twice
    assert max(means(mass)) < 1 + 1e-9, "the likelihood has a higher point"
    return {(None if day == last else day): p for day, p in zip(days, mass, strict=True)}


def turnbull_curve(intervals: Sequence[Interval]) -> Curve:
    """The share not yet surely resolved, without limits."""
    mass = turnbull(intervals)
    ends = [end_of(interval) for interval in intervals]
    curve: Curve = []
    for day in end_days(end for end, _ in ends):
        left = math.fsum(p for when, p in mass.items() if when is None or when > day)
        curve.append(
            {
                "day": day,
                "at_risk": sum(1 for end, _ in ends if end >= day),
                "ended": sum(1 for end, seen in ends if seen and end == day),
                "censored": sum(1 for end, seen in ends if not seen and end == day),
                "share": left,
                "low": math.nan,
                "high": math.nan,
            }
        )
    return curve


def resolution_curve(observations: list[Row], level: float, limits: str) -> tuple[Curve, str, str]:
    """The curve of a group, its estimator, and the kind of its limits; those that are not known are nan."""
    intervals = [observation["interval"] for observation in observations]
    patients = [observation["record"]["patient_id"] for observation in observations]
    is_one_patient = limits == "clustered" and len(set(patients)) == 1
    clustered = "none (one patient)" if is_one_patient else "500 resamples of patients"
    if any(is_only_seen_gone(interval) for interval in intervals):
        return turnbull_curve(intervals), "Turnbull", clustered if limits == "clustered" else "none"
    ends = [end_of(interval) for interval in intervals]
    if is_one_patient:
        curve = [{**row, "low": math.nan, "high": math.nan} for row in kaplan_meier(ends, level)]
        return curve, "Kaplan-Meier", clustered
    if limits == "clustered":
        weighted = [(*end, Fraction(1), patient) for end, patient in zip(ends, patients, strict=True)]
        return weighted_curve(weighted, level), "Kaplan-Meier", "jackknife by patient"
    curve = kaplan_meier(ends, level)
    if limits == "none":
        curve = [{**row, "low": math.nan, "high": math.nan} for row in curve]
    return curve, "Kaplan-Meier", "none" if limits == "none" else "Greenwood"


def with_limits(row: Row, names: Iterable[str], kind: str) -> Row:
    """The row with limits of a kind: where none are known, None; where they are resampled, that word."""
    unknown = RESAMPLED if "resamples" in kind else None
    is_unknown = kind.startswith("none") or "resamples" in kind
    return row | {name: unknown for name in names if is_unknown}


def time_to_resolution(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    clock: str = "onset",
    level: float = 0.95,
    limits: str = "clustered",
) -> list[Row]:
    """The share of side effects still unresolved per group and day."""
    rows = []
    groups = groups_of_observations(resolution_observations(exports, selection, clock), by)
    for group, observations in sorted(groups.items()):
        curve, estimator, kind = resolution_curve(observations, level, limits)
        for row in curve:
            shown = {
                **dict(zip(by, group, strict=True)),
                "day": row["day"],
                "at_risk": row["at_risk"],
                "resolved": row["ended"],
                "censored": row["censored"],
                "unresolved": row["share"],
                "unresolved_low": row["low"],
                "unresolved_high": row["high"],
                "estimator": estimator,
                "limits": kind,
            }
            rows.append(with_limits(shown, ("unresolved_low", "unresolved_high"), kind))
    return rows


def time_to_resolution_summary(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    clock: str = "onset",
    level: float = 0.95,
    limits: str = "clustered",
    strata: Sequence[str] = (),
) -> list[Row]:
    """Counts, quantiles, shares resolved by fixed days and the log-rank test of the groups, perhaps within strata."""
    rows = []
    groups = groups_of_observations(resolution_observations(exports, selection, clock), by)
    within = groups_of_observations(resolution_observations(exports, selection, clock), strata)
    middles = [
        [
            [middle_of(row["interval"]) for row in stratum if group_of(row["record"], by, row["side_effect"]) == group]
            for group in sorted(groups)
        ]
        for stratum in within.values()
    ]
    chi_square, df, p = log_rank(*middles) if middles else (None, None, None)
    for group, observations in sorted(groups.items()):
        curve, estimator, kind = resolution_curve(observations, level, limits)
        shares, share_limits = ended_by(curve, "resolved_by", RESOLVED_BY)
        resolved = sum(observation["interval"][1] is not None for observation in observations)
        shown = {
            **dict(zip(by, group, strict=True)),
            "side_effects": len(observations),
            "resolved": resolved,
            "censored": len(observations) - resolved,
            **quantiles(curve),
            **shares,
            "logrank_chi2": chi_square,
            "logrank_df": df,
            "logrank_p": p,
            "restricted_mean_days": restricted_mean(curve, RESTRICTED_TO),
            "estimator": estimator,
            "limits": kind,
            **share_limits,
        }
        limited = [name for name, limit in share_limits.items() if limit is not None]
        rows.append(with_limits(shown, ("median_low", "median_high", *limited), kind))
    return rows


def healing_clock(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    clock: str = "onset",
    level: float = 0.95,
    limits: str = "clustered",
) -> list[Row]:
    """The share of side effects gone by fixed days, a row per group and day, with the number of patients."""
    groups = groups_of_observations(resolution_observations(exports, selection, clock), by)
    rows = []
    for summary in time_to_resolution_summary(exports, selection, by, clock, level, limits):
        observations = groups[tuple(summary[column] for column in by)]
        for day in RESOLVED_BY:
            rows.append(
                {
                    **{column: summary[column] for column in by},
                    "day": day,
                    "patients": len({observation["record"]["patient_id"] for observation in observations}),
                    "side_effects": summary["side_effects"],
                    "resolved": summary[f"resolved_by_{day}"],
                    "resolved_low": summary[f"resolved_by_{day}_low"],
                    "resolved_high": summary[f"resolved_by_{day}_high"],
                    "estimator": summary["estimator"],
                    "limits": summary["limits"],
                }
            )
    return rows
