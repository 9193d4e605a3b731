"""Step curves with limits, and the number at risk beneath: the picture of every share that changes with the days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.charts.style import (
    FINE,
    FONT,
    NBSP,
    THIN,
    Figure,
    Group,
    Look,
    count,
    figure,
    note,
    percent,
    safe,
    short,
    sign,
    signed,
    wash,
)

MOST = 7
"""More curves than this cannot be told apart; the table has them all."""

_LEFT, _RIGHT, _TOP, _PLOT = 44, 144, 30, 330
_LINE = 1.3 * FINE  # as far as Plotly sets lines of text apart
_LONGEST = 18
_WIDE, _APART = 420, 105  # pixels: about how wide a plot is, and how far along its curve a mark is from the next
_SHARES = ["0", *(f"{share}{NBSP}%" for share in (25, 50, 75, 100))]


def curves(
    found: Sequence[Group],
    look: Look,
    *,
    share: str,
    horizon: int,
    said: str,
    clock: str,
    is_falling: bool = True,
    is_small: bool = False,
    band: tuple[int, int] | None = None,
) -> Figure:
    """One curve per group of the column `share` (and `_low`, `_high`) against `day`, up to the horizon.

    `said` and `clock` name the two axes. Curves fade where fewer than five are at risk; of several, each has marks of
    its own shape. Their names stand at their ends and again beside their numbers at risk, with the mark, so that
    there is nothing to look up and no colour to tell. `band` is a first and a last day, shaded behind everything.
    """
    # Of a suppressed group there is nothing to draw.
    found = [group for group in found if group.rows["day"].min() <= horizon and group.rows[share].notna().any()]
    traces: list[Figure] = []
    ends: list[tuple[float, float, Group]] = []
    plot = 200 if is_small else _PLOT
    marks: list[Figure] = []
    names: dict[str, str] = {}
    for place, group in enumerate(found):
        steps = _steps(group.rows, share, horizon)
        traces += _curve(group, steps, 0.0 if is_small else 0.16 if len(found) < 4 else 0.08)
        ends.append((float(steps.day[-1]), float(steps.share[-1]), group))
        names[group.name] = safe(group.name, _LONGEST)
        if len(found) > 1:
            symbol, written = sign(place)
            names[group.name] = signed(written, group.colour, names[group.name])
            marks.append(_marks(group, steps, symbol, (place + 1) / (len(found) + 1), horizon, plot, look))
    traces += marks
    ticks = _ticks(horizon)
    lines = 0 if is_small else 2 + len(found)
    depth = 46 + round(_LINE * lines)
    placed, shapes = _ends(ends, horizon, plot)
    # An axis is drawn where a trace has it.
    nothing = {"x": [None], "y": [None], "marker": {"size": 8}, "hoverinfo": "skip"}
    traces.append({"type": "scatter", "mode": "markers", **nothing, "yaxis": "y2"})
    up: Figure = {"range": [0, 1.005], "ticklen": 0}
    notes = [
        note(
            said, look, x=0, xref="paper", xanchor="left", xshift=-_LEFT, y=1, yref="paper", yanchor="bottom", yshift=12
        ),
        note(
            f"{clock}<br>{NBSP}<br>At risk" if lines else clock,
            look,
            x=0,
            xref="paper",
            xanchor="left",
            xshift=-4,
            y=0,
            yref="paper",
            yanchor="top",
            yshift=-22,
        ),
    ]
    if lines:
        notes.append(_whose(found, names, look))
    shapes += [_half(look), *_band(band, look, horizon)]
    return figure(
        traces,
        look,
        _TOP + plot + depth,
        margin={"l": _LEFT, "r": _RIGHT, "t": _TOP, "b": depth},
        annotations=notes,
        shapes=shapes,
        xaxis={
            "range": [0, horizon],
            "tickvals": ticks,
            "ticktext": _at_risk(found, ticks) if lines else [str(tick) for tick in ticks],
            "showgrid": False,
            "ticks": "outside",
            "ticklen": 4,
            "tickcolor": look.line,
        },
        yaxis={**up, "tickvals": [0, 0.25, 0.5, 0.75, 1], "ticktext": _SHARES},
        yaxis2={
            **up,
            "overlaying": "y",
            "side": "right",
            "showgrid": False,
            "tickvals": [place for place, _ in placed],
            "ticktext": [names[name] for _, name in placed],
            "tickfont": {"family": FONT, "size": FINE, "color": look.ink},
            "ticklabelstandoff": 10,
        },
        hovermode="closest",
    )


@dataclass(frozen=True)
class _Steps:
    """A curve up to the horizon, step by step."""

    day: np.ndarray
    at_risk: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def firm(self) -> int:
        """The first steps are firm: so many, before fewer are at risk than a curve is drawn firmly for."""
        return int((~(self.at_risk < THIN)).sum())


def _steps(rows: pd.DataFrame, share: str, horizon: int) -> _Steps:
    """The rows up to the horizon; a curve that goes on is carried to it."""
    day = rows["day"].to_numpy()
    shown = int((day <= horizon).sum())
    at_risk, *shares = (
        rows[column].to_numpy(dtype=float, na_value=np.nan)
        for column in ("at_risk", share, f"{share}_low", f"{share}_high")
    )
    if shown == len(day):
        return _Steps(day, at_risk, *shares)
    kept = [np.append(of[:shown], of[shown - 1]) for of in shares]
    return _Steps(np.append(day[:shown], horizon), at_risk[: shown + 1], *kept)


def _curve(group: Group, steps: _Steps, opacity: float) -> list[Figure]:
    day = steps.day.tolist()
    value = steps.share.round(5).tolist()
    firm = steps.firm
    step: Figure = {"type": "scatter", "mode": "lines", "hoverinfo": "skip"}
    edge = {"width": 0, "shape": "hv"}
    traces: list[Figure] = []
    known = ~np.isnan(steps.low) & ~(steps.at_risk < THIN)
    if opacity and known.any():
        days = steps.day[known].tolist()
        low, high = (end[known].round(5).tolist() for end in (steps.low, steps.high))
        traces += [
            {**step, "x": days, "y": low, "line": edge},
            {**step, "x": days, "y": high, "line": edge, "fill": "tonexty", "fillcolor": wash(group.colour, opacity)},
        ]
    line = {"color": group.colour, "width": 2.25, "shape": "hv"}
    told = firm + 1
    # What is the same of all points is written once: it would be most of what a page sends.
    hover = {
        "hoverinfo": "text",
        "hovertemplate": "<b>%{meta}</b><br>day %{x:,.0f}: %{text}<br>%{customdata} at risk<extra></extra>",
        "meta": safe(group.name),
        "text": [percent(left) for left in steps.share[:told].tolist()],
        "customdata": [count(at_risk) for at_risk in steps.at_risk[:told].tolist()],
    }
    traces.append({**step, "x": day[:told], "y": value[:told], "line": line, **hover})
    if firm < len(day):
        traces.append({**step, "x": day[firm:], "y": value[firm:], "line": line, "opacity": 0.3})
    return traces


def _marks(group: Group, steps: _Steps, symbol: str, start: float, horizon: int, plot: int, look: Look) -> Figure:
    """A mark every so many pixels along a curve as long as it does not fade; those of each curve start elsewhere."""
    firm = steps.at_risk >= THIN
    x, y = np.repeat(steps.day[firm], 2)[1:], np.repeat(steps.share[firm], 2)[:-1]
    gone = np.cumsum(np.abs(np.diff(x, prepend=x[:1])) / horizon * _WIDE + np.abs(np.diff(y, prepend=y[:1])) * plot)
    places = np.arange(start * _APART, gone.max(initial=0.0), _APART)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": np.interp(places, gone, x).round(2).tolist() if len(places) else [],
        "y": np.interp(places, gone, y).round(5).tolist() if len(places) else [],
        "marker": {"symbol": symbol, "size": 8, "color": group.colour, "line": {"color": look.ground, "width": 1}},
        "hoverinfo": "skip",
    }


def _ends(
    ends: Sequence[tuple[float, float, Group]], horizon: int, plot: int
) -> tuple[list[tuple[float, str]], list[Figure]]:
    """Where the names of the curves' ends stand, pushed apart where they would touch, and the thin lines to them."""
    gap = 16 / plot
    shapes: list[Figure] = []
    floor = 0.0
    placed: list[tuple[float, float, float, Group]] = []
    for day, value, group in sorted(ends, key=lambda end: end[1]):
        floor = max(value, floor)
        placed.append((floor, day, value, group))
        floor += gap
    over = max((place for place, *_ in placed), default=0.0) - 1.0
    for index in range(len(placed) - 1, -1, -1):
        place, day, value, group = placed[index]
        ceiling = 1.0 if index == len(placed) - 1 else placed[index + 1][0] - gap
        if over > 0:
            place = min(place, ceiling)
            placed[index] = (place, day, value, group)
    for place, day, value, group in placed:
        thin = {"color": wash(group.colour, 0.55), "width": 1}
        leader: Figure = {"type": "line", "layer": "below", "y0": value, "y1": place, "line": thin}
        shapes.append({**leader, "xref": "paper", "xsizemode": "pixel", "xanchor": 1, "x0": 1, "x1": 11})
        if day < horizon:
            shapes.append({**leader, "x0": day, "x1": horizon, "y1": value, "line": {**thin, "dash": "dot"}})
    return [(place, group.name) for place, _, _, group in placed], shapes


