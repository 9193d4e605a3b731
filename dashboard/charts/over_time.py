"""Control charts: what went on from month to month, or from event to event, between the limits of chance."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import pandas as pd

from dashboard.charts.style import (
    FINE,
    FONT,
    LIGHT,
    NBSP,
    Figure,
    Look,
    count,
    days,
    figure,
    groups,
    note,
    percent,
    safe,
    wash,
)
from dashboard.measures.watching import T_CHART
from dashboard.statistics.monitoring import ABOVE, BELOW, EIGHT_LOW, FALLING, TWO_LOW

MOST = 6
"""More charts than this, one above the other, are not looked at; the table has them all."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 78, 48, 30
_ALONE, _ONE_OF_MANY, _GAP = 280, 150, 34
_POWER = 1 / 3.6
_DAYS = (0, 1, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1460)
_SHAPES = {ABOVE: "triangle-up", BELOW: "triangle-down"}
_SIZES = {ABOVE: 12, BELOW: 12}
_DOWN = (BELOW, TWO_LOW, EIGHT_LOW, FALLING)
_LABELS_ACROSS = 9
_STEPS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)

Marked = tuple[str, datetime.date]
"""A letter, and the day on which something changed in the practice."""


@dataclass
class _Panel:
    """One series, point by point, with what is drawn of its chart; nan is a gap."""

    name: str
    x: list[str]
    y: list[float]
    centre: float
    centre_said: str
    low: list[float]
    high: list[float]
    signal: list[str]
    hover: list[str]
    is_hollow: list[bool]


def rates_over_time(
    rates: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("treatment_type",),
    effect: str = "any",
    events: Sequence[Marked] = (),
) -> Figure:
    """The monthly rates of an effect, a chart per group, with centre line, limits, signals and practice events.

    A month without evaluable units is a gap; one that is not over is hollow.
    """
    by = [column for column in by if column != "effect"]
    panels = []
    for group in groups(rates[rates["effect"].astype(str) == effect], by, look, "evaluable", MOST):
        rows = group.rows.set_index(pd.PeriodIndex(group.rows["month"], freq="M")).sort_index()
        rows = rows.reindex(pd.period_range(rows.index.min(), rows.index.max(), freq="M"))
        centre, is_rare = float(rows["centre"].max()), bool((rows["chart"] == T_CHART).any())
        panels.append(
            _Panel(
                group.name,
                [f"{month}-01" for month in rows.index],
                rows["rate"].tolist(),
                centre,
                "too rare<br>for limits" if is_rare else f"usual<br>{percent(centre)}",
                rows["limit_low"].tolist(),
                rows["limit_high"].tolist(),
                rows["signal"].fillna("").tolist(),
                [
                    _month_said(look.name("month", str(month)), row)
                    for month, row in zip(rows.index, rows.itertuples(), strict=True)
                ],
                rows["is_complete"].eq(False).tolist(),
            )
        )
    return _charts(panels, look, f"Rate by month of treatment   ─ usual   ┄ limits, 3{NBSP}sigma", events, _share_ticks)


def _month_said(month: str, row: Any) -> str:
    if math.isnan(row.rate):
        return f"<b>{month}</b><br>nobody was followed up"
    said = f"<b>{month}</b><br>{percent(row.rate)}, {count(row.affected)} of {count(row.evaluable)} followed up"
    if not math.isnan(row.limit_high):
        said += f"<br>limits {percent(row.limit_low)} to {percent(row.limit_high)}"
    return said + _signal_said(row.signal) + ("" if row.is_complete else "<br>the month is not over")


def _signal_said(signal: str) -> str:
    return f"<br><b>{signal}</b>" if signal else ""


def days_between_events(
    gaps: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("treatment_type",),
    effect: str = "any",
    events: Sequence[Marked] = (),
) -> Figure:
    """The days between events of a rare effect, a chart per group, with centre line, limits, signals, practice events.

    The scale is that on which the limits are made; low is close together.
    """
    by = [column for column in by if column != "effect"]
    panels = []
    for group in groups(gaps[gaps["effect"].astype(str) == effect], by, look, "event", MOST):
        rows = group.rows[group.rows["days"].notna()]
        if rows.empty:
            continue
        centre = float(rows["centre_days"].iloc[0])
        # Below a lower limit of nought nothing can be, so it is no line.
        low = rows["limit_low_days"].where(rows["limit_low_days"] > 0)
        panels.append(
            _Panel(
                group.name,
                [str(day) for day in rows["treated_on"]],
                _powers(rows["days"]),
                centre**_POWER,
                f"usual<br>{days(round(centre))}",
                _powers(low),
                _powers(rows["limit_high_days"]),
                rows["signal"].tolist(),
                [_gap_said(row) for row in rows.itertuples()],
                [False] * len(rows),
            )
        )
    return _charts(panels, look, f"Days since the event before   ─ usual   ┄ limits, 3{NBSP}sigma", events, _day_ticks)


