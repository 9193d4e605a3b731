"""How long until patients come back."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard.charts.bars import MOST as MOST_BARS
from dashboard.charts.bars import Bar, Part, bars, in_words
from dashboard.charts.curves import MOST as MOST_CURVES
from dashboard.charts.curves import curves
from dashboard.charts.dots import MOST, Row, day_axis, dots
from dashboard.charts.style import LIGHT, Figure, Look, between, count, days, groups, of_n, percent, safe


def maintenance_intervals(
    curve: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("treatment_type",),
    horizon: int = 365,
    is_returned: bool = True,
    is_small: bool = False,
    expected: tuple[int, int] | None = None,
) -> Figure:
    """The share of patients that has returned, or has not yet, by days since the course began.

    `expected` are the first and the last day of the catalogue's expected interval, a pale band behind the curves.
    """
    if is_returned:
        curve = curve.assign(
            returned_share=1 - curve["not_returned"],
            returned_share_low=1 - curve["not_returned_high"],
            returned_share_high=1 - curve["not_returned_low"],
        )
    return curves(
        groups(curve, by, look, "at_risk", MOST_CURVES, is_told_apart=True),
        look,
        share="returned_share" if is_returned else "not_returned",
        horizon=horizon,
        said="Share returned" if is_returned else "Share not yet returned",
        clock="Days since the course began",
        is_small=is_small,
        band=expected,
    )


def maintenance_summary(summary: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = ("treatment_type",)) -> Figure:
    """The median days between courses with its limits."""
    rows = [
        Row(
            group.name,
            row.median_days,
            row.median_low,
            row.median_high,
            row.patients,
            of_n(days(row.median_days), row.patients),
            f"<b>{safe(group.name)}</b><br>median {days(row.median_days)}, "
            f"{between(row.median_low, row.median_high, 'days') if row.patients > 1 else 'without limits'}"
            f"<br>{count(row.patients)} patient{'' if row.patients == 1 else 's'}, "
            f"{count(row.completed)} of {count(row.courses)} courses followed by another"
            f"<br>{percent(row.returned_by_180)} returned by day 180",
            group.colour,
        )
        for group in groups(summary, by, look, "patients", MOST)
        for row in [group.rows.iloc[0]]
    ]
    return dots(rows, look, day_axis)


_PLANS = {
    "early": Part("Early", 0.26),
    "on_time": Part("On time", 1.0),
    "late": Part("Late", 0.5),
    "not_returned": Part("Not returned", 0.12),
}


def kept_plans(plans: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = ("treatment_type",)) -> Figure:
    """Of the courses whose plan was due, how many came early, on time, late or not yet."""
    rows = [
        Bar(
            group.name,
            int(row.due),
            tuple(int(row[outcome]) for outcome in _PLANS),
            tuple(
                in_words(
                    group.name,
                    part.name,
                    row[outcome],
                    row.due,
                    row[f"{outcome}_share"],
                    between(row[f"{outcome}_share_low"], row[f"{outcome}_share_high"]),
                )
                for outcome, part in _PLANS.items()
            ),
            none="no plan was due",
        )
        for group in groups(plans, by, look, "due", MOST_BARS)
        for row in [group.rows.iloc[0]]
    ]
    return bars(rows, tuple(_PLANS.values()), look)
