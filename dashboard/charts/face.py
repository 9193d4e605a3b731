"""Measures on a face: a marker for each area that was treated, on the drawing where it is, or beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.charts.head import BOTTOM, TOP, head
from dashboard.charts.style import (
    FADED,
    FINE,
    LIGHT,
    NBSP,
    SMALL,
    Figure,
    Look,
    between,
    blend,
    count,
    days,
    figure,
    fraction,
    note,
    of_n,
    percent,
    points,
    safe,
    short,
    wash,
)  # fmt: skip

MOST_BESIDE = 12
"""More areas than this are not listed beside the face; the table has them all."""

Point = tuple[float, float]
Read = tuple[float, float, str, str, str]
"""What is read of a row: value, n, `said`, `counted` and `hover` of a spot."""


@dataclass(frozen=True)
class Place:
    """Where an area is: on the patient's left (mirrored on the right), as a pair for both sides, in the middle."""

    left: Point
    both: Point
    midline: Point
    is_paired: bool


def _paired(left: Point, both: Point) -> Place:
    return Place(left, both, (0, left[1]), is_paired=True)


def _central(y: float, spread: float) -> Place:
    return Place((2 * spread, y), (spread, y), (0, y), is_paired=False)


PLACES = {
    "full_face": _central(1.24, 0.16),
    "forehead": _central(0.76, 0.17),
    "temple": _paired((0.555, 0.56), (0.44, 0.66)),
    "brow": _paired((0.40, 0.41), (0.24, 0.41)),
    "glabella": _central(0.34, 0.09),
    "lateral_canthal": _paired((0.585, 0.19), (0.575, 0.35)),
    "tear_trough": _paired((0.37, 0.02), (0.22, 0.02)),
    "nose": _central(-0.12, 0.09),
    "cheek": _paired((0.50, -0.11), (0.36, -0.16)),
    "nasolabial": _paired((0.295, -0.43), (0.25, -0.29)),
    "perioral": _central(-0.41, 0.12),
    "masseter": _paired((0.55, -0.46), (0.52, -0.31)),
    "lips": _central(-0.575, 0.10),
    "jawline": _paired((0.41, -0.74), (0.28, -0.90)),
    "chin": _central(-0.87, 0.11),
    "neck": _central(-1.22, 0.17),
}
"""Every area of the contract, from the top down."""

_SIDES = {"left": "left", "right": "right", "both": "both sides", "midline": "midline", "": "side not recorded"}
_EDGE, _WIDE, _GAP, _ROW, _FONT = 1.0, 2.12, 0.32, 0.19, FINE - 1
_SMALLEST, _LARGEST, _LARGEST_APART = 9, 21, 15
_CLEAR = "rgba(0,0,0,0)"


@dataclass(frozen=True)
class Spot:
    """One figure of the map: of an area, of one side of it where sides are told apart, with its n and its words.

    `value` is nan where it is not known; `said` is for a label of two lines, `counted` for one of a single line.
    """

    area: str
    side: str | None
    name: str
    value: float
    n: float
    said: str
    counted: str
    hover: str

    @property
    def is_small(self) -> bool:
        """Whether it is of few units, or of a number that is not told."""
        return not self.n >= SMALL

    @property
    def points(self) -> list[Point]:
        """Where it stands on the face: once, or twice where it is of both sides; nowhere if there is no such place."""
        place = PLACES.get(self.area)
        if place is None or self.side == "":
            return []
        if self.side is None:
            (x, y) = place.left
            return [(x, y), (-x, y)] if place.is_paired else [place.midline]
        (x, y) = place.both if self.side == "both" else place.midline if self.side == "midline" else place.left
        return {"both": [(x, y), (-x, y)], "right": [(-x, y)]}.get(self.side, [(x, y)])


def side_effect_rates_face(
    rates: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("area",),
    effect: str = "any",
    chosen: str | None = None,
) -> Figure:
    """The rate of an effect in each area: the larger and stronger, the more often."""

    def of(row: Any, name: str) -> Read:
        limits = f"{percent(row.rate)}, {between(row.rate_low, row.rate_high)}"
        counted = f"{count(row.affected)} of {count(row.evaluable)} followed up"
        seen = f"{percent(row.completeness)} of {count(row.treated)} treated were followed up"
        short = _short(row.affected, row.evaluable)
        hover = f"<b>{name}</b><br>{limits}<br>{counted}<br>{seen}"
        return row.rate, row.evaluable, f"<b>{percent(row.rate)}</b> {short}", short, hover

    shown = rates[rates["effect"].astype(str) == effect]
    return _face(_spots(shown, by, look, of), look, percent, "more often", chosen)