def _powers(values: pd.Series[float]) -> list[float]:
    return [float(value) ** _POWER for value in values]


def _share_ticks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Some three ticks between two shares, in per cent."""
    step = next((step for step in _STEPS if (high - low) / step <= 4.2), _STEPS[-1])
    ticks = [place * step for place in range(math.ceil(low / step - 1e-9), int(high / step + 1e-9) + 1)]
    return ticks, [f"{100 * tick:.3g}{NBSP}%" for tick in ticks]


def _day_ticks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Some four of the usual numbers of days between two transformed ones."""
    reached = [day for day in _DAYS if low - 1e-9 <= day**_POWER <= high + 1e-9]
    shown = reached[:: -math.ceil(len(reached) / 5)][::-1] if reached else []
    return [day**_POWER for day in shown], [f"{day:,}" for day in shown]


def _gap_said(row: Any) -> str:
    said = f"<b>{row.treated_on:%-d %B %Y}</b><br>{days(row.days)} after the event before"
    if not math.isnan(row.limit_high_days):
        said += f"<br>limits {row.limit_low_days:,.1f} to {row.limit_high_days:,.0f} days"
    return said + _signal_said(row.signal)


def _charts(
    panels: Sequence[_Panel],
    look: Look,
    key: str,
    events: Sequence[Marked],
    axis: Callable[[float, float], tuple[list[float], list[str]]],
) -> Figure:
    """The panels one above the other, on a common axis of time; `axis` gives the ticks from a value to another."""
    if not panels:
        return figure([], look, _TOP)
    one = _ALONE if len(panels) == 1 else _ONE_OF_MANY
    plot = len(panels) * one + (len(panels) - 1) * _GAP
    first, last = min(min(panel.x) for panel in panels), max(max(panel.x) for panel in panels)
    traces: list[Figure] = []
    notes = [note(key, look, **_at_left(1, 22), yanchor="bottom")]
    layout: Figure = {}
    for place, panel in enumerate(panels):
        name = "yaxis" if place == 0 else f"yaxis{place + 1}"
        bottom = 1 - (place * (one + _GAP) + one) / plot
        lowest, highest = _span(panel)
        values, texts = axis(lowest, highest)
        layout[name] = {
            "domain": [max(bottom, 0.0), bottom + one / plot],
            "range": [lowest - 0.06 * (highest - lowest), highest + 0.08 * (highest - lowest)],
            "tickvals": values,
            "ticktext": texts,
            "gridcolor": look.line,
            "tickfont": {"family": FONT, "size": FINE, "color": look.quiet},
            "zeroline": False,
            "fixedrange": True,
        }
        traces += _traces(panel, look, name.replace("axis", ""))
        if len(panels) > 1:
            notes.append(
                note(f"<b>{safe(panel.name)}</b>", look, **_at_left(bottom + one / plot, 4), yanchor="bottom",
                     colour=look.ink)
            )  # fmt: skip
        at_centre = {"y": panel.centre, "yref": name.replace("axis", ""), "yanchor": "middle"}
        if math.isnan(panel.centre):
            at_centre = {"y": bottom + one / plot, "yref": "paper", "yanchor": "top"}
        notes.append(note(panel.centre_said, look, x=1, xref="paper", xanchor="left", xshift=8, **at_centre))
        notes += _named(panel, look, name.replace("axis", ""), first, last)
    inside = [(letter, day) for letter, day in events if first <= day.isoformat() <= last]
    notes += [
        note(
            f"<b>{letter}</b>", look, x=day.isoformat(), y=1, yref="paper", yanchor="bottom", yshift=-1, colour=look.ink
        )
        for letter, day in inside
    ]
    lines = [
        {"type": "line", "x0": day.isoformat(), "x1": day.isoformat(), "y0": 0, "y1": 1, "yref": "paper",
         "line": {"color": wash(look.ink, 0.55), "width": 1.25, "dash": "dashdot"}, "layer": "below"}
        for _, day in inside
    ]  # fmt: skip
    return figure(
        traces,
        look,
        _TOP + plot + _BOTTOM,
        margin={"l": _LEFT, "r": _RIGHT, "t": _TOP, "b": _BOTTOM},
        annotations=notes,
        shapes=lines,
        xaxis={"type": "date", "range": _reach(first, last), "showgrid": False, "ticks": "outside", "ticklen": 4,
               "tickcolor": look.line, "nticks": 6, "anchor": "free", "position": 0, "side": "bottom"},
        hovermode="closest",
        **layout,
    )  # fmt: skip


