"""Risk against durability in one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.charts.style import (
    LIGHT,
    SMALL,
    Figure,
    Group,
    Look,
    between,
    count,
    days,
    figure,
    groups,
    note,
    percent,
    safe,
)

MOST = 12
_LEFT, _TOP, _PLOT, _BOTTOM = 46, 30, 300, 64
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "x", "pentagon", "triangle-down", "hexagon")
_LONGEST = 22
_NARROW = 290
Box = tuple[float, float, float, float]
_ANCHORS: dict[tuple[int, int], Figure] = {
    (right, up): {
        "xanchor": "left" if right > 0 else "right",
        "xshift": 9 * right,
        "yanchor": "bottom" if up > 0 else "top",
        "yshift": 3 * up,
    }
    for right, up in ((1, 1), (-1, 1), (1, -1), (-1, -1))
}
"""Where a name may stand about its mark: right or left of it, above or below."""


def risk_and_durability(beside: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = ("treatment_type",)) -> Figure:
    """The rate of any side effect against the median days between courses, limits as cross-hairs, one cross per group.

    Groups without a rate or a median are named beneath.
    """
    found = groups(beside, by, look, "treated", MOST, is_told_apart=True)
    shown = [group for group in found if not math.isnan(_row(group).rate) and not math.isnan(_row(group).median_days)]
    left_out = [group.name for group in found if group not in shown]
    reach = max((_end(_row(group).median_high, _row(group).median_days) for group in shown), default=1.0) * 1.12
    top = max((_row(group).rate_high for group in shown if _row(group).evaluable >= SMALL), default=math.nan)
    top = (max((_row(group).rate_high for group in shown), default=1.0) if math.isnan(top) else top) * 1.12
    traces: list[Figure] = []
    notes: list[Figure] = []
    taken = [
        _box(_row(group).median_days / reach * _NARROW, _row(group).rate / top * _PLOT, 1, 1, 0) for group in shown
    ]
    for place, group in enumerate(shown):
        row = _row(group)
        traces += [_cross(row, group, reach, top), _mark(row, group, look, _SYMBOLS[place % len(_SYMBOLS)])]
        name = safe(group.name, _LONGEST)
        x, y = row.median_days / reach * _NARROW, row.rate / top * _PLOT
        corner_of = _place(x, y, len(name), taken)
        at = {"x": row.median_days, "y": row.rate}
        notes.append(note(name, look, **at, **_ANCHORS[corner_of], colour=look.ink))
    corner = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": -_LEFT, "y": 1, "yref": "paper"}
    notes.append(note("Share with a side effect, 95 % limits", look, **corner, yanchor="bottom", yshift=8))
    foot = {**corner, "y": 0, "yanchor": "top", "yshift": -22}
    notes.append(note("Median days between courses, 95 % limits", look, **foot))
    if left_out:
        more = f" and {len(left_out) - 4} more" if len(left_out) > 4 else ""
        missing = f"No median or no rate: {', '.join(safe(name, _LONGEST) for name in left_out[:4])}{more}"
        notes.append(note(missing, look, **{**foot, "yshift": -42}))
    return figure(
        traces,
        look,
        _TOP + _PLOT + _BOTTOM,
        margin={"l": _LEFT, "r": 12, "t": _TOP, "b": _BOTTOM},
        annotations=notes,
        xaxis={"range": [0, reach], "showgrid": False, "ticks": "outside", "ticklen": 4, "tickcolor": look.line,
               "nticks": 6, "tickformat": ",d"},
        yaxis={"range": [-top * 0.02, top], "tickformat": ".0%" if top > 0.05 else ".1%", "nticks": 6},
        hovermode="closest",
    )  # fmt: skip


def _box(x: float, y: float, right: int, up: int, letters: int) -> Box:
    """The pixels that a mark, or a name of so many letters at one of its corners, takes up."""
    if not letters:
        return x - 6, y - 6, x + 6, y + 6
    width = 6.6 * letters
    left, bottom = (x + 9 if right > 0 else x - 9 - width), (y + 3 if up > 0 else y - 19)
    return left, bottom, left + width, bottom + 16


def _place(x: float, y: float, letters: int, taken: list[Box]) -> tuple[int, int]:
    """The corner of a mark at which its name is in nobody's way on a narrow screen; it is taken from then on."""

    def cost(corner: tuple[int, int]) -> float:
        left, bottom, right, top = _box(x, y, *corner, letters)
        hit = sum(left < other[2] and right > other[0] and bottom < other[3] and top > other[1] for other in taken)
        return hit + 2 * (left < 0 or right > _NARROW)

    best = min(_ANCHORS, key=cost)
    taken.append(_box(x, y, *best, letters))
    return best


def _row(group: Group) -> Any:
    return group.rows.iloc[0]


def _end(limit: float, value: float) -> float:
    return value if math.isnan(limit) else limit


def _cross(row: Any, group: Group, reach: float, top: float) -> Figure:
    """Two lines through the estimates; a limit that is not reached runs to the edge."""
    low = row.median_days if math.isnan(row.median_low) else row.median_low
    is_open = math.isnan(row.median_high) and not math.isnan(row.median_low)
    high = reach if is_open else _end(row.median_high, row.median_days)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [low, high, None, row.median_days, row.median_days],
        "y": [row.rate, row.rate, None, row.rate_low, min(row.rate_high, top)],
        "line": {"color": group.colour, "width": 2},
        "hoverinfo": "skip",
    }


def _mark(row: Any, group: Group, look: Look, symbol: str) -> Figure:
    is_small = row.evaluable < SMALL or row.patients < SMALL
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [row.median_days],
        "y": [row.rate],
        "marker": {
            "symbol": symbol,
            "size": 11,
            "color": look.ground if is_small else group.colour,
            "line": {"color": group.colour, "width": 2},
        },
        "hovertext": [
            f"<b>{safe(group.name)}</b><br>side effect in {percent(row.rate)}, {between(row.rate_low, row.rate_high)}"
            f"<br>{count(row.affected)} of {count(row.evaluable)} followed up, of {count(row.treated)} treated"
            f"<br>median {days(row.median_days)}, {between(row.median_low, row.median_high, 'days')}"
            f"<br>{count(row.patients)} patients, {count(row.courses)} courses"
        ],
        "hoverinfo": "text",
    }
