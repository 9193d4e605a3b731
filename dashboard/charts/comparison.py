"""Groups against a reference group: differences and ratios of their rates, and who is in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dashboard.charts.style import (
    LIGHT,
    NBSP,
    SMALL,
    TEXT,
    Figure,
    Group,
    Look,
    between,
    count,
    figure,
    fraction,
    groups,
    note,
    percent,
    safe,
    sign,
    signed,
)
from dashboard.statistics.comparison import ALIKE

MOST_GROUPS = 6
"""More groups than this are not a picture any more; the table has them all."""

_LEFT, _RIGHT, _TOP = 132, 124, 34
_HEADING, _CRUDE, _ADJUSTED = 34, 40, 26
_LONGEST = 19
_MINUS = "\u2212"


@dataclass(frozen=True)
class Line:
    """One estimate with its limits, on the scale of the axis, and what stands beside it."""

    name: str
    value: float
    low: float
    high: float
    n: float
    said: str
    hover: str
    is_adjusted: bool = False


@dataclass
class Forest:
    """What a forest plot is made of, from top to bottom, at heights in pixels."""

    headings: list[tuple[float, str]] = field(default_factory=list)
    lines: list[tuple[float, Line]] = field(default_factory=list)
    height: float = 0.0

    def add_heading(self, text: str) -> None:
        self.headings.append((self.height + _HEADING / 2, text))
        self.height += _HEADING

    def add(self, line: Line) -> None:
        size = _ADJUSTED if line.is_adjusted else _CRUDE
        self.lines.append((self.height + size / 2, line))
        self.height += size


def comparison(
    compared: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("treatment_type",),
    effects: Sequence[str] = ("any",),
) -> Figure:
    """The differences of the rates of these effects from the reference, in percentage points, crude and adjusted."""
    forest = _forest(compared, look, by, effects, _difference)
    reach = _reach([line for _, line in forest.lines], 0.5)
    step = next((step for step in (0.5, 1, 2, 5, 10, 20, 25, 50) if reach / step <= 2.2), 50)
    ticks = [place * step for place in range(-int(reach / step), int(reach / step) + 1)]
    return _drawn(forest, look, reach, ticks, [_signed(tick, 1 if step < 1 else 0) for tick in ticks])


def comparison_ratios(
    compared: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("treatment_type",),
    effects: Sequence[str] = ("any",),
) -> Figure:
    """The ratios of the rates of these effects to the reference, on a logarithmic scale, crude and adjusted."""
    forest = _forest(compared, look, by, effects, _ratio)
    reach = min(_reach([line for _, line in forest.lines], math.log(1.5)), math.log(10))
    offered = (1.25, 1.5, 2, 4, 8) if reach >= math.log(2) else (1.25, 1.5)
    sides = [tick for tick in offered if math.log(tick) <= reach][-1:]
    ticks = [1 / tick for tick in reversed(sides)] + [1.0] + [float(tick) for tick in sides]
    return _drawn(forest, look, reach, [math.log(tick) for tick in ticks], [f"{tick:.3g}" for tick in ticks])


def most_frequent(compared: pd.DataFrame, most: int) -> list[str]:
    """The single effects of a comparison that most of all its groups had."""
    single = compared[compared["effect"].astype(str) != "any"]
    affected = single["affected"] + single["reference_affected"]
    totals = affected.groupby(single["effect"].astype(str)).sum().sort_values(ascending=False, kind="stable")
    return [str(effect) for effect in totals.index[:most]]


def _forest(
    compared: pd.DataFrame,
    look: Look,
    by: Sequence[str],
    effects: Sequence[str],
    line: Callable[[Any, str, str, bool], Line],
) -> Forest:
    forest = Forest()
    is_adjusted = bool(compared["strata"].notna().any())
    for group in groups(compared, by, look, "evaluable", MOST_GROUPS):
        rows = dict(zip(group.rows["effect"].astype(str), group.rows.itertuples(), strict=True))
        first: Any = next(iter(rows.values()))
        reference = _reference_name(first.reference, by, look)
        forest.add_heading(
            f"{safe(group.name, 22)} n{NBSP}{count(first.evaluable)}, against "
            f"{safe(reference, 22)} n{NBSP}{count(first.reference_evaluable)}"
        )
        for effect in (each for each in effects if each in rows):
            row: Any = rows[effect]
            title = f"<b>{safe(look.name('effect', effect))}</b><br>{safe(group.name)} against {safe(reference)}"
            forest.add(line(row, look.name("effect", effect), title, False))
            if is_adjusted:
                forest.add(line(row, "adjusted", title, True))
    return forest


def _reference_name(reference: str, by: Sequence[str], look: Look) -> str:
    return look.name(by[0], reference) if len(by) == 1 else reference


def _difference(row: Any, name: str, title: str, is_adjusted: bool) -> Line:
    value, low, high = (
        100 * getattr(row, f"{'adjusted_' if is_adjusted else ''}risk_difference{end}") for end in ("", "_low", "_high")
    )
    figure_ = "–" if math.isnan(value) else _signed(value)
    limits = f"between {_signed(low)} and {_signed(high)} percentage points"
    return _line(row, name, title, is_adjusted, (value, low, high), figure_, limits)


def _ratio(row: Any, name: str, title: str, is_adjusted: bool) -> Line:
    value, low, high = (
        getattr(row, f"{'adjusted_' if is_adjusted else ''}risk_ratio{end}") for end in ("", "_low", "_high")
    )
    limits = f"between {low:.2f} and {high:.2f} times"
    if row.is_corrected and not is_adjusted:
        limits += "<br>0.5 was added to every cell, as one is 0"
    scale = (math.log(each) if each > 0 else math.nan for each in (value, low, high))
    return _line(row, name, title, is_adjusted, scale, "–" if math.isnan(value) else f"{value:.2f}", limits)


def _line(row: Any, name: str, title: str, is_adjusted: bool, scale: Any, figure_: str, limits: str) -> Line:
    value, low, high = scale
    known = limits if not math.isnan(value) else "cannot be given"
    if is_adjusted:
        n = row.evaluable + row.reference_evaluable - row.evaluable_without_both
        strata = f"{count(row.strata)} strat{'um' if row.strata == 1 else 'a'}"
        said = f"<b>{figure_}</b>  n{NBSP}{count(n)}" if row.strata else "no overlap"
        hover = f"{title}<br>adjusted, {count(n)} in {strata}: {known}"
        return Line(name, value, low, high, n, said, hover, True)
    n = min(row.evaluable, row.reference_evaluable)
    p = f"p{NBSP}{p_in_words(row.p_adjusted)}" if not math.isnan(row.p_adjusted) else "too few to test"
    said = f"<b>{figure_}</b>  {count(row.affected)} v {count(row.reference_affected)}<br>{p}"
    hover = (
        f"{title}<br>{figure_}, {known}<br>{percent(row.rate)} ({fraction(row.affected, row.evaluable)}), "
        f"{between(row.rate_low, row.rate_high)}<br>against {percent(row.reference_rate)} "
        f"({fraction(row.reference_affected, row.reference_evaluable)}), "
        f"{between(row.reference_rate_low, row.reference_rate_high)}"
    )
    return Line(name, value, low, high, n, said, f"{hover}<br>{p}" + (f", {row.test}" if row.test else ""))


def p_in_words(p: float) -> str:
    """A p-value as it is written: below 0.001, or with three decimals."""
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


def _signed(points: float, digits: int = 1) -> str:
    text = f"{abs(points):.{digits}f}"
    return text if float(text) == 0 else f"{'+' if points > 0 else _MINUS}{text}"


def _reach(lines: Sequence[Line], least: float) -> float:
    """How far the axis reaches to both sides: as far as the limits of what is not small."""
    trusted = [line for line in lines if line.n >= SMALL] or list(lines)
    ends = [abs(end) for line in trusted for end in (line.low, line.high) if not math.isnan(end)]
    ends += [abs(line.value) for line in lines if not math.isnan(line.value)]
    return max(least, *ends) * 1.06 if ends else least


def _drawn(forest: Forest, look: Look, reach: float, ticks: list[float], labels: list[str]) -> Figure:
    foot = 30
    traces: list[Figure] = []
    for is_adjusted, colour in ((False, look.accent), (True, look.ink)):
        own = [each for each in forest.lines if each[1].is_adjusted == is_adjusted and not math.isnan(each[1].value)]
        ends = [(y, max(line.low, -reach), min(line.high, reach)) for y, line in own if line.low <= line.high]
        cut = [(reach, y) for y, line in own if line.high > reach]
        traces += [
            _segments(ends, colour),
            _marks([(x, y, "triangle-right", colour, "") for x, y in cut], colour, 7),
            _marks([(-reach, y, "triangle-left", colour, "") for y, line in own if line.low < -reach], colour, 7),
            _marks(
                [
                    (
                        min(max(line.value, -reach), reach),
                        y,
                        "diamond" if is_adjusted else "circle",
                        look.ground if line.n < SMALL else colour,
                        line.hover,
                    )
                    for y, line in own
                ],
                colour,
                10,
            ),
        ]
    notes = [
        note(f"<b>{text}</b>", look, x=0, xref="paper", xanchor="left", xshift=-_LEFT, y=y, colour=look.ink, yshift=-3)
        for y, text in forest.headings
    ]
    for y, line in forest.lines:
        at: Figure = {"y": y, "yanchor": "middle", "xref": "paper"}
        ink = look.quiet if line.is_adjusted else look.ink
        shift = 14 if line.is_adjusted else 0
        name = safe(line.name, _LONGEST)
        notes.append(note(name, look, **at, x=0, xanchor="left", xshift=shift - _LEFT, colour=ink, size=TEXT))
        ink = look.quiet if line.n < SMALL else look.ink
        notes.append(note(line.said, look, **at, x=1, xanchor="left", xshift=12, colour=ink))
    at_top: Figure = {"xref": "paper", "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 20}
    notes.append(note("◂ less", look, **at_top, x=0, xanchor="left"))
    notes.append(note("more ▸", look, **at_top, x=1, xanchor="right"))
    key = "● crude" + ("   ◆ adjusted" if any(line.is_adjusted for _, line in forest.lines) else "")
    key += f"   ━ 95{NBSP}% limits"
    at_foot = {"x": 0, "xanchor": "left", "xshift": -_LEFT, "y": 0, "yanchor": "top", "yshift": -8}
    notes.append(note(key, look, **at_foot, xref="paper", yref="paper"))
    return figure(
        [trace for trace in traces if trace["y"]],
        look,
        _TOP + 14 + int(forest.height) + foot,
        margin={"l": _LEFT, "r": _RIGHT, "t": _TOP + 14, "b": foot},
        annotations=notes,
        shapes=[_upright(0, look, "solid")],
        xaxis={
            "range": [-reach * 1.02, reach * 1.02],
            "side": "top",
            "tickvals": ticks,
            "ticktext": labels,
            "ticklen": 0,
            "tickangle": 0,
        },
        yaxis={"range": [forest.height, 0], "visible": False},
        hovermode="closest",
    )


def _segments(ends: Sequence[tuple[float, float, float]], colour: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for _, low, high in ends for x in (low, high, None)],
        "y": [y for place, _, _ in ends for y in (place, place, None)],
        "line": {"color": colour, "width": 2.5},
        "hoverinfo": "skip",
    }


def _marks(points: Sequence[tuple[float, float, str, str, str]], colour: str, size: int) -> Figure:
    """Marks at x and y: symbol, fill, and what is said of each where there is something to say."""
    is_told = any(hover for *_, hover in points)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x for x, *_ in points],
        "y": [y for _, y, *_ in points],
        "marker": {
            "symbol": [symbol for _, _, symbol, _, _ in points],
            "size": size,
            "color": [fill for *_, fill, _ in points],
            "line": {"color": colour, "width": 2},
        },
        **({"hovertext": [hover for *_, hover in points], "hoverinfo": "text"} if is_told else {"hoverinfo": "skip"}),
        "cliponaxis": False,
    }


def _upright(x: float, look: Look, dash: str) -> Figure:
    return {
        "type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
        "line": {"color": look.quiet, "width": 1, "dash": dash},
    }  # fmt: skip


def baseline_balance(balance: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = ("treatment_type",)) -> Figure:
    """The standardised difference of every attribute, one mark per group; beyond the line groups differ."""
    others = balance[balance["standardised_difference"].notna() | balance["is_different"]]
    found = groups(others, by, look, "evaluable", MOST_GROUPS, is_told_apart=True) if len(others) else []
    attributes = list(dict.fromkeys(balance["attribute"].astype(str)))
    row, top, foot = 25, 38, 8 + 19 * (len(found) + 2)
    known = [_differences(group) for group in found]
    largest = max((value for each in known for value, _ in each.values() if math.isfinite(value)), default=0.0)
    reach = min(max(largest * 1.08, 0.3), 1.2)
    traces: list[Figure] = []
    for place, (group, differences) in enumerate(zip(found, known, strict=True)):
        points = []
        for attribute, (value, is_different) in differences.items():
            at = attributes.index(attribute) + (place - (len(found) - 1) / 2) * 0.16
            said = "all against none" if math.isinf(value) else f"{value:.2f}"
            hover = f"<b>{safe(look.name('attribute', attribute))}</b><br>{safe(group.name)}: {said}"
            hover += "<br>the groups differ" if is_different else "<br>alike"
            fill = group.colour if is_different else look.ground
            points.append((min(value, reach), at, sign(place)[0], fill, hover))
        traces.append(_marks(points, group.colour, 9))
    at_left: Figure = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": -_LEFT, "yanchor": "middle"}
    notes: list[Figure] = []
    for place, attribute in enumerate(attributes):
        values = [each[attribute] for each in known if attribute in each]
        is_different = any(differs for _, differs in values)
        ink = look.ink if is_different else look.quiet
        notes.append(
            note(safe(look.name("attribute", attribute), _LONGEST), look, **at_left, y=place, colour=ink, size=TEXT)
        )
        most = max((value for value, _ in values), default=math.nan)
        said = "–" if math.isnan(most) else "apart" if math.isinf(most) else f"{most:.2f}"
        at_right: Figure = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 12, "y": place, "yanchor": "middle"}
        notes.append(note(f"<b>{said}</b>  differ" if is_different else said, look, **at_right, colour=ink))
    at_line: Figure = {"x": ALIKE, "y": 1, "yref": "paper", "yanchor": "bottom", "xanchor": "left", "yshift": 18}
    notes.append(note("more than 0.1: they differ", look, **at_line))
    at_foot: Figure = {
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "xshift": -_LEFT,
        "y": 0,
        "yref": "paper",
        "yanchor": "top",
    }
    for place, group in enumerate(found):
        first = group.rows.iloc[0]
        n = f"n{NBSP}{count(first['evaluable'])}, {count(first['patients'])} patients"
        text = f"{signed(sign(place)[1], group.colour, safe(group.name, 28))}, {n}"
        notes.append(note(text, look, **at_foot, yshift=-8 - 19 * place, colour=look.ink))
    if len(balance):
        whom = str(balance["reference"].iloc[0])
        own = balance[(balance[list(by)].astype(str).agg(", ".join, axis=1) if len(by) else "") == whom].head(1)
        n = f", n{NBSP}{count(own['evaluable'].iloc[0])}, {count(own['patients'].iloc[0])} patients" if len(own) else ""
        text = f"┆ 0 is the reference, {safe(_reference_name(whom, by, look), 28)}{n}"
        notes.append(note(text, look, **at_foot, yshift=-8 - 19 * len(found)))
    return figure(
        [trace for trace in traces if trace["y"]],
        look,
        top + row * len(attributes) + foot,
        margin={"l": _LEFT, "r": 84, "t": top, "b": foot},
        annotations=notes,
        shapes=[_upright(ALIKE, look, "dot")],
        xaxis={
            "range": [-reach * 0.015, reach],
            "side": "top",
            "tickvals": [0, 0.1] if reach < 0.5 else [0, 0.5, 1] if reach > 0.9 else [0, 0.25, 0.5],
            "ticklen": 0,
            "tickangle": 0,
        },
        yaxis={"range": [len(attributes) - 0.5, -0.5], "visible": False},
        hovermode="closest",
    )


def _differences(group: Group) -> dict[str, tuple[float, bool]]:
    """Of one group, by attribute: the standardised difference, infinite where it cannot be measured, and the mark."""
    first = group.rows.drop_duplicates("attribute")
    pairs = zip(first["standardised_difference"], first["is_different"], strict=True)
    values = [(math.inf if math.isnan(value) else float(value), bool(is_different)) for value, is_different in pairs]
    return dict(zip(first["attribute"].astype(str), values, strict=True))
