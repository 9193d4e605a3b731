"""Side-effect rates, and who was followed up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from dashboard.charts.dots import MOST, Row, dots, share_axis
from dashboard.charts.style import (
    FINE,
    FONT,
    LIGHT,
    NBSP,
    SMALL,
    TEXT,
    Figure,
    Group,
    Look,
    between,
    blend,
    count,
    figure,
    fraction,
    groups,
    ink_on,
    note,
    percent,
    safe,
)  # fmt: skip

MOST_COLUMNS = 14
COMMON = 4
"""How many single effects are shown before one asks for all."""


def by_frequency(rates: pd.DataFrame) -> list[str]:
    """The single effects of a rates frame, the most frequent first."""
    single = rates[rates["effect"].astype(str) != "any"]
    totals = single.groupby(single["effect"].astype(str))["affected"].sum()
    return [str(effect) for effect in totals.sort_values(ascending=False, kind="stable").index]


def side_effect_rates(
    rates: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("treatment_type",),
    effects: Sequence[str] = ("any",),
    is_bounded: bool = False,
) -> Figure:
    """The rates of these effects, one block each on a common scale, with best and worst case as a thin pale line.

    Where `is_bounded` the scale reaches to the worst case; otherwise to what was seen, and lines that go on say so.
    """
    by = [column for column in by if column != "effect"]
    rows: list[Row] = []
    for effect in effects:
        block = [
            _rate(group, group.rows.iloc[0])
            for group in groups(rates[rates["effect"].astype(str) == effect], by, look, "treated", MOST)
        ]
        heading = [Row(look.name("effect", effect), is_heading=True)] if len(effects) > 1 else []
        rows += [*heading, *block]
    key = "━ 95 % limits   ─ if none, or all, of the unseen were affected"
    return dots(rows, look, share_axis, is_whole=is_bounded, key=key.replace(" %", f"{NBSP}%"))


def _rate(group: Group, row: Any) -> Row:
    n = fraction(row.affected, row.evaluable)
    return Row(
        group.name,
        row.rate,
        row.rate_low,
        row.rate_high,
        row.evaluable,
        f"<b>{percent(row.rate)}</b>  {n}",
        f"<b>{safe(group.name)}</b><br>{percent(row.rate)}, {between(row.rate_low, row.rate_high)}"
        f"<br>{count(row.affected)} of {count(row.evaluable)} followed up<br>{percent(row.completeness)} of "
        f"{count(row.treated)} treated were followed up<br>{percent(row.rate_best_case)} if none of the others were "
        f"affected,<br>{percent(row.rate_worst_case)} if all were",
        group.colour,
        (row.rate_best_case, row.rate_worst_case),
    )


def side_effect_rates_heat_map(
    rates: pd.DataFrame,
    look: Look = LIGHT,
    by: Sequence[str] = ("treatment_type",),
    effects: Sequence[str] | None = None,
) -> Figure:
    """These effects (all if none are told) against every group: the shade is the rate, the text rate and counts.

    Cells of few units have no shade, and fade.
    """
    effects = ["any", *(by_frequency(rates) if effects is None else effects)]
    found = groups(rates, [column for column in by if column != "effect"], look, "treated", MOST_COLUMNS)
    trusted = rates.loc[rates["evaluable"] >= SMALL, "rate"]
    highest = float(trusted.max()) if len(trusted) else 0.0
    at_top = {"y": 1, "yref": "paper", "xanchor": "left", "yanchor": "bottom", "textangle": -38, "xshift": -14}
    at_left = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": -132, "colour": look.ink, "size": TEXT}
    notes = [note(safe(look.name("effect", name), 19), look, y=line, **at_left) for line, name in enumerate(effects)]
    notes += [note(safe(group.name, 19), look, x=column, **at_top) for column, group in enumerate(found)]
    shades = [[0.0] * len(found) for _ in effects]
    cells: list[_Cell] = []
    for column, group in enumerate(found):
        by_effect = dict(zip(group.rows["effect"].astype(str), group.rows.itertuples(), strict=True))
        for line, effect in enumerate(effects):
            told: Any = by_effect[effect]
            is_small = told.evaluable < SMALL
            depth = (told.rate / highest) ** 0.6 if highest and told.rate > 0 and not is_small else 0.0
            shades[line][column] = depth
            ink = look.ink if told.affected and not is_small else look.quiet
            title = f"<b>{safe(group.name)}</b>, {safe(look.name('effect', effect).lower())}"
            cells.append(
                _Cell(
                    column,
                    line,
                    f"{percent(told.rate)}<br>{fraction(told.affected, told.evaluable)}",
                    ink_on(blend(*look.heat, depth)) if depth else ink,
                    f"{title}<br>{_rate(group, told).hover.split('<br>', 1)[1]}",
                )
            )
    margin = {"l": 132, "r": 64, "t": 98, "b": 8}
    return figure(
        [_shaded(shades, look), _written(cells)],
        look,
        106 + 40 * len(effects),
        width=margin["l"] + margin["r"] + 78 * len(found),
        margin=margin,
        annotations=notes,
        xaxis={"range": [-0.5, max(len(found), 6) - 0.5], "visible": False},
        yaxis={"range": [len(effects) - 0.5, -0.5], "visible": False},
        hovermode="closest",
    )


class _Cell(NamedTuple):
    """What stands in a cell, in which ink, and what is told of it."""

    column: int
    line: int
    text: str
    ink: str
    hover: str


def _shaded(shades: list[list[float]], look: Look) -> Figure:
    """The cells as one picture, line by line: as many shapes would take ten times as long to draw."""
    return {
        "type": "heatmap",
        "z": shades,
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, look.heat[0]], [1, look.heat[1]]],
        "showscale": False,
        "xgap": 3,
        "ygap": 3,
        "hoverinfo": "skip",
    }


def _written(cells: Sequence[_Cell]) -> Figure:
    """What stands in the cells, on marks that nobody sees, for the pointer to find."""
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [cell.column for cell in cells],
        "y": [cell.line for cell in cells],
        "marker": {"size": 34, "color": "rgba(0,0,0,0)", "symbol": "square"},
        "text": [cell.text for cell in cells],
        "textposition": "middle center",
        "textfont": {"family": FONT, "size": FINE - 1, "color": [cell.ink for cell in cells]},
        "hovertext": [cell.hover for cell in cells],
        "hoverinfo": "text",
    }


def follow_up_completeness(
    completeness: pd.DataFrame, look: Look = LIGHT, by: Sequence[str] = ("treatment_type",)
) -> Figure:
    """The share of the treated that were followed up at least once."""
    rows = [
        Row(
            group.name,
            row.completeness,
            row.completeness_low,
            row.completeness_high,
            row.treated,
            f"<b>{percent(row.completeness)}</b>  {fraction(row.evaluable, row.treated)}",
            f"<b>{safe(group.name)}</b><br>{percent(row.completeness)}, "
            f"{between(row.completeness_low, row.completeness_high)}"
            f"<br>{count(row.evaluable)} of {count(row.treated)} treated were followed up",
            group.colour,
        )
        for group in groups(completeness, by, look, "treated", MOST)
        for row in [group.rows.iloc[0]]
    ]
    return dots(rows, look, share_axis)