def _whose(found: Sequence[Group], names: Mapping[str, str], look: Look) -> Figure:
    """The names beside the numbers at risk, line by line."""
    lines = "<br>".join(names[group.name] for group in found)
    at = {"xref": "paper", "x": 1, "xanchor": "left", "xshift": 22, "yref": "paper", "y": 0, "yanchor": "top"}
    return note(lines, look, **at, yshift=-round(6 + 4 * _LINE), colour=look.ink)


def _at_risk(found: Sequence[Group], ticks: Sequence[int]) -> list[str]:
    """Each tick with the numbers at risk beneath it, a line per group: notes take longer to draw."""
    columns = []
    for group in found:
        day = group.rows["day"].to_numpy()
        at_risk = group.rows["at_risk"].to_numpy(dtype=float, na_value=np.nan)
        columns.append(
            [short(float(at_risk[first])) if first < len(day) else "0" for first in np.searchsorted(day, ticks)]
        )
    return ["<br>".join([str(tick), "", "", "", *numbers]) for tick, *numbers in zip(ticks, *columns, strict=True)]


def _half(look: Look) -> Figure:
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0.5, "y1": 0.5,
        "line": {"color": look.quiet, "width": 1, "dash": "dot"}, "layer": "below",
    }  # fmt: skip


def _band(band: tuple[int, int] | None, look: Look, horizon: int) -> list[Figure]:
    if not band or band[0] >= horizon:
        return []
    return [
        {
            "type": "rect", "x0": band[0], "x1": min(band[1], horizon), "yref": "paper", "y0": 0, "y1": 1,
            "fillcolor": wash(look.accent, 0.08), "line": {"width": 0}, "layer": "below",
        }
    ]  # fmt: skip


def _ticks(horizon: int) -> list[int]:
    steps = (1, 2, 5, 7, 10, 15, 30, 45, 60, 90, 180, 365, 730)
    step = next((step for step in steps if horizon / step < 4.9), steps[-1])
    return list(range(0, horizon + 1, step))
