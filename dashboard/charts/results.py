"""What treatment came to: asymmetry, GAIS, satisfaction, goals, corrections, aftercare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.charts.diverging import MOST as MOST_BARS
from dashboard.charts.diverging import Level, Spread, diverging
from dashboard.charts.dots import MOST, Row, dots, point_axis, share_axis
from dashboard.charts.style import (
    FINE,
    LIGHT,
    NBSP,
    SMALL,
    Figure,
    Group,
    Look,
    between,
    count,
    figure,
    fraction,
    groups,
    note,
    of_n,
    percent,
    points,
    safe,
    wash,
)

MEAN_CHANGE = "asymmetry_change"
GOOD = ("gais_improved", "satisfied", "goal_met", "asymmetry_improved")
_SYMMETRICAL = "← more symmetrical   less symmetrical →   in points, 95 % limits"
MOST_OVER_TIME = 6
MOST_PANELS = 9
MANY = 10_000
"""From so many on, a dot says n and not k of n: there is no room for both."""
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
        return dots(rows, look, point_axis, is_signed=True, key=_SYMMETRICAL)
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
        of_n(value, row.recorded)
        if is_mean or row.recorded >= MANY
        else f"<b>{value}</b>  {fraction(row.occurred, row.recorded)}",
        f"<b>{safe(group.name)}</b><br>{value}{f'{NBSP}points' if is_mean else ''}, {limits}<br>{k}{n}"
        f"<br>{count(row.patients)} patient{'' if row.patients == 1 else 's'}",
        group.colour,
    )


def results_over_time(
    outcomes: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("treatment_type",),
    outcome: str = "satisfied",
) -> Figure:
    """One outcome in bands of days since the treatment, one block per group."""
    own = outcomes[outcomes["outcome"].astype(str) == outcome]
    found = groups(own, by, look, "recorded", MOST_OVER_TIME)
    rows: list[Row] = []
    for group in found:
        rows += [Row(group.name, is_heading=True)] if len(found) > 1 else []
        for _, row in group.rows.iterrows():
            rows.append(_row(f"Day {row.first_day} to {row.last_day}", group, row, outcome))
    if outcome == MEAN_CHANGE:
        return dots(rows, look, point_axis, is_signed=True, key=_SYMMETRICAL)
    return dots(rows, look, share_axis)


_SCALES = {
    "gais": (
        Level(5, "worse", -1.0),
        Level(4, "no change", 0.0),
        Level(3, "improved", 0.3),
        Level(2, "much improved", 0.62),
        Level(1, "very much improved", 1.0),
    ),
    "satisfaction": (
        Level(1, "least", -1.0),
        Level(2, "", -0.5),
        Level(3, "middle", 0.0),
        Level(4, "", 0.5),
        Level(5, "most satisfied", 1.0),
    ),
}


def result_distribution(
    distribution: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("treatment_type",),
    scale: str = "gais",
) -> Figure:
    """The shares of every score of one scale, from worse on the left to better on the right."""
    levels = _SCALES[scale]
    own = distribution[(distribution["scale"].astype(str) == scale) & (distribution["recorded"] > 0)]
    bars = []
    for group in groups(own, by, look, "recorded", MOST_BARS):
        of_score = {row.score: row for _, row in group.rows.iterrows()}
        scores = [of_score[level.score] for level in levels]
        hovers = tuple(
            f"<b>{safe(group.name)}</b><br>{level.score} {level.name}: {percent(row.value)}, "
            f"{between(row.value_low, row.value_high)}<br>{count(row.occurred)} of {count(row.recorded)} records"
            for level, row in zip(levels, scores, strict=True)
        )
        bars.append(Spread(group.name, int(scores[0].recorded), tuple(float(row.value) for row in scores), hovers))
    return diverging(bars, levels, look)


_COLUMNS, _GAP, _TITLE, _PLOT, _FOOT = 3, 0.12, 52, 230, 42


def asymmetry_change(pairs: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = ("treatment_type",)) -> Figure:
    """Before against after, a panel per group: dots as large as many records went that way, and the mean change.

    On the thin line nothing changed; below it are those that became more symmetrical. The dashed line is the mean
    change, the band its limits.
    """
    found = groups(pairs, by, look, "recorded", MOST_PANELS)
    reach = float(max(pairs["before"].max(), pairs["after"].max())) + 0.5
    lines = math.ceil(len(found) / _COLUMNS)
    height = lines * (_TITLE + _PLOT + _FOOT)
    drawn = figure([], look, height, width=720, margin={"l": 30, "r": 8, "t": 0, "b": 0}, hovermode="closest")
    layout = drawn["layout"]
    across, down = layout.pop("xaxis"), layout.pop("yaxis")
    traces: list[Figure] = []
    notes: list[Figure] = []
    for place, group in enumerate(found):
        line, column = divmod(place, _COLUMNS)
        left = column * (1 + _GAP) / (_COLUMNS + (_COLUMNS - 1) * _GAP)
        right = left + 1 / (_COLUMNS + (_COLUMNS - 1) * _GAP)
        top = 1 - (line * (_TITLE + _PLOT + _FOOT) + _TITLE) / height
        number = "" if place == 0 else str(place + 1)
        ticks = {"range": [-0.5, reach], "nticks": 6}
        layout[f"xaxis{number}"] = {**across, **ticks, "domain": [left, right], "anchor": f"y{number}"}
        layout[f"yaxis{number}"] = {**down, **ticks, "domain": [top - _PLOT / height, top], "anchor": f"x{number}"}
        traces += [trace | {"xaxis": f"x{number}", "yaxis": f"y{number}"} for trace in _panel(group, look, -0.5, reach)]
        row = group.rows.iloc[0]
        is_small = row.recorded < SMALL
        mean = f"<b>{points(row.change)}</b>, {between(row.change_low, row.change_high, 'points')}"
        corner = {"x": left, "xref": "paper", "xanchor": "left", "y": top, "yref": "paper", "yanchor": "bottom"}
        title = f"{safe(group.name, 20)}  n{NBSP}{count(row.recorded)}<br>{mean}"
        notes.append(note(title, look, **corner, yshift=4, colour=look.quiet if is_small else look.ink, size=FINE))
        foot = {**corner, "y": top - _PLOT / height, "yanchor": "top", "yshift": -18}
        notes.append(note("before, across; after, up", look, **foot) if place == 0 else note("", look, **foot))
    drawn["data"] = traces or drawn["data"]
    layout["annotations"] = [each for each in notes if each["text"]]
    return drawn


_WAYS = ("before", "after", "records", "recorded")


def _panel(group: Group, look: Look, low: float, high: float) -> list[Figure]:
    rows = group.rows
    change, least, most = (float(rows[column].iloc[0]) for column in ("change", "change_low", "change_high"))
    ends = [low, high]
    line = {"type": "scatter", "mode": "lines", "hoverinfo": "skip"}
    band = {
        **line,
        "x": [low, high, high, low],
        "y": [low + least, high + least, high + most, low + most],
        "fill": "toself",
        "fillcolor": wash(group.colour, 0.25),
        "line": {"width": 0},
    }
    largest = float(rows["records"].max())
    return [
        {**line, "x": ends, "y": ends, "line": {"color": look.quiet, "width": 1}},
        *([] if math.isnan(least) else [band]),
        {**line, "x": ends, "y": [low + change, high + change], "line": {"color": group.colour, "dash": "dash"}},
        {
            "type": "scatter",
            "mode": "markers",
            "x": rows["before"].tolist(),
            "y": rows["after"].tolist(),
            "marker": {
                "size": [max(2.5, 20 * math.sqrt(records / largest)) for records in rows["records"]],
                "color": wash(group.colour, 0.7),
                "line": {"width": 0},
            },
            "hovertext": [
                f"<b>{safe(group.name)}</b><br>from {before:g} to {after:g}: {count(some)} of {count(of)} records"
                for before, after, some, of in zip(*(rows[name].tolist() for name in _WAYS), strict=True)
            ],
            "hoverinfo": "text",
        },
    ]
