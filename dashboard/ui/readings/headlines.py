"""The figures that are told first, each with its limits and its n."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from dashboard.charts.style import NBSP, Look, between, count, days, percent
from dashboard.measures.resolution import NO_LIMITS


@dataclass(frozen=True)
class Estimate:
    """A number with its limits, its n and, in words, what it was counted from; written as a share or in days."""

    value: float
    low: float
    high: float
    counted: str
    n: float
    is_days: bool = False
    is_limited: bool = True

    @property
    def written(self) -> str:
        return days(self.value) if self.is_days else percent(self.value)

    @property
    def limits(self) -> str:
        if not self.is_limited:
            return "median, limits are being estimated"
        return f"median, {between(self.low, self.high, 'days')}" if self.is_days else between(self.low, self.high)

    def against(self, before: Estimate, when: str) -> str:
        """The change in words, without a judgement."""
        if math.isnan(self.value) or math.isnan(before.value):
            return f"{when}: {before.written}"
        change = self.value - before.value
        size = days(abs(round(change))) if self.is_days else f"{abs(100 * change):.1f}{NBSP}points"
        if size.startswith(("0 ", f"0{NBSP}", "0.0")):
            return f"unchanged from {when}"
        longer = ("longer", "shorter") if self.is_days else ("higher", "lower")
        return f"{'↑' if change > 0 else '↓'}{NBSP}{size} {longer[int(change < 0)]} than {when} ({before.written})"


def completeness(total: pd.DataFrame) -> Estimate:
    row = total.iloc[0]
    counted = f"{count(row.evaluable)} of {count(row.treated)} sessions followed up"
    return Estimate(row.completeness, row.completeness_low, row.completeness_high, counted, row.treated)


def any_side_effect(total: pd.DataFrame) -> Estimate:
    row = total[total["effect"].astype(str) == "any"].iloc[0]
    counted = f"{count(row.affected)} of {count(row.evaluable)} sessions followed up"
    return Estimate(row.rate, row.rate_low, row.rate_high, counted, row.evaluable)


def median_resolution(total: pd.DataFrame) -> Estimate:
    row = total.iloc[0]
    counted = f"{count(row.side_effects)} side effects, {count(row.resolved)} seen to resolve"
    counted += f" ({row.estimator})"
    is_limited = row.limits != NO_LIMITS
    return Estimate(
        row.median_days,
        row.median_low,
        row.median_high,
        counted,
        row.side_effects,
        is_days=True,
        is_limited=is_limited,
    )


def median_return(of_one_type: pd.DataFrame, look: Look) -> Estimate:
    """Types come back at such different times that a median over all of them would be nobody's."""
    row = of_one_type.iloc[0]
    counted = (
        f"{look.name('treatment_type', row.treatment_type)}, {count(row.patients)} patients, "
        f"{count(row.completed)} of {count(row.courses)} courses followed by another"
    )
    return Estimate(row.median_days, row.median_low, row.median_high, counted, row.patients, is_days=True)
