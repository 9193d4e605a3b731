"""A dot with its limits on a common scale, one row per group: the picture of every estimate that is a single number."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dashboard.charts.style import FINE, FONT, NBSP, SMALL, TEXT, Figure, Look, faded, figure, note, safe, wash

MOST = 40
"""More rows than this are not a picture any more; the table has them all."""

_ROW = 27
_LEFT, _RIGHT, _TOP, _GAP = 132, 118, 30, 9
_LOWER = 3 / _ROW
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
    longest = max((len(re.sub("<.*?>", "", row.said)) for row in shown), default=0)
    right = max(_RIGHT, round(_CHARACTER * longest) + _GAP + 3)
    bottom = -_reach([_mirrored(row) for row in shown], False) if is_signed else 0.0
    if is_signed:
        top, bottom = max(top, -bottom / 8), min(bottom, -top / 8)
    foot = 30 if key else 8
    own = [(float(place), row) for place, row in enumerate(rows) if not row.is_heading]
    names = [
        (place + _LOWER, f"<b>{safe(row.name)}</b>") if row.is_heading else (float(place), safe(row.name, _LONGEST))
        for place, row in enumerate(rows)
    ]
    said = [(place, faded(row.said, look) if row.n < SMALL else row.said) for place, row in own]
    ticks, labels = axis(max(top, -bottom))
    zero = {"zeroline": True, "zerolinecolor": look.quiet, "zerolinewidth": 1} if is_signed else {}
    at_foot = {"x": 0, "xanchor": "left", "xshift": -_LEFT, "y": 0, "yanchor": "top", "yshift": -8}
    up: Figure = {"range": [len(rows) - 0.5, -0.5], "showgrid": False, "ticklen": 0}
    below = bottom if is_signed else -math.inf
    traces = [*_ranges(own, top), _limits(own, top, below), _beyond(own, top), _marks(own, look)]
    return figure(
        [trace for trace in traces if trace["y"]],
        look,
        _TOP + _ROW * len(rows) + foot,
        margin={"l": _LEFT, "r": right, "t": _TOP, "b": foot},
        barmode="overlay",
        annotations=[note(key, look, **at_foot, xref="paper", yref="paper")] if key else [],
        xaxis={
            "range": [bottom - (top - bottom) * 0.015, top],
            "side": "top",
            "tickvals": ticks,
            "ticktext": labels,
            "ticklen": 0,
            "tickangle": 0,
            **zero,
        },
        # Ticks, as notes take twice as long to draw: names from the left edge on, figures beside the plot. An axis that
        # is anchored to the other one would hide that one's lines beneath its labels, and errs where these are.
        yaxis={
            **up,
            **_labels(names, TEXT, look),
            "ticklabelposition": "inside",
            "ticklabelstandoff": -_LEFT,
            "anchor": "free",
        },
        yaxis2={**up, **_labels(said, FINE, look), "overlaying": "y", "side": "right", "ticklabelstandoff": _GAP},
        hovermode="closest",
    )


def _labels(labels: Sequence[tuple[float, str]], size: int, look: Look) -> Figure:
    return {
        "tickvals": [place for place, _ in labels],
        "ticktext": [text for _, text in labels],
        "tickfont": {"family": FONT, "size": size, "color": look.ink},
    }


def _reach(rows: Sequence[Row], is_whole: bool) -> float:
    trusted = [row.high for row in rows if row.n >= SMALL] or [row.high for row in rows]
    trusted += [row.value for row in rows] + [row.range[1] for row in rows if row.range and is_whole]
    return max((value for value in trusted if not math.isnan(value)), default=0.0) * 1.06 or 1.0


def _mirrored(row: Row) -> Row:
    return replace(row, value=-row.value, low=-row.high, high=-row.low)


def _marks(own: Sequence[tuple[float, Row]], look: Look) -> Figure:
    """The dots, which bring the axis of the figures with them: there is one for every row, also where none is seen."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [None if math.isnan(row.value) else row.value for _, row in own],
        "y": [place for place, _ in own],
        "yaxis": "y2",
        "marker": {
            "size": 10,
            "color": [look.ground if row.n < SMALL else row.colour for _, row in own],
            "line": {"color": [row.colour for _, row in own], "width": 2},
        },
        "hovertext": [row.hover for _, row in own],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _limits(own: Sequence[tuple[float, Row]], top: float, bottom: float) -> Figure:
    known = [(place, row) for place, row in own if not math.isnan(row.low)]
    return _bars(
        [
            (place, max(row.low, bottom), min(top, top if math.isnan(row.high) else row.high), row.colour)
            for place, row in known
        ],
        2.5,
    )


def _ranges(own: Sequence[tuple[float, Row]], top: float) -> list[Figure]:
    """A thin pale line from best to worst case, closed by a stroke at an end, or by an arrow where it goes on."""
    known = [(place, row.range, wash(row.colour, 0.5)) for place, row in own if row.range]
    known = [(place, ends, pale) for place, ends, pale in known if not math.isnan(ends[0])]
    low = [(ends[0], place, pale) for place, ends, pale in known]
    high = [(ends[1], place, pale) for place, ends, pale in known]
    return [
        _bars([(place, ends[0], min(top, ends[1]), pale) for place, ends, pale in known], 1.25),
        _signs([*low, *(end for end in high if end[0] <= top)], "line-ns", 4),
        _signs([(top, place, pale) for end, place, pale in high if end > top], "triangle-right-open", 6),
    ]


def _beyond(own: Sequence[tuple[float, Row]], top: float) -> Figure:
    cut = [(place, row) for place, row in own if row.high > top or (math.isnan(row.high) and not math.isnan(row.low))]
    return _signs([(top, place, row.colour) for place, row in cut], "triangle-right", 7)


def _signs(points: Sequence[tuple[float, float, str]], symbol: str, size: int) -> Figure:
    """Signs at these places, each in its colour."""
    colours = [colour for *_, colour in points]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x for x, *_ in points],
        "y": [y for _, y, _ in points],
        "marker": {"symbol": symbol, "size": size, "color": colours, "line": {"color": colours, "width": 1.25}},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _bars(ends: Sequence[tuple[float, float, float, str]], width: float) -> Figure:
    """Lines of so many pixels from one end to the other, each in its colour; as lines each colour were a trace."""
    return {
        "type": "bar",
        "orientation": "h",
        "y": [place for place, *_ in ends],
        "base": [low for _, low, *_ in ends],
        "x": [high - low for _, low, high, _ in ends],
        "width": width / _ROW,
        "marker": {"color": [colour for *_, colour in ends], "line": {"width": 0}},
        "hoverinfo": "skip",
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
