"""Who differs from all together by more than chance and the usual spread explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.charts.dots import share_axis
from dashboard.charts.style import (
    LIGHT,
    NBSP,
    SMALL,
    Figure,
    Group,
    Look,
    count,
    figure,
    groups,
    note,
    percent,
    safe,
    wash,
)
from dashboard.statistics.monitoring import ABOVE, BELOW, Floats, funnel_limits

_LEFT, _RIGHT, _TOP, _PLOT, _BOTTOM = 44, 78, 30, 300, 48
_LONGEST = 19
_POINTS = 120
_INSIDE, _OUTSIDE = 0.95, 0.998


@dataclass(frozen=True)
class _Dot:
    """One group of a funnel: its units and share, its name (beside the dot where it is to stand there) and hover text.

    `symbol` tells those outside the 99.8 % limits from the others; who is quiet is in the background.
    """

    name: str
    units: int
    share: float
    hover: str
    is_named: bool
    symbol: str = "circle"
    is_quiet: bool = False


def follow_up_funnel(funnel: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = ("practitioner",)) -> Figure:
    """The share followed up against the number treated, one dot per group, between the funnel's limits.

    Dots outside the 95 % limits bear their names where there is room, those below the lower 99.8 % limit are diamonds;
    the others tell their names to the pointer.
    """
    known = funnel[funnel["treated"] > 0]
    known = known[known["completeness"].notna()]
    if known.empty:
        return figure([], look, _TOP)
    dots = [
        _Dot(
            group.name,
            int(row.treated),
            float(row.completeness),
            f"<b>{safe(group.name)}</b><br>{percent(row.completeness)}, {count(row.evaluable)} of {count(row.treated)} "
            f"treated were followed up<br>expected between {percent(row.funnel_998_low)} and "
            f"{percent(row.funnel_998_high)}",
            not row.funnel_95_low <= row.completeness <= row.funnel_95_high,
            "diamond" if row.is_little_followed_up else "circle",
        )
        for group, row in _rows(known, by, look)
    ]
    overall, tau = float(known["overall_completeness"].iloc[0]), float(known["between_groups_sd"].iloc[0])
    ticks = [0, 0.25, 0.5, 0.75, 1], ["0", *(f"{share}{NBSP}%" for share in (25, 50, 75, 100))]
    return _funnel(dots, look, overall, tau, ("Share followed up", "Treated"), 1.0, ticks)


def practitioner_funnel(
    funnel: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("practitioner",),
    effect: str = "any",
    you: str | None = None,
) -> Figure:
    """The rate of an effect against the evaluable units, one dot per group, between the funnel's limits.

    Dots outside the 95 % limits bear their names where there is room, those above the upper 99.8 % limit are upright
    triangles, those below the lower one hanging. Where one group is `you`, it alone is named, and filled.
    """
    known = funnel[(funnel["effect"].astype(str) == effect) & funnel["rate"].notna()]
    if known.empty:
        return figure([], look, _TOP)
    dots = []
    for group, row in _rows(known, [column for column in by if column != "effect"], look):
        is_you = you is None or str(getattr(row, by[0])) == you
        name = group.name if is_you else "A colleague" if by[0] == "practitioner" else "Another"
        dots.append(
            _Dot(
                name,
                int(row.evaluable),
                float(row.rate),
                f"<b>{safe(name)}</b><br>{percent(row.rate)}, {count(row.affected)} of {count(row.evaluable)} followed "
                f"up<br>expected between {percent(row.funnel_998_low)} and {percent(row.funnel_998_high)}",
                is_you and (you is not None or not row.funnel_95_low <= row.rate <= row.funnel_95_high),
                {ABOVE: "triangle-up", BELOW: "triangle-down"}.get(row.signal, "circle"),
                not is_you,
            )
        )
    overall, tau = float(known["overall_rate"].iloc[0]), float(known["between_groups_sd"].iloc[0])
    top = min(1.0, max(1.15 * max(dot.share for dot in dots), 1.5 * overall, 0.01))
    return _funnel(dots, look, overall, tau, ("Rate", "Followed up"), top, share_axis(top))


def _rows(funnel: pd.DataFrame, by: Sequence[str], look: Look) -> list[tuple[Group, Any]]:
    return [(group, group.rows.iloc[0]) for group in groups(funnel, by, look)]


def _funnel(
    dots: Sequence[_Dot],
    look: Look,
    overall: float,
    tau: float,
    said: tuple[str, str],
    top: float,
    ticks: tuple[list[float], list[str]],
) -> Figure:
    """The dots between the limits; `said` names the two axes, the upright one ending at `top`."""
    most = max(dot.units for dot in dots)
    reach = most * 1.06
    # The measure has the limits of every group; between the groups the curves are the same formula.
    units = np.unique(np.geomspace(1, max(reach, 2), _POINTS).astype(np.int64))
    traces = [
        _curve(units, limit, look, width, dash)
        for level, width, dash in ((_OUTSIDE, 1.5, "solid"), (_INSIDE, 1.25, "dot"))
        for limit in funnel_limits(overall, units, level, tau * tau)
    ]
    traces += [_curve(np.array([0, reach]), np.array([overall, overall]), look, 1, "solid"), _dots(dots, look)]
    return figure(
        traces,
        look,
        _TOP + _PLOT + _BOTTOM,
        margin={"l": _LEFT, "r": _RIGHT, "t": _TOP, "b": _BOTTOM},
        annotations=[*(_name(dot, look, most) for dot in _legible(dots, most, top)), *_words(look, overall, *said)],
        xaxis={"range": [0, reach], "showgrid": False, "ticks": "outside", "ticklen": 4, "tickcolor": look.line,
               "nticks": 5, "tickformat": ",d"},
        yaxis={"range": [-0.01 * top, 1.02 * top], "tickvals": ticks[0], "ticktext": ticks[1]},
        hovermode="closest",
    )  # fmt: skip


def _legible(dots: Sequence[_Dot], most: int, top: float) -> list[_Dot]:
    """Of the dots to be named those whose names do not overlap, first those outside the 99.8 % limits."""
    legible: list[_Dot] = []
    for dot in sorted((dot for dot in dots if dot.is_named), key=lambda dot: dot.symbol == "circle"):
        if all(
            abs(dot.share - other.share) > 0.05 * top or abs(dot.units - other.units) > 0.45 * most for other in legible
        ):
            legible.append(dot)
    return legible


def _curve(units: np.ndarray, limit: Floats, look: Look, width: float, dash: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": units.tolist(),
        "y": limit.round(5).tolist(),
        "line": {"color": wash(look.quiet, 0.8), "width": width, "dash": dash},
        "hoverinfo": "skip",
    }


def _dots(dots: Sequence[_Dot], look: Look) -> Figure:
    colours = [look.quiet if dot.is_quiet else look.accent for dot in dots]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [dot.units for dot in dots],
        "y": [dot.share for dot in dots],
        "marker": {
            "symbol": [dot.symbol for dot in dots],
            "size": [9 if dot.symbol == "circle" else 12 for dot in dots],
            "color": [
                look.ground if dot.units < SMALL or dot.is_quiet else colour
                for dot, colour in zip(dots, colours, strict=True)
            ],
            "line": {"color": colours, "width": 2},
        },
        "hovertext": [dot.hover for dot in dots],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _name(dot: _Dot, look: Look, most: int) -> Figure:
    """The name of a dot beside it, on the side that has room."""
    is_left = dot.units > most / 2
    where = {"xanchor": "right", "xshift": -10} if is_left else {"xanchor": "left", "xshift": 10}
    text = safe(dot.name, _LONGEST)
    text = text if dot.symbol == "circle" else f"<b>{text}</b>"
    return note(
        text, look, x=dot.units, y=dot.share, yanchor="middle", colour=look.ink, bgcolor=wash(look.ground, 0.6), **where
    )


def _words(look: Look, overall: float, share: str, units: str) -> list[Figure]:
    at_top: Figure = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": -_LEFT, "y": 1, "yref": "paper"}
    at_foot: Figure = {**at_top, "y": 0, "yanchor": "top", "xshift": -4, "yshift": -22}
    key = f"{share}   ─ 99.8{NBSP}% limits   ┄ 95{NBSP}% limits"
    return [
        note(key, look, **at_top, yanchor="bottom", yshift=10),
        note(units, look, **at_foot),
        note(f"all {percent(overall)}", look, x=1, xref="paper", xanchor="left", xshift=8, y=overall, yanchor="middle"),
    ]
