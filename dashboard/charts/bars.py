"""One bar per group, divided into parts of a whole: the picture of every unit that ends in one of several ways."""

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
    percent,
    safe,
)

MOST = 40
"""More bars than this are not a picture any more; the table has them all."""

_ROW, _TOP = 56, 30
_LONGEST = 34
_LONG = 10_000


@dataclass(frozen=True)
class Part:
    """One way to end: its name, and how deep its colour is, from 0 to 1."""

    name: str
    depth: float


@dataclass(frozen=True)
class Bar:
    """One group: its name, its n, and for each part how many and what the pointer is told."""

    name: str
    n: int
    counts: tuple[int, ...]
    hovers: tuple[str, ...]
    none: str


def bars(rows: Sequence[Bar], parts: Sequence[Part], look: Look) -> Figure:
    """The rows from top to bottom, each a name with its n above a bar as wide as the chart; parts in their order.

    A part has its k/n inside, or k alone where n is long, and nothing where there is no room for it. A group without
    any unit says what `none` says.
    """
    traces: list[Figure] = []
    for place, part in enumerate(parts):
        known = [(line, row) for line, row in enumerate(rows) if row.n]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": [row.counts[place] / row.n for _, row in known],
                "y": [line for line, _ in known],
                "width": 0.46,
                "marker": {"color": _colour(part, look), "line": {"color": look.ground, "width": 1.5}},
                "text": [_told(row.counts[place], row.n) for _, row in known],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "textfont": {"family": FONT, "size": FINE - 1, "color": ink_on(_colour(part, look))},
                "hovertext": [row.hovers[place] for _, row in known],
                "hoverinfo": "text",
            }
        )
    notes = [note(_legend(parts, look), look, x=0, xref="paper", xanchor="left", y=1, yref="paper", yanchor="bottom")]
    for line, row in enumerate(rows):
        above = {"y": line, "yref": "y", "xref": "paper", "yanchor": "bottom", "yshift": 13}
        notes.append(note(safe(row.name, _LONGEST), look, **above, x=0, xanchor="left", colour=look.ink, size=TEXT))
        notes.append(note(f"n{NBSP}{count(row.n)}" if row.n else row.none, look, **above, x=1, xanchor="right"))
    return figure(
        traces,
        look,
        _TOP + _ROW * len(rows) + 4,
        margin={"l": 0, "r": 8, "t": _TOP, "b": 4},
        annotations=notes,
        barmode="stack",
        uniformtext={"minsize": FINE - 1, "mode": "hide"},
        xaxis={"range": [0, 1], "visible": False},
        yaxis={"range": [len(rows) - 0.6, -0.75], "visible": False},
        hovermode="closest",
    )


def in_words(name: str, part: str, k: int, n: int, share: float, limits: str) -> str:
    """What the pointer is told of a part."""
    return f"<b>{safe(name)}</b><br>{part.lower()}: {percent(share)}, {limits}<br>{count(k)} of {count(n)}"


def _told(k: int, n: int) -> str:
    return "" if not k else f"{count(k)}/{count(n)}" if n < _LONG else count(k)


def _legend(parts: Sequence[Part], look: Look) -> str:
    return f"{NBSP}{NBSP} ".join(f'<span style="color:{_colour(part, look)}">⬤</span> {part.name}' for part in parts)


def _colour(part: Part, look: Look) -> str:
    return blend(*look.heat, part.depth)
