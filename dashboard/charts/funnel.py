"""Who differs from all together by more than chance and the usual spread explain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

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
from dashboard.statistics.monitoring import Floats, funnel_limits

_LEFT, _RIGHT, _TOP, _PLOT, _BOTTOM = 44, 78, 30, 300, 48
_LONGEST = 19
_POINTS = 120
_INSIDE, _OUTSIDE = 0.95, 0.998


def follow_up_funnel(funnel: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = ("practitioner",)) -> Figure:
    """The share followed up against the number treated, one dot per group, between the funnel's limits.

    Dots outside the 95 % limits bear their names, those below the lower 99.8 % limit are diamonds; the others tell
    their names to the pointer.
    """
    known = funnel[funnel["treated"] > 0]
    known = known[known["completeness"].notna()]
    if known.empty:
        return figure([], look, _TOP)
    found = groups(known, by, look)
    overall, tau = float(known["overall_completeness"].iloc[0]), float(known["between_groups_sd"].iloc[0])
    most = int(known["treated"].max())
    reach = most * 1.06
    # The measure has the limits of every group; between the groups the curves are the same formula.
    units = np.unique(np.geomspace(1, max(reach, 2), _POINTS).astype(np.int64))
    traces = [
        _curve(units, limit, look, width, dash)
        for level, width, dash in ((_OUTSIDE, 1.5, "solid"), (_INSIDE, 1.25, "dot"))
        for limit in funnel_limits(overall, units, level, tau * tau)
    ]
    traces.append(_curve(np.array([0, reach]), np.array([overall, overall]), look, 1, "solid"))
    marked = [group for group in found if bool(group.rows["is_little_followed_up"].iloc[0])]
    traces += [
        _dots([group for group in found if group not in marked], look, "circle", 9),
        _dots(marked, look, "diamond", 12),
    ]
    outside = [
        group
        for group in found
        for row in [group.rows.iloc[0]]
        if not row.funnel_95_low <= row.completeness <= row.funnel_95_high
    ]
    return figure(
        [trace for trace in traces if len(trace["x"])],
        look,
        _TOP + _PLOT + _BOTTOM,
        margin={"l": _LEFT, "r": _RIGHT, "t": _TOP, "b": _BOTTOM},
        annotations=[*(_name(group, look, most) for group in outside), *_words(look, overall)],
        xaxis={"range": [0, reach], "showgrid": False, "ticks": "outside", "ticklen": 4, "tickcolor": look.line,
               "nticks": 5, "tickformat": ",d"},
        yaxis={"range": [-0.01, 1.02], "tickvals": [0, 0.25, 0.5, 0.75, 1],
               "ticktext": ["0", *(f"{share}{NBSP}%" for share in (25, 50, 75, 100))]},
        hovermode="closest",
    )  # fmt: skip


def _curve(units: np.ndarray, limit: Floats, look: Look, width: float, dash: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": units.tolist(),
        "y": limit.round(5).tolist(),
        "line": {"color": wash(look.quiet, 0.8), "width": width, "dash": dash},
        "hoverinfo": "skip",
    }


def _dots(found: Sequence[Group], look: Look, symbol: str, size: int) -> Figure:
    rows = [group.rows.iloc[0] for group in found]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [int(row.treated) for row in rows],
        "y": [float(row.completeness) for row in rows],
        "marker": {
            "symbol": symbol,
            "size": size,
            "color": [look.ground if row.treated < SMALL else look.accent for row in rows],
            "line": {"color": look.accent, "width": 2},
        },
        "hovertext": [
            f"<b>{safe(group.name)}</b><br>{percent(row.completeness)}, {count(row.evaluable)} of {count(row.treated)} "
            f"treated were followed up<br>expected between {percent(row.funnel_998_low)} and "
            f"{percent(row.funnel_998_high)}"
            for group, row in zip(found, rows, strict=True)
        ],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _name(group: Group, look: Look, most: int) -> Figure:
    """The name of a dot beside it, on the side that has room."""
    row = group.rows.iloc[0]
    is_left = row.treated > most / 2
    where = {"xanchor": "right", "xshift": -10} if is_left else {"xanchor": "left", "xshift": 10}
    text = safe(group.name, _LONGEST)
    text = f"<b>{text}</b>" if row.is_little_followed_up else text
    return note(text, look, x=int(row.treated), y=float(row.completeness), yanchor="middle", colour=look.ink, **where)


def _words(look: Look, overall: float) -> list[Figure]:
    at_top: Figure = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": -_LEFT, "y": 1, "yref": "paper"}
    at_foot: Figure = {**at_top, "y": 0, "yanchor": "top", "xshift": -4, "yshift": -22}
    key = f"Share followed up   ─ 99.8{NBSP}% limits   ┄ 95{NBSP}% limits"
    return [
        note(key, look, **at_top, yanchor="bottom", yshift=10),
        note("Treated", look, **at_foot),
        note(f"all {percent(overall)}", look, x=1, xref="paper", xanchor="left", xshift=8, y=overall, yanchor="middle"),
    ]