def maintenance_summary_face(
    summary: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = ("area",), chosen: str | None = None
) -> Figure:
    """The median days between courses in each area: the larger and stronger, the longer."""

    def of(row: Any, name: str) -> Read:
        limits = between(row.median_low, row.median_high, "days") if row.patients > 1 else "without limits"
        people = f"{count(row.patients)} patient{'' if row.patients == 1 else 's'}"
        courses = f"{count(row.completed)} of {count(row.courses)} courses followed by another"
        hover = f"<b>{name}</b><br>median {days(row.median_days)}, {limits}<br>{people}, {courses}"
        said = of_n(days(row.median_days), row.patients)
        return row.median_days, row.patients, said, re.sub("</?b>", "", said), hover

    return _face(_spots(summary, by, look, of), look, days, "longer", chosen)


def results_face(
    outcomes: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = ("area",), chosen: str | None = None
) -> Figure:
    """The mean change in asymmetry in each area: the larger and stronger, the more symmetrical than before."""

    def of(row: Any, name: str) -> Read:
        limits = between(row.value_low, row.value_high, "points") if not math.isnan(row.value_low) else "without limits"
        counted = f"recorded for {count(row.recorded)} of {count(row.treated)} records"
        people = f"{count(row.patients)} patient{'' if row.patients == 1 else 's'}"
        hover = f"<b>{name}</b><br>{points(row.value)}{NBSP}points, {limits}<br>{counted}<br>{people}"
        said = of_n(points(row.value), row.recorded)
        return -row.value, row.recorded, said, re.sub("</?b>", "", said), hover

    shown = outcomes[outcomes["outcome"].astype(str) == "asymmetry_change"]
    return _face(_spots(shown, by, look, of), look, lambda change: points(-change), "more symmetrical", chosen)


def _short(some: float, of: float) -> str:
    """Some of all as a label has room for it."""
    return fraction(some, of) if math.isnan(some) or math.isnan(of) else f"{short(some)}/{short(of)}"


def _spots(
    frame: pd.DataFrame,
    by: Sequence[str],
    look: Look,
    of: Callable[[Any, str], Read],
) -> list[Spot]:
    spots = []
    for row in frame.itertuples(index=False):
        area, side = str(row.area), str(row.side) if "side" in by else None
        name = look.name("area", area) if area else "Area not recorded"
        full = name if side is None else f"{name}, {_SIDES.get(side, side)}"
        spots.append(Spot(area, side, name, *of(row, safe(full))))
    return spots


