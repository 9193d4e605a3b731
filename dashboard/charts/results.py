"""What treatment came to: asymmetry, GAIS, satisfaction, goals, corrections, aftercare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.charts.dots import MOST, Row, dots, point_axis, share_axis
from dashboard.charts.style import (
    LIGHT,
    NBSP,
    Figure,
    Group,
    Look,
    between,
    count,
    fraction,
    groups,
    of_n,
    percent,
    points,
    safe,
)

MEAN_CHANGE = "asymmetry_change"
GOOD = ("gais_improved", "satisfied", "goal_met", "asymmetry_improved")
OTHER = ("asymmetry_worse", "overcorrected", "adjusted", "aftercare_followed")


def results(
    outcomes: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("treatment_type",),
    shown: Sequence[str] = GOOD,
) -> Figure:
    """The shares of these outcomes, one block each on a common scale; or the mean change in asymmetry, alone."""
    rows: list[Row] = []
    for outcome in shown:
        own = outcomes[outcomes["outcome"].astype(str) == outcome]
        heading = [Row(look.name("outcome", outcome), is_heading=True)] if len(shown) > 1 else []
        found = groups(own, by, look, "recorded", MOST)
        rows += [*heading, *(_row(group.name, group, group.rows.iloc[0], outcome) for group in found)]
    if tuple(shown) == (MEAN_CHANGE,):
        return dots(rows, look, point_axis, is_signed=True, key="◂ more symmetrical   less symmetrical ▸")
    return dots(rows, look, share_axis)


def _row(name: str, group: Group, row: Any, outcome: str) -> Row:
    """One estimate: its name, and of whom it is."""
    is_mean = outcome == MEAN_CHANGE
    value = points(row.value) if is_mean else percent(row.value)
    n = (
        f"{count(row.recorded)} of {count(row.treated)} records"
        if "treated" in row
        else f"{count(row.recorded)} records"
    )
    has_limits = not math.isnan(row.value_low)
    limits = between(row.value_low, row.value_high, "points" if is_mean else "%") if has_limits else "without limits"
    k = f"{count(row.occurred)} of " if not is_mean else "recorded for "
    return Row(
        name,
        row.value,
        row.value_low,
        row.value_high,
        row.recorded,
        of_n(value, row.recorded) if is_mean else f"<b>{value}</b>  {fraction(row.occurred, row.recorded)}",
        f"<b>{safe(group.name)}</b><br>{value}{f'{NBSP}points' if is_mean else ''}, {limits}<br>{k}{n}"
        f"<br>{count(row.patients)} patient{'' if row.patients == 1 else 's'}",
        group.colour,
    )