def _span(panel: _Panel) -> tuple[float, float]:
    """From where to where a chart reaches: as far as its points, and its limits where they are not far wider."""
    told = [value for value in panel.y if not math.isnan(value)] + [value for value in [panel.centre] if value == value]
    low, high = min(told, default=0.0), max(told, default=1.0)
    inner = [median([value for value in limit if value == value] or [low]) for limit in (panel.low, panel.high)]
    low, high = min(low, inner[0]), max(high, inner[1], 1e-9)
    return (0.0 if low < 0.4 * high else low), high


def _at_left(y: float, yshift: int) -> Figure:
    return {"x": 0, "xref": "paper", "xanchor": "left", "xshift": -_LEFT, "y": y, "yref": "paper", "yshift": yshift}


def _reach(first: str, last: str) -> list[str]:
    """From a little before the first day to a little after the last."""
    begin, end = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    room = datetime.timedelta(days=max(16, (end - begin).days // 40))
    return [str(begin - room), str(end + room)]


def _traces(panel: _Panel, look: Look, axis: str) -> list[Figure]:
    is_step = {"shape": "hvh", "color": wash(look.quiet, 0.9), "width": 1.25, "dash": "dot"}
    limits: list[Figure] = [
        {"type": "scatter", "mode": "lines", "x": panel.x, "y": limit, "yaxis": axis, "line": is_step,
         "hoverinfo": "skip"}
        for limit in (panel.low, panel.high)
        if not all(math.isnan(value) for value in limit)
    ]  # fmt: skip
    centre: Figure = {
        "type": "scatter", "mode": "lines", "x": [panel.x[0], panel.x[-1]], "y": [panel.centre] * 2, "yaxis": axis,
        "line": {"color": look.quiet, "width": 1}, "hoverinfo": "skip",
    }  # fmt: skip
    points: Figure = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": panel.x,
        "y": panel.y,
        "yaxis": axis,
        "line": {"color": wash(look.accent, 0.6), "width": 1.5},
        "marker": {
            "symbol": [_SHAPES.get(signal, "diamond" if signal else "circle") for signal in panel.signal],
            "size": [_SIZES.get(signal, 8 if signal else 6) for signal in panel.signal],
            "color": [
                look.ground if is_hollow else look.ink if signal else look.accent
                for signal, is_hollow in zip(panel.signal, panel.is_hollow, strict=True)
            ],
            "line": {"color": [look.ink if signal else look.accent for signal in panel.signal], "width": 1.5},
        },
        "hovertext": panel.hover,
        "hoverinfo": "text",
        "cliponaxis": False,
    }
    drawn = [*limits, *([] if math.isnan(panel.centre) else [centre]), points]
    return [{**trace, "y": _told(trace["y"])} for trace in drawn]


def _told(values: Sequence[float]) -> list[float | None]:
    """The values with nothing where there is none, so that a line breaks there."""
    return [None if math.isnan(value) else round(value, 6) for value in values]


def _named(panel: _Panel, look: Look, axis: str, first: str, last: str) -> list[Figure]:
    """The names of the signals at their points, of points of one signal in a row at the last, as far as there is room.

    Those outside the limits come first, then the latest.
    """
    days_of = [datetime.date.fromisoformat(x) for x in panel.x]
    room = (datetime.date.fromisoformat(last) - datetime.date.fromisoformat(first)).days / _LABELS_ACROSS
    ends = [
        place
        for place, signal in enumerate(panel.signal)
        if signal and (place + 1 == len(panel.signal) or panel.signal[place + 1] != signal)
    ]
    named: list[int] = []
    for place in sorted(ends, key=lambda place: (panel.signal[place] not in _SHAPES, -place)):
        if all((days_of[other] - days_of[place]).days >= room for other in named):
            named.append(place)
    latest = max(named, default=-1)
    return [
        note(
            panel.signal[place],
            look,
            x=panel.x[place],
            y=panel.y[place],
            yref=axis,
            xanchor="right" if place == latest and place > 0.8 * len(panel.x) else "center",
            xshift=6 if place == latest and place > 0.8 * len(panel.x) else 0,
            yanchor="top" if panel.signal[place].endswith(_DOWN) else "bottom",
            yshift=-7 if panel.signal[place].endswith(_DOWN) else 7,
            colour=look.ink,
            bgcolor=wash(look.ground, 0.75),
        )
        for place in named
        if not math.isnan(panel.y[place])
    ]
