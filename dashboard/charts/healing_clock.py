"""How many in ten side effects were gone by which day: what a patient is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.charts.style import LIGHT, NBSP, TEXT, Figure, Look, figure, groups, note, percent, safe, wash
from dashboard.statistics.natural_frequencies import (
    TEN,
    in_ten,
    in_ten_in_words,
    limits_in_ten,
    limits_in_words,
)

_ROW, _HEAD, _LEFT, _RIGHT = 34, 30, 54, 116


def healing_clock(
    shares: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = (), day: int = 7, clock: str = "onset"
) -> Figure:
    """Ten dots per day: filled for those gone by then, pale for those that the limits leave open.

    `day` is the one that is asked about; `clock` is what the days count from.
    """
    traces: list[Figure] = []
    notes: list[Figure] = []
    place = 0
    for group in groups(shares, by, look):
        if by:
            notes.append(_beside(f"<b>{safe(group.name)}</b>", look, place, "left", look.ink))
            place += 1
        rows: list[Any] = list(group.rows.itertuples())
        for row in rows:
            is_asked = row.day == day
            label = f"Day{NBSP}{row.day}"
            ink = look.ink if is_asked else look.quiet
            notes.append(_beside(f"<b>{label}</b>" if is_asked else label, look, place, "left", ink))
            if math.isnan(row.resolved):
                notes.append(_beside("not watched so long", look, place, "right", look.quiet))
            else:
                said = in_ten_in_words(row.resolved)
                notes.append(_beside(f"<b>{said}</b>" if is_asked else said, look, place, "right", ink))
                traces.append(_dots(row, place, group.colour, look, clock))
            place += 1
    return figure(
        traces,
        look,
        _HEAD + _ROW * place,
        margin={"l": _LEFT, "r": _RIGHT, "t": _HEAD - 10, "b": 10},
        annotations=notes,
        xaxis={"range": [0.4, TEN + 0.6], "visible": False},
        yaxis={"range": [place - 0.5, -0.5], "visible": False},
        hovermode="closest",
    )


def _dots(row: Any, place: int, colour: str, look: Look, clock: str) -> Figure:
    resolved, low, high = row.resolved, row.resolved_low, row.resolved_high
    gone = in_ten(resolved)
    most = gone if math.isnan(high) else limits_in_ten(low, high)[1]
    limits = f", {said}" if (said := limits_in_words(low, high)) else ""
    fills = [colour if at <= gone else wash(colour, 0.22) if at <= most else look.ground for at in range(1, TEN + 1)]
    told = f"{percent(resolved)} gone by day {row.day} after {clock}{limits}"
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(range(1, TEN + 1)),
        "y": [place] * TEN,
        "marker": {"size": 14, "color": fills, "line": {"width": 1.5, "color": colour}},
        "hovertemplate": f"{told}<extra></extra>",
    }


def _beside(text: str, look: Look, place: int, side: str, colour: str) -> Figure:
    at = {"y": place, "yref": "y", "xref": "paper", "yanchor": "middle", "size": TEXT, "colour": colour}
    if side == "left":
        return note(text, look, **at, x=0, xanchor="left", xshift=-_LEFT)
    return note(text, look, **at, x=1, xanchor="left", xshift=10)
