"""What a query gave, drawn as the reader chooses: bars, a line or points."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from dashboard.charts.style import FINE, FONT, LIGHT, MARKS, Figure, Look, figure, groups, safe, words

Kind = Literal["bars", "line", "points"]
KINDS: tuple[Kind, ...] = ("bars", "line", "points")
MOST = {"bars": 200, "line": 5_000, "points": 5_000}
"""More rows than this are not drawn: the first are, and the table has them all."""
MOST_GROUPS = 7

_HATCHES = ("", "/", ".", "x", "-", "\\", "+")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")
_HEIGHT = 420


def drawn_rows(rows: pd.DataFrame, kind: Kind, x: str, y: str, colour: str | None = None) -> pd.DataFrame:
    """The rows that a chart of an answer has room for: those with both values, of the first groups, the first of them.

    Texts for x and colour are cut to what a chart can show; a line is in the order of x.
    """
    asked = [x, y, *([colour] if colour else [])]
    kept = rows[list(dict.fromkeys(asked))].dropna(subset=[x, y])
    kept = kept.assign(**{y: kept[y].astype("float64")})
    if colour:
        kept = kept.assign(**{colour: kept[colour].astype("str").fillna("")})
        kept = kept[kept[colour].isin(list(dict.fromkeys(kept[colour]))[:MOST_GROUPS])]
    if kind == "line":
        kept = kept.sort_values(x, kind="stable")
    return kept.head(MOST[kind])


def answer(
    rows: pd.DataFrame, look: Look = LIGHT, kind: Kind = "bars", x: str = "", y: str = "", colour: str | None = None
) -> Figure:
    """The rows of `drawn_rows`: y over x, a colour with a mark, a hatch or a dash of its own for each group."""
    traces: list[Figure] = []
    is_number = pd.api.types.is_numeric_dtype(rows[x]) and not pd.api.types.is_bool_dtype(rows[x])
    is_day = pd.api.types.is_datetime64_any_dtype(rows[x])
    marks = list(MARKS)
    for place, group in enumerate(groups(rows, (colour,) if colour else (), look, is_told_apart=True)):
        across = group.rows[x]
        trace: dict[str, Any] = {
            "name": safe(group.name, 40),
            "x": across.tolist() if is_number else [str(value) if is_day else safe(str(value), 40) for value in across],
            "y": group.rows[y].tolist(),
            "hovertemplate": f"%{{x}}<br><b>%{{y}}</b><extra>{safe(group.name, 40) if colour else ''}</extra>",
        }
        if kind == "bars":
            pattern = {"shape": _HATCHES[place % MOST_GROUPS], "fillmode": "overlay", "fgcolor": look.ground}
            trace |= {"type": "bar", "marker": {"color": group.colour, "pattern": pattern}}
        else:
            mark = {"color": group.colour, "symbol": marks[place % MOST_GROUPS], "size": 7}
            line = {"color": group.colour, "width": 2, "dash": _DASHES[place % MOST_GROUPS]}
            mode = "lines+markers" if kind == "line" else "markers"
            trace |= {"type": "scatter", "mode": mode, "marker": mark, "line": line}
        traces.append(trace)
    ordered = {} if is_number else {"type": "date"} if is_day else {"type": "category"}
    return figure(
        traces,
        look,
        _HEIGHT,
        margin={"l": 12, "r": 12, "t": 44 if colour else 16, "b": 12},
        barmode="group",
        showlegend=bool(colour),
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"family": FONT, "size": FINE}},
        xaxis={**ordered, **_titled(x, look), "automargin": True, "showgrid": kind == "points"},
        yaxis={**_titled(y, look), "automargin": True, "rangemode": "tozero" if kind == "bars" else "normal"},
    )


def _titled(column: str, look: Look) -> Figure:
    return {"title": {"text": safe(words(column), 60), "font": {"family": FONT, "size": FINE, "color": look.quiet}}}
