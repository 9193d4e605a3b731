"""A dot with its limits on a common scale, one row per group: the picture of every estimate that is a single number."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dashboard.charts.style import NBSP, SMALL, TEXT, Figure, Look, figure, note, safe, wash

MOST = 40
"""More rows than this are not a picture any more; the table has them all."""

_ROW = 27
_LEFT, _RIGHT, _TOP = 132, 118, 30
_CHARACTER = 6.6
_LONGEST = 19


@dataclass(frozen=True)
class Row:
    """One line of the chart: a heading where it has no value, otherwise an estimate with its limits and its n.

    `range` is what the estimate could have been, from best to worst case.
    """

    name: str
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n: float = math.inf
    said: str = ""
    hover: str = ""
    colour: str = ""
    range: tuple[float, float] | None = None
    is_heading: bool = False


def dots(
    rows: Sequence[Row],
    look: Look,
    axis: Callable[[float], tuple[list[float], list[str]]],
    is_whole: bool = False,
    key: str = "",
    is_signed: bool = False,
) -> Figure:
    """The rows from top to bottom: name, dot (hollow where n is small), limits, and the figure with its n in words
    (faded where n is small).

    `axis` gives the ticks up to a highest value. The scale is that of the rows whose n is not small, so that one wide
    limit does not flatten the rest, and of the ranges where the picture is to be whole; what leaves it ends in an
    arrow. `key` says in a line beneath what is drawn how. Where `is_signed`, values may be below nought, which has a
    line of its own.
    """
    shown = [row for row in rows if not row.is_heading]
    top = _reach(shown, is_whole)
    right = max([_RIGHT, *(round(_CHARACTER * len(re.sub("<.*?>", "", row.said))) for row in shown)])
    bottom = -_reach([_mirrored(row) for row in shown], False) if is_signed else 0.0
    if is_signed:
        top, bottom = max(top, -bottom / 8), min(bottom, -top / 8)
    foot = 30 if key else 8
    places = [float(place) for place, row in enumerate(rows) if not row.is_heading]
    traces: list[Figure] = []
    for colour in dict.fromkeys(row.colour for row in shown):
        own = [(place, row) for place, row in zip(places, shown, strict=True) if row.colour == colour]
        traces += [
            *_ranges(own, colour, top),
            _limits(own, colour, top, bottom if is_signed else -math.inf),
            _beyond(own, colour, top),
            _marks(own, colour, look),
        ]
    notes: list[Figure] = []
    for place, row in enumerate(rows):
        at = {"y": place, "yref": "y", "xref": "paper", "yanchor": "middle"}
        if row.is_heading:
            title = f"<b>{safe(row.name)}</b>"
            notes.append(
                note(title, look, **at, x=0, xanchor="left", xshift=-_LEFT, colour=look.ink, size=TEXT, yshift=-3)
            )
            continue
        name = safe(row.name, _LONGEST)
        notes.append(note(name, look, **at, x=0, xanchor="left", xshift=-_LEFT, colour=look.ink, size=TEXT))
        ink = look.quiet if row.n < SMALL else look.ink
        notes.append(note(row.said, look, **at, x=1, xanchor="right", xshift=right, colour=ink))
    if key:
        at_foot = {"x": 0, "xanchor": "left", "xshift": -_LEFT, "y": 0, "yanchor": "top", "yshift": -8}
        notes.append(note(key, look, **at_foot, xref="paper", yref="paper"))
    ticks, labels = axis(max(top, -bottom))
    zero = {"zeroline": True, "zerolinecolor": look.quiet, "zerolinewidth": 1} if is_signed else {}
    return figure(
        [trace for trace in traces if trace["y"]],
        look,
        _TOP + _ROW * len(rows) + foot,
        margin={"l": _LEFT, "r": right, "t": _TOP, "b": foot},
        annotations=notes,
        xaxis={
            "range": [bottom - (top - bottom) * 0.015, top],
            "side": "top",
            "tickvals": ticks,
            "ticktext": labels,
            "ticklen": 0,
            "tickangle": 0,
            **zero,
        },
        yaxis={"range": [len(rows) - 0.5, -0.5], "visible": False},
        hovermode="closest",
    )


def _reach(rows: Sequence[Row], is_whole: bool) -> float:
    trusted = [row.high for row in rows if row.n >= SMALL] or [row.high for row in rows]
    trusted += [row.value for row in rows] + [row.range[1] for row in rows if row.range and is_whole]
    return max((value for value in trusted if not math.isnan(value)), default=0.0) * 1.06 or 1.0


def _mirrored(row: Row) -> Row:
    return replace(row, value=-row.value, low=-row.high, high=-row.low)


def _marks(own: list[tuple[float, Row]], colour: str, look: Look) -> Figure:
    known = [(place, row) for place, row in own if not math.isnan(row.value)]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [row.value for _, row in known],
        "y": [place for place, _ in known],
        "marker": {
            "size": 10,
            "color": [look.ground if row.n < SMALL else colour for _, row in known],
            "line": {"color": colour, "width": 2},
        },
        "hovertext": [row.hover for _, row in known],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _limits(own: list[tuple[float, Row]], colour: str, top: float, bottom: float) -> Figure:
    known = [(place, row) for place, row in own if not math.isnan(row.low)]
    ends = [(place, max(row.low, bottom), min(top, top if math.isnan(row.high) else row.high)) for place, row in known]
    return _lines(ends, colour, 2.5)


def _ranges(own: list[tuple[float, Row]], colour: str, top: float) -> list[Figure]:
    """A thin pale line from best to worst case, closed by a stroke at an end, or by an arrow where it goes on."""
    pale = wash(colour, 0.5)
    known = [(place, row.range) for place, row in own if row.range and not math.isnan(row.range[0])]
    ends = [(low, place) for place, (low, _) in known] + [(high, place) for place, (_, high) in known if high <= top]
    cut = [(top, place) for place, (_, high) in known if high > top]
    return [
        _lines([(place, low, min(top, high)) for place, (low, high) in known], pale, 1.25),
        _signs(ends, "line-ns", 4, pale),
        _signs(cut, "triangle-right-open", 6, pale),
    ]


def _signs(points: list[tuple[float, float]], symbol: str, size: int, colour: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x for x, _ in points],
        "y": [y for _, y in points],
        "marker": {"symbol": symbol, "size": size, "color": colour, "line": {"color": colour, "width": 1.25}},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _lines(ends: list[tuple[float, float, float]], colour: str, width: float) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for _, low, high in ends for x in (low, high, None)],
        "y": [y for place, _, _ in ends for y in (place, place, None)],
        "line": {"color": colour, "width": width},
        "hoverinfo": "skip",
    }


def _beyond(own: list[tuple[float, Row]], colour: str, top: float) -> Figure:
    cut = [place for place, row in own if row.high > top or (math.isnan(row.high) and not math.isnan(row.low))]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [top] * len(cut),
        "y": cut,
        "marker": {"symbol": "triangle-right", "size": 7, "color": colour},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def share_axis(top: float) -> tuple[list[float], list[str]]:
    """Up to four ticks from nought, in per cent; few enough for a narrow screen."""
    ticks = _ticks(top, (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5))
    return ticks, [f"{100 * tick:.3g}" for tick in ticks[:-1]] + [f"{100 * ticks[-1]:.3g}{NBSP}%"]


def day_axis(top: float) -> tuple[list[float], list[str]]:
    """Up to four ticks from nought, in days; fewer where the numbers are long."""
    steps = (1, 2, 5, 7, 10, 14, 20, 30, 60, 90, 180, 365, 730, 1460)
    ticks = _ticks(top, steps, 3.2 if top < 100 else 2.2)
    return ticks, [f"{tick:,.0f}" for tick in ticks[:-1]] + [f"{ticks[-1]:,.0f}{NBSP}days"]


def point_axis(top: float) -> tuple[list[float], list[str]]:
    """Ticks on both sides of nought, in points of a score."""
    return _both_sides(_ticks(top, (0.1, 0.2, 0.5, 1, 2, 5), 2.2), 1)


def difference_axis(top: float) -> tuple[list[float], list[str]]:
    """Ticks on both sides of nought, in percentage points."""
    return _both_sides(_ticks(top, (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5), 2.2), 100)


def _both_sides(ticks: list[float], scale: int) -> tuple[list[float], list[str]]:
    places = [-tick for tick in ticks[:0:-1]] + ticks
    return places, [f"{scale * place:.3g}".replace("-", "−") for place in places]


def _ticks(top: float, steps: Sequence[float], most: float = 3.2) -> list[float]:
    step = next((step for step in steps if top / step <= most), steps[-1])
    return [place * step for place in range(int(top / step + 1e-9) + 1)]
