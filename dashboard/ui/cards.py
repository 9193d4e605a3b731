"""Big numbers, each with its limits, its n and what it was before, in small words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.charts.style import NBSP, SMALL, between, count, days, percent
from dashboard.measures.resolution import NO_LIMITS
from dashboard.ui import cache
from dashboard.ui.wording import plain


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


def median_return(of_one_type: pd.DataFrame) -> Estimate:
    """Types come back at such different times that a median over all of them would be nobody's."""
    row = of_one_type.iloc[0]
    counted = (
        f"{cache.look().name('treatment_type', row.treatment_type)}, {count(row.patients)} patients, "
        f"{count(row.completed)} of {count(row.courses)} courses followed by another"
    )
    return Estimate(row.median_days, row.median_low, row.median_high, counted, row.patients, is_days=True)


Card = tuple[str, Callable[[pd.DataFrame], Estimate], pd.DataFrame, pd.DataFrame]
"""A title, how to read the estimate from a measure's one row, and that row now and before."""


def cards(wanted: Sequence[Card], when: str) -> None:
    """A row of cards, each against what it was before, when that was."""
    with st.grid(4, min_column_width=182, gap="small"):
        for title, read, now, before in wanted:
            with st.container(border=True, height="stretch", gap="small"):
                if now.empty:
                    st.metric(title, "–")
                    st.caption("nothing counted in this period")
                    continue
                estimate = read(now)
                st.metric(title, estimate.written)
                st.caption(plain(f"{estimate.limits}; {estimate.counted}"))
                if estimate.n < SMALL:
                    st.caption(f":orange-badge[Note] Fewer than {SMALL}, so read with care.")
                if not before.empty:
                    st.caption(plain(estimate.against(read(before), when)))
