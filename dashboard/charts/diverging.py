"""One bar per group, its parts laid out from worse to better about a neutral middle: the picture of a rating scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.charts.style import (
    FINE,
    FONT,
    NBSP,
    TEXT,
    Figure,
    Look,
    blend,
    count,
    figure,
    ink_on,
    note,
    safe,
    signed,
)

MOST = 20
"""More bars than this are not a picture any more; the table has them all."""

_ROW, _TOP = 56, 52
_LONGEST = 34


@dataclass(frozen=True)
class Level:
    """One score of a scale: what it is called, and how good it is, from -1 to 1; 0 is the neutral middle."""

    score: int
    name: str
    worth: float


@dataclass(frozen=True)
class Spread:
    """One group: its name, its n, the share of each level, and what the pointer is told of it."""

    name: str
    n: int
    shares: tuple[float, ...]
    hovers: tuple[str, ...]


def diverging(rows: Sequence[Spread], levels: Sequence[Level], look: Look) -> Figure:
    """The rows from top to bottom, each a name with its n above its bar; levels from worse (left) to better (right).

    The middle of the neutral level stands on the same line in all rows. A part says its score and its share where
    there is room.
    """
    starts = [_starts(row, levels) for row in rows]
    traces: list[Figure] = [
        {
            "type": "bar",
            "orientation": "h",
            "x": [row.shares[place] for row in rows],
            "base": [own[place] for own in starts],
            "y": list(range(len(rows))),
            "width": 0.46,
            "marker": {
                "color": _colour(level, look),
                "line": {"color": look.ground, "width": 1.5},
                **(_hatched(look) if level.worth < 0 else {}),
            },
            "text": [_told(level, row.shares[place]) for row in rows],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "textfont": {"family": FONT, "size": FINE - 1, "color": ink_on(_colour(level, look))},
            "hovertext": [row.hovers[place] for row in rows],
            "hoverinfo": "text",
        }
        for place, level in enumerate(levels)
    ]
    least = min((own[0] for own in starts), default=0.0)
    most = max((own[0] + sum(row.shares) for own, row in zip(starts, rows, strict=True)), default=1.0)
    notes = _legend(levels, look)
    for line, row in enumerate(rows):
        above = {"y": line, "yref": "y", "xref": "paper", "yanchor": "bottom", "yshift": 13}
        notes.append(note(safe(row.name, _LONGEST), look, **above, x=0, xanchor="left", colour=look.ink, size=TEXT))
        notes.append(note(f"n{NBSP}{count(row.n)}", look, **above, x=1, xanchor="right"))
    middle = {"type": "line", "x0": 0, "x1": 0, "line": {"color": look.ink, "width": 1.5}}
    return figure(
        traces,
        look,
        _TOP + _ROW * len(rows) + 4,
        margin={"l": 0, "r": 8, "t": _TOP, "b": 4},
        annotations=notes,
        shapes=[middle | {"y0": line + 0.25, "y1": line + 0.33} for line in range(len(rows))],
        barmode="overlay",
        uniformtext={"minsize": FINE - 1, "mode": "hide"},
        xaxis={"range": [least, most], "visible": False},
        yaxis={"range": [len(rows) - 0.6, -0.75], "visible": False},
        hovermode="closest",
    )


def _starts(row: Spread, levels: Sequence[Level]) -> list[float]:
    """Where each part begins, the middle of the neutral one being nought."""
    before = [sum(row.shares[:place]) for place in range(len(levels))]
    neutral = next(place for place, level in enumerate(levels) if level.worth == 0)
    middle = before[neutral] + row.shares[neutral] / 2
    return [start - middle for start in before]


def _told(level: Level, share: float) -> str:
    return f"{level.score}:{NBSP}{100 * share:.0f}{NBSP}%" if share >= 0.005 else ""


def _legend(levels: Sequence[Level], look: Look) -> list[Figure]:
    """What the scores mean, in the order of the bars, in two lines so that a narrow screen has room."""
    signs = ["▨" if level.worth < 0 else "⬤" for level in levels]
    said = [
        signed(sign, _colour(level, look), f"{level.score} {level.name}")
        for sign, level in zip(signs, levels, strict=True)
    ]
    lines = (said[:3], said[3:])
    at = {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom"}
    text = "<br>".join(f"{NBSP}{NBSP} ".join(line) for line in lines)
    return [note(text, look, **at, yshift=2)]


def _colour(level: Level, look: Look) -> str:
    if level.worth == 0:
        return blend(look.line, look.quiet, 0.25)
    return blend(look.heat[0], look.heat[1] if level.worth > 0 else look.palette[1], abs(level.worth))


def _hatched(look: Look) -> Figure:
    """What tells the worse from the better without colour."""
    return {"pattern": {"shape": "/", "size": 5, "solidity": 0.2, "fgcolor": look.ink, "fillmode": "overlay"}}
