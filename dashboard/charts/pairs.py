"""Left against right in the same patients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.charts.dots import Row, difference_axis, dots
from dashboard.charts.style import LIGHT, NBSP, Figure, Group, Look, count, groups, safe

_SIDES = "← more on the right   more on the left →   percentage points, 95 % limits"
COMMON = 3
MOST = 6
"""More groups than this, with several effects each, are not a picture any more; the table has them all."""


def side_differences(
    differences: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("treatment_type",),
    effects: Sequence[str] | None = None,
) -> Figure:
    """The share on the left less that on the right, one block per effect, with how many pairs had it on one side.

    Without `effects`, those are any and the most frequent ones.
    """
    differences = differences[~(differences["pairs"] == 0)]
    effects = ["any", *by_frequency(differences)[:COMMON]] if effects is None else effects
    by = [column for column in by if column != "effect"]
    rows: list[Row] = []
    for effect in effects:
        own = differences[differences["effect"].astype(str) == effect]
        heading = [Row(look.name("effect", effect), is_heading=True)] if len(effects) > 1 else []
        rows += [*heading, *(_row(group, group.rows.iloc[0]) for group in groups(own, by, look, "pairs", MOST))]
    return dots(rows, look, difference_axis, is_signed=True, key=_SIDES)


def _row(group: Group, row: Any) -> Row:
    limits = signed_between(row.difference_low, row.difference_high)
    p = "" if math.isnan(row.p) else f"<br>McNemar mid-p {'below 0.001' if row.p < 0.001 else f'{row.p:.3f}'}"
    return Row(
        group.name,
        row.difference,
        row.difference_low,
        row.difference_high,
        row.pairs,
        f"<b>L{NBSP}{count(row.left_only)}, R{NBSP}{count(row.right_only)}</b> of {count(row.pairs)}",
        f"<b>{safe(group.name)}</b><br>{signed(row.difference)}, {limits}"
        f"<br>of {count(row.pairs)} pairs of {count(row.patients)} patients: {count(row.both)} on both sides,<br>"
        f"{count(row.left_only)} on the left only, {count(row.right_only)} on the right only, "
        f"{count(row.neither)} on neither{p}",
        group.colour,
    )


def signed(difference: float) -> str:
    """A difference of shares, with its sign, in percentage points."""
    return f"{100 * difference:+.1f}".replace("-", "−") + f"{NBSP}points"


def signed_between(low: float, high: float) -> str:
    """The limits of a difference of shares."""
    return f"between {100 * low:+.1f} and {100 * high:+.1f}".replace("-", "−")


def by_frequency(differences: pd.DataFrame) -> list[str]:
    """The single effects, the one found on most sides first."""
    single = differences[differences["effect"].astype(str) != "any"]
    sides = (2 * single["both"] + single["left_only"] + single["right_only"]).groupby(single["effect"].astype(str))
    found = sides.sum().sort_values(ascending=False, kind="stable")
    return [str(effect) for effect, many in found.items() if many]