def _face(spots: Sequence[Spot], look: Look, written: Callable[[float], str], more: str, chosen: str | None) -> Figure:
    """The drawing with its markers, their labels in two columns, what has no place on it, and the key."""
    trusted = [spot.value for spot in spots if not spot.is_small and not math.isnan(spot.value)]
    top = max(trusted, default=0.0)
    on_face = [spot for spot in spots if spot.points]
    labels = _labels(on_face)
    marks = [(spot, point) for spot in on_face for point in spot.points]
    notes = [
        note("Patient’s right", look, x=-_EDGE, y=TOP - 0.05, xanchor="right", size=_FONT),
        note("Patient’s left", look, x=_EDGE, y=TOP - 0.05, xanchor="left", size=_FONT),
    ]
    texts: list[tuple[Spot, Point, str, str]] = []
    foot = BOTTOM - 0.18
    labelled = [spot for spot, *_ in labels]
    for heading, listed, left_over in _beside([spot for spot in spots if spot not in labelled]):
        notes.append(note(heading, look, x=-_WIDE, y=foot, xanchor="left", size=_FONT))
        for place, (spot, name) in enumerate(listed):
            x, y = (-_WIDE, 0.04)[place % 2], foot - _ROW * (1 + place // 2)
            marks.append((spot, (x + 0.11, y)))
            texts.append((spot, (x + 0.23, y), f"{safe(name, 18)} {spot.counted}", "middle right"))
        foot -= _ROW * (1 + (len(listed) + 1) // 2)
        if left_over:
            told = f"and {left_over} more, in the table"
            notes.append(note(told, look, x=-_WIDE, y=foot, xanchor="left", size=_FONT))
            foot -= _ROW
        foot -= 0.08
    for spot, _, end in labels:
        side = math.copysign(1, end[0])
        name = f"<b>{safe(spot.name)}</b>" if spot.area == chosen else safe(spot.name)
        text = f"{name}<br>{spot.said}"
        texts.append((spot, (end[0] + side * 0.02, end[1]), text, "middle right" if side > 0 else "middle left"))
    twice = [point for spot in on_face for point in spot.points if len(spot.points) == 2]
    leaders = _strokes([_leader(point, end) for _, point, end in labels], wash(look.quiet, 0.5), 1)
    ties = _strokes([_tie(point) for point in twice], look.accent, 1.75)
    for line in _key(trusted, top, look, written, more, bool(twice), spots):
        notes.append(note(line, look, x=-_WIDE, y=foot, xanchor="left", size=_FONT))
        foot -= _ROW
    low = foot + 0.08
    traces = [*_ring(marks, chosen, top, look), _markers(marks, top, look), _texts(texts, look, chosen)]
    return figure(
        traces,
        look,
        560,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        annotations=notes,
        shapes=[*head(look), *leaders, *ties],
        xaxis={"range": [-_WIDE, _WIDE], "visible": False, "constrain": "domain"},
        yaxis={"range": [low, TOP + 0.04], "visible": False, "scaleanchor": "x", "constrain": "domain"},
        hovermode="closest",
        hoverdistance=24,
        meta={"proportion": round(2 * _WIDE / (TOP + 0.04 - low), 4)},
    )


def _labels(on_face: Sequence[Spot]) -> list[tuple[Spot, Point, Point]]:
    """Which spots have a label, the marker that it is led from, and where it stands: in a column on either side.

    Where sides are told apart, each has the column of its side, and the middle has none: there is no room for it.
    """
    columns: dict[int, list[tuple[Spot, Point]]] = {-1: [], 1: []}
    for place, spot in enumerate(sorted(on_face, key=lambda spot: -spot.points[0][1])):
        if spot.side in ("both", "midline"):
            continue
        side = {"left": 1, "right": -1}.get(spot.side or "", (-1, 1)[place % 2])
        point = next((point for point in spot.points if point[0] * side > 0), spot.points[0])
        columns[side].append((spot, point))
    labels = []
    for side, column in columns.items():
        heights: list[float] = []
        for _, (_, y) in column:
            heights.append(min(y, heights[-1] - _GAP if heights else TOP - 0.28))
        floor = BOTTOM + 0.14
        for place in range(len(heights) - 1, -1, -1):
            heights[place] = max(heights[place], floor)
            floor = heights[place] + _GAP
        labels += [(spot, point, (side * _EDGE, y)) for (spot, point), y in zip(column, heights, strict=True)]
    return labels


def _beside(spots: Sequence[Spot]) -> list[tuple[str, list[tuple[Spot, str]], int]]:
    """What has no label on the face, as lists: heading, spots with their names, and how many more there are."""
    lists: list[tuple[str, list[tuple[Spot, str]], int]] = []
    for side, heading in (("both", "Both sides"), ("midline", "Midline"), ("", "Side not recorded")):
        own = [(spot, spot.name) for spot in spots if spot.side == side and spot.area in PLACES]
        lists.append((heading, sorted(own, key=lambda each: list(PLACES).index(each[0].area)), 0))
    others = sorted((spot for spot in spots if spot.area not in PLACES), key=lambda spot: -spot.n)
    named = [
        (spot, ", ".join(filter(None, (spot.name if spot.area or not spot.side else "No area", spot.side))))
        for spot in others
    ]
    lists.append(("Not on the drawing", named[:MOST_BESIDE], len(named[MOST_BESIDE:])))
    return [each for each in lists if each[1]]


def _depth(spot: Spot, top: float) -> float:
    return 0.0 if spot.is_small or not spot.value > 0 or not top else min(1.0, spot.value / top) ** 0.8


def _size(spot: Spot, top: float) -> float:
    largest = _LARGEST if spot.side is None else _LARGEST_APART
    return round(_SMALLEST + (largest - _SMALLEST) * _depth(spot, top), 1)


def _fill(spot: Spot, top: float, look: Look) -> str:
    return look.ground if spot.is_small or math.isnan(spot.value) else _colour(_depth(spot, top), look)


def _colour(depth: float, look: Look) -> str:
    return blend(blend(look.heat[0], look.accent, 0.12), look.accent, depth)


def _markers(marks: Sequence[tuple[Spot, Point]], top: float, look: Look) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "areas",
        "x": [x for _, (x, _) in marks],
        "y": [y for _, (_, y) in marks],
        "customdata": [spot.area for spot, _ in marks],
        "marker": {
            "size": [_size(spot, top) for spot, _ in marks],
            "color": [_fill(spot, top, look) for spot, _ in marks],
            "opacity": 1,
            "line": {"color": [look.quiet if spot.is_small else look.accent for spot, _ in marks], "width": 1.75},
        },
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
        "hovertext": [spot.hover for spot, _ in marks],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _ring(marks: Sequence[tuple[Spot, Point]], chosen: str | None, top: float, look: Look) -> list[Figure]:
    """A ring around the markers of the area that is chosen."""
    own = [(spot, point) for spot, point in marks if spot.area == chosen]
    ring: Figure = {
        "type": "scatter",
        "mode": "markers",
        "x": [x for _, (x, _) in own],
        "y": [y for _, (_, y) in own],
        "marker": {
            "size": [_size(spot, top) + 9 for spot, _ in own],
            "color": wash(look.accent, 0.16),
            "line": {"color": look.ink, "width": 1.75},
            "opacity": 1,
        },
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
    return [ring] if own else []


def _texts(texts: Sequence[tuple[Spot, Point, str, str]], look: Look, chosen: str | None) -> Figure:
    """The labels: they choose their area as the markers do."""
    colours = [look.ink if spot.area == chosen or not spot.is_small else wash(look.ink, FADED) for spot, *_ in texts]
    return {
        "type": "scatter",
        "mode": "text",
        "name": "labels",
        "x": [x for _, (x, _), _, _ in texts],
        "y": [y for _, (_, y), _, _ in texts],
        "text": [text for _, _, text, _ in texts],
        "textposition": [where for *_, where in texts],
        "customdata": [spot.area for spot, *_ in texts],
        "textfont": {"size": _FONT, "color": colours},
        "hovertext": [spot.hover for spot, *_ in texts],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _leader(point: Point, end: Point) -> list[Point]:
    return [point, (math.copysign(0.88, end[0]), end[1]), end]


def _tie(point: Point) -> list[Point]:
    """A stroke toward the middle: half of the line that would join the two markers of one figure."""
    x, y = point
    return [point, (x - math.copysign(min(0.17, abs(x)), x), y)]


def _strokes(lines: Sequence[Sequence[Point]], colour: str, width: float) -> list[Figure]:
    """Lines that look alike, as one shape."""
    path = " ".join("M " + " L ".join(f"{x:g} {y:g}" for x, y in line) for line in lines)
    return (
        [{"type": "path", "path": path, "layer": "below", "line": {"color": colour, "width": width}}] if lines else []
    )


def _key(
    trusted: Sequence[float],
    top: float,
    look: Look,
    written: Callable[[float], str],
    more: str,
    is_twice: bool,
    spots: Sequence[Spot],
) -> list[str]:
    """What is drawn how, in words, a line or two."""

    def dot(text: str, colour: str) -> str:
        return f'<span style="color:{colour}">{text}</span>'

    def shade(value: float) -> str:
        return dot("⬤", _colour((value / top) ** 0.8 if top else 0.0, look)) + f"{NBSP}{written(value)}"

    lines = []
    if trusted and top:
        low = max(0.0, min(trusted))
        ends = [low, top] if low < top else [top]
        lines.append(f"{f'{NBSP}{NBSP}'.join(map(shade, ends))}{NBSP}{NBSP} larger and stronger: {more}")
    rest = [f"◯ grey: fewer than {SMALL}"] if any(spot.is_small for spot in spots) else []
    if any(not spot.is_small and math.isnan(spot.value) for spot in spots):
        rest.append(f"{dot('◯', look.accent)} not known")
    if any(value < 0 for value in trusted):
        rest.append("smallest: not, or less")
    rest += [f"{dot(f'●─{NBSP}─●', look.accent)} one figure, both sides"] if is_twice else []
    return [*lines, f"{NBSP}{NBSP}{NBSP}".join(rest)] if rest else lines
