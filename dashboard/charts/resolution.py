"""How long side effects last."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard.charts.curves import MOST as MOST_CURVES
from dashboard.charts.curves import curves
from dashboard.charts.dots import MOST, Row, day_axis, dots
from dashboard.charts.style import LIGHT, Figure, Look, between, count, days, groups, of_n, percent, safe


def time_to_resolution(
    curve: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("treatment_type",),
    horizon: int = 60,
    clock: str = "onset",
    is_small: bool = False,
) -> Figure:
    """The share of side effects still unresolved, by days since the onset or since the treatment."""
    return curves(
        groups(curve, by, look, "at_risk", MOST_CURVES, is_told_apart=True),
        look,
        share="unresolved",
        horizon=horizon,
        said="Share still unresolved",
        clock=f"Days since {'the treatment' if clock == 'treatment' else 'onset'}",
        is_small=is_small,
    )


def time_to_resolution_summary(
    summary: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = ("treatment_type",)
) -> Figure:
    """The median days to resolution with its limits."""
    rows = [
        Row(
            group.name,
            row.median_days,
            row.median_low,
            row.median_high,
            row.side_effects,
            of_n(days(row.median_days), row.side_effects),
            f"<b>{safe(group.name)}</b><br>median {days(row.median_days)}"
            + ("" if row.limits.startswith("none") else f", {between(row.median_low, row.median_high, 'days')}")
            + f"<br>{count(row.resolved)} of {count(row.side_effects)} "
            f"seen to resolve<br>{percent(row.resolved_by_14)} resolved by day 14",
            group.colour,
        )
        for group in groups(summary, by, look, "side_effects", MOST)
        for row in [group.rows.iloc[0]]
    ]
    return dots(rows, look, day_axis)
