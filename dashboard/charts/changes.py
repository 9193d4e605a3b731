"""What a figure was in an earlier snapshot, and what it is now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.charts.style import (
    LIGHT,
    NBSP,
    SMALL,
    TEXT,
    Figure,
    Look,
    between,
    count,
    days,
    figure,
    note,
    percent,
    safe,
    wash,
)

MOST = 30
"""More pairs than this are not a picture any more; the table has them all."""

_ROW, _LEFT, _RIGHT, _TOP, _FOOT = 40, 132, 118, 30, 30
_LONGEST = 19
_APART = 0.17


@dataclass(frozen=True)
class Estimate:
    """A figure with its limits and its n; NaN where a median, or a limit of one, is not reached."""

    value: float
    low: float
    high: float
    n: float


@dataclass(frozen=True)
class Pair:
    """One line of the chart: a figure as it was and as it is, said in words; or a heading where it has neither."""

    name: str
    earlier: Estimate | None = None
    later: Estimate | None = None
    said: str = ""
    hover: str = ""


def figures_moved(moved: pd.DataFrame, look: Look = LIGHT, is_days: bool = False) -> Figure:
    """The figures that moved, as they were and as they are; rates in the groups of their treatment types."""
    types = ["total", *look.treatment_types]
    order = {code: place for place, code in enumerate(types)}
    pairs: list[Pair] = []
    for code in sorted(dict.fromkeys(moved["treatment_type"]), key=lambda code: order.get(code, len(types))):
        group = "All treatments" if code == "total" else look.name("treatment_type", code)
        rows = moved[moved["treatment_type"] == code]
        if "effect" in rows:
            pairs.append(Pair(group))
        for row in rows.itertuples():
            name = look.name("effect", row.effect) if "effect" in rows else group
            pairs.append(_pair(name, row, is_days))
    return dumbbells(pairs[:MOST], look, is_days)


def _pair(name: str, row: Any, is_days: bool) -> Pair:
    earlier = Estimate(row.earlier, row.earlier_low, row.earlier_high, row.earlier_n)
    later = Estimate(row.later, row.later_low, row.later_high, row.later_n)
    if is_days:
        was = "not reached" if math.isnan(earlier.value) else f"{earlier.value:,.0f}"
        said = f"{was} → {days(later.value)}"
    else:
        said = f"{percent(earlier.value).removesuffix(f'{NBSP}%')} → {percent(later.value)}"
    told = [
        f"{when} {days(one.value) if is_days else percent(one.value)}, "
        f"{between(one.low, one.high, 'days' if is_days else '%')}, n{NBSP}{count(one.n)}"
        for when, one in (("was", earlier), ("is", later))
    ]
    said = f"<b>{said}</b><br>n{NBSP}{count(earlier.n)} → {count(later.n)}"
    return Pair(name, earlier, later, said, "<br>".join((f"<b>{safe(name)}</b>", *told)))


def dumbbells(pairs: Sequence[Pair], look: Look, is_days: bool = False) -> Figure:
    """Per pair the earlier figure (a diamond) above the later one (a dot), each with its limits, and a line between.

    The scale is that of what is drawn, and need not begin at nought. Dots are hollow where n is small. What is not
    reached, or leaves the scale, ends in an arrow at the right edge.
    """
    drawn = [(place, pair.earlier, pair.later) for place, pair in enumerate(pairs) if pair.earlier and pair.later]
    bottom, top = _scale([one for _, *both in drawn for one in both])
    before = [(place - _APART, earlier) for place, earlier, _ in drawn]
    after = [(place + _APART, later) for place, _, later in drawn]
    links = [
        (x, y)
        for (above, earlier), (below, later) in zip(before, after, strict=True)
        for x, y in ((_at(earlier.value, top), above), (_at(later.value, top), below), (None, None))
    ]
    traces = [
        _lines(links, wash(look.quiet, 0.6), 1.5),
        *_estimates(before, look.quiet, "diamond", top, look, 1.5),
        *_estimates(after, look.accent, "circle", top, look, 2.5),
        _names(pairs, drawn, top),
    ]
    notes = []
    for place, pair in enumerate(pairs):
        at = {"y": place, "yref": "y", "xref": "paper", "yanchor": "middle"}
        name = safe(pair.name, 40 if pair.earlier is None else _LONGEST)
        text = name if pair.earlier else f"<b>{name}</b>"
        notes.append(note(text, look, **at, x=0, xanchor="left", xshift=-_LEFT, colour=look.ink, size=TEXT))
        if pair.said:
            notes.append(note(pair.said, look, **at, x=1, xanchor="right", xshift=_RIGHT, align="right"))
    key = f"◇ as it was   ● now   ─ 95{NBSP}% limits"
    at_foot = {"x": 0, "xanchor": "left", "xshift": -_LEFT, "y": 0, "yanchor": "top", "yshift": -8}
    notes.append(note(key, look, **at_foot, xref="paper", yref="paper"))
    ticks = _ticks(bottom, top, is_days)
    unit = "days" if is_days else "%"
    return figure(
        [trace for trace in traces if trace["y"]],
        look,
        _TOP + _ROW * len(pairs) + _FOOT,
        margin={"l": _LEFT, "r": _RIGHT, "t": _TOP, "b": _FOOT},
        annotations=notes,
        xaxis={
            "range": [bottom, top],
            "side": "top",
            "tickvals": [tick if is_days else tick / 100 for tick in ticks],
            "ticktext": [
                *(f"{tick:,.6g}" for tick in ticks[:-1]),
                *(f"{tick:,.6g}{NBSP}{unit}" for tick in ticks[-1:]),
            ],
            "ticklen": 0,
            "tickangle": 0,
        },
        yaxis={"range": [len(pairs) - 0.5, -0.5], "visible": False},
        hovermode="closest",
    )


def _scale(estimates: Sequence[Estimate]) -> tuple[float, float]:
    """The range of the figures, and of the limits of those whose n is not small."""
    ends = [
        end
        for one in estimates
        for end in ((one.value, one.low, one.high) if one.n >= SMALL else (one.value,))
        if not math.isnan(end)
    ]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    # A small change does not look like a large one.
    margin = max(0.06 * (high - low), (high / 3 - (high - low)) / 2) or 1.0
    return max(0.0, low - margin), high + margin


def _ticks(bottom: float, top: float, is_days: bool) -> list[float]:
    """At most four round numbers on the scale, in days or in per cent; few enough for a narrow screen."""
    first, last = (bottom, top) if is_days else (100 * bottom, 100 * top)
    sizes = [size * 10**power for power in range(-2, 4) for size in (1, 2, 5)]
    for size in sizes:
        places = range(math.ceil(first / size - 1e-9), math.floor(last / size + 1e-9) + 1)
        if len(places) <= 4 and (size >= 1 or not is_days):
            return [round(place * size, 6) for place in places]
    return []


def _at(value: float, top: float) -> float:
    return top if math.isnan(value) else min(value, top)


def _estimates(
    placed: Sequence[tuple[float, Estimate]], colour: str, symbol: str, top: float, look: Look, width: float
) -> list[Figure]:
    limits: list[tuple[float | None, float | None]] = []
    beyond = []
    for place, one in placed:
        if not math.isnan(one.low):
            limits += [(one.low, place), (_at(one.high, top), place), (None, None)]
        if math.isnan(one.value) or one.high > top or (math.isnan(one.high) and not math.isnan(one.low)):
            beyond.append(place)
    reached = [(place, one) for place, one in placed if not math.isnan(one.value)]
    marks = {
        "size": 10,
        "symbol": symbol,
        "color": [look.ground if one.n < SMALL or symbol == "diamond" else colour for _, one in reached],
        "line": {"color": colour, "width": 2},
    }
    arrows = {"size": 8, "symbol": "triangle-right", "color": colour}
    return [
        _lines(limits, colour, width),
        _marks([top] * len(beyond), beyond, arrows),
        _marks([one.value for _, one in reached], [place for place, _ in reached], marks),
    ]


def _marks(x: Sequence[float], y: Sequence[float], marker: Figure) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [*x],
        "y": [*y],
        "marker": marker,
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _names(pairs: Sequence[Pair], drawn: Sequence[tuple[int, Estimate, Estimate]], top: float) -> Figure:
    """What the pointer is told, between the two marks of a pair."""
    middles = [(_at(earlier.value, top) + _at(later.value, top)) / 2 for _, earlier, later in drawn]
    unseen = {"size": 26, "opacity": 0}
    hovers = [pairs[place].hover for place, *_ in drawn]
    return {**_marks(middles, [float(place) for place, *_ in drawn], unseen), "hoverinfo": "text", "hovertext": hovers}


def _lines(points: Sequence[tuple[float | None, float | None]], colour: str, width: float) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for x, _ in points],
        "y": [y for _, y in points],
        "line": {"color": colour, "width": width},
        "hoverinfo": "skip",
    }
