"""A figure of the house style drawn as static SVG: what goes on paper needs no browser and runs nothing.

It draws what the charts here are made of (lines, steps, filled limits, bars, marks, notes, shapes, ticks) and
nothing else of Plotly; whatever the pointer would say is left out, so a table has to stand beside it.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.charts.style import FINE, MARKS, Figure

FONTS = (
    "Inter, -apple-system, 'Segoe UI', 'Source Sans Pro', 'Source Sans 3', Roboto, 'Helvetica Neue', Arial, "
    "'Liberation Sans', 'DejaVu Sans Condensed', sans-serif"
)
_LINE_HEIGHT = 1.3
_CHARACTER, _SIGN = 0.53, 1.05  # how long a character and a sign are, to the size of the text
_STROKES = {"thick": 2.5, "thin": 1.25}
_SIGN_OF = {
    **{written: symbol for symbol, written in MARKS.items()},
    "◂": "triangle-left",
    "▸": "triangle-right",
    "━": "thick",
    "─": "thin",
}
_SIGNS = re.compile(f"([{''.join(_SIGN_OF)}])")
_DASHES = {"dot": "1.5 3", "dash": "6 4", "solid": ""}
_TAG = re.compile(r"(</?b>|<span style=\"color:#[0-9A-Fa-f]{6}\">|</span>)")

Point = tuple[float, float]


def svg(figure: Figure, width: int, key: str, title: str, description: str) -> str:
    """The figure as one SVG element, so many pixels wide and as high as it asks to be.

    `key` begins the ids in it, and has to be another one for each picture of a page; `title` and `description` are read
    out in its place.
    """
    layout = figure["layout"]
    plot = _Plot.of(layout, width)
    below: list[str] = []
    above: list[str] = []
    for shape in layout.get("shapes", []):
        (below if shape.get("layer") == "below" else above).append(_shape(shape, plot))
    lines, marks = _traces(figure["data"], plot)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_n(plot.height)}" role="img" '
        f'aria-labelledby="{key}-title {key}-desc" font-family="{html.escape(FONTS)}">',
        f'<title id="{key}-title">{html.escape(title, quote=False)}</title>',
        f'<desc id="{key}-desc">{html.escape(description, quote=False)}</desc>',
        f'<clipPath id="{key}-plot"><rect x="{_n(plot.left)}" y="{_n(plot.top - 2)}" width="{_n(plot.across)}" '
        f'height="{_n(plot.down + 4)}"/></clipPath>',
        *_axes(layout, plot),
        *below,
        f'<g clip-path="url(#{key}-plot)" fill="none">',
        *lines,
        "</g>",
        *marks,
        *above,
        *(_note(note, plot) for note in layout.get("annotations", [])),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


@dataclass(frozen=True)
class _Plot:
    """The area within the margins, and the ranges of its axes; places are in pixels from the upper left."""

    left: float
    top: float
    across: float
    down: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    @classmethod
    def of(cls, layout: Figure, width: int) -> _Plot:
        margin, height = layout["margin"], float(layout["height"])
        across, down = width - margin["l"] - margin["r"], height - margin["t"] - margin["b"]
        (x0, x1), (y0, y1) = layout["xaxis"]["range"], layout["yaxis"]["range"]
        return cls(float(margin["l"]), float(margin["t"]), across, down, height, (x0, x1), (y0, y1))

    def x(self, value: float, ref: str = "x") -> float:
        low, high = (0.0, 1.0) if ref == "paper" else self.x_range
        return self.left + (value - low) / (high - low) * self.across

    def y(self, value: float, ref: str = "y") -> float:
        low, high = (0.0, 1.0) if ref == "paper" else self.y_range
        return self.top + self.down - (value - low) / (high - low) * self.down


def _axes(layout: Figure, plot: _Plot) -> list[str]:
    """Grid lines, ticks and their labels."""
    drawn = []
    across, up = layout["xaxis"], layout["yaxis"]
    bottom, right = plot.top + plot.down, plot.left + plot.across
    if across.get("visible", True):
        is_above = across.get("side") == "top"
        ticklen = across.get("ticklen", 5) if across.get("ticks") else 0
        for value, label in _ticks(across):
            x = plot.x(value)
            if across.get("showgrid", True):
                drawn.append(_line(x, plot.top, x, bottom, across["gridcolor"], 1))
            if ticklen:
                drawn.append(_line(x, bottom, x, bottom + ticklen, across["tickcolor"], 1))
            y = plot.top - 6 if is_above else bottom + ticklen + FINE
            drawn += _lines_of(x, y, label, "middle", across["tickfont"])
        if across.get("zeroline"):
            drawn.append(_line(plot.x(0), plot.top, plot.x(0), bottom, across["zerolinecolor"], 1))
    for up in (layout[axis] for axis in ("yaxis", "yaxis2") if axis in layout):
        if not up.get("visible", True):
            continue
        standoff = up.get("ticklabelstandoff", 0)
        x, anchor = (plot.left - 5 - standoff, "end")
        if up.get("side") == "right":
            x, anchor = right + 5 + standoff, "start"
        elif up.get("ticklabelposition") == "inside":
            x, anchor = plot.left + standoff, "start"
        for value, label in _ticks(up):
            y = plot.y(value)
            if up.get("showgrid", True):
                drawn.append(_line(plot.left, y, right, y, up["gridcolor"], 1))
            drawn.append(_text(x, y + 0.35 * FINE, label, anchor, up["tickfont"]))
    return drawn


def _ticks(axis: Figure) -> list[tuple[float, str]]:
    """The ticks within the range, with their labels."""
    values, (low, high) = axis["tickvals"], sorted(axis["range"])
    labels = axis.get("ticktext") or [f"{value:g}" for value in values]
    return [(value, label) for value, label in zip(values, labels, strict=True) if low <= value <= high]


def _traces(traces: Sequence[Figure], plot: _Plot) -> tuple[list[str], list[str]]:
    """Lines and areas, which stay within the plot, and marks, which may stand on its edge."""
    lines: list[str] = []
    marks: list[str] = []
    before: list[Point] = []
    for trace in traces:
        if trace["type"] == "bar":
            lines += _bars(trace, plot)
            continue
        places: list[Point | None] = [
            None if x is None or y is None else (plot.x(x), plot.y(y))
            for x, y in zip(trace["x"], trace["y"], strict=True)
        ]
        if trace["mode"] == "markers":
            marks += _marks(trace["marker"], places)
            continue
        stroke = trace["line"]
        runs = _runs(places, stroke.get("shape") == "hv")
        if trace.get("fill") == "tonexty":
            area = [*before, *(place for run in reversed(runs) for place in reversed(run))]
            lines.append(f'<path d="{_path(area)}Z" {_filled(trace["fillcolor"])}/>')
        if stroke["width"]:
            shown = f' opacity="{trace["opacity"]}"' if "opacity" in trace else ""
            path = "".join(_path(run) for run in runs)
            if path:
                joined = f'stroke-width="{_n(stroke["width"])}" stroke-linejoin="round"{shown}'
                lines.append(f'<path d="{path}" {_stroked(stroke["color"])} {joined}/>')
        before = [place for run in runs for place in run]
    return lines, marks


def _bars(trace: Figure, plot: _Plot) -> list[str]:
    """Bars from left to right, each from its base on."""
    drawn = []
    for y, base, length, colour in zip(trace["y"], trace["base"], trace["x"], trace["marker"]["color"], strict=True):
        (left, right), middle = (plot.x(base), plot.x(base + length)), plot.y(y)
        tall = abs(plot.y(y + trace["width"]) - middle)
        size = f'width="{_n(right - left)}" height="{_n(tall)}"'
        drawn.append(f'<rect x="{_n(left)}" y="{_n(middle - tall / 2)}" {size} {_filled(colour)}/>')
    return drawn


def _runs(places: Iterable[Point | None], is_stepped: bool) -> list[list[Point]]:
    """The stretches between gaps; stepped, each goes across before it goes up or down."""
    runs: list[list[Point]] = [[]]
    for place in places:
        if place is None:
            runs.append([])
            continue
        if is_stepped and runs[-1]:
            runs[-1].append((place[0], runs[-1][-1][1]))
        runs[-1].append(place)
    return [run for run in runs if run]


def _marks(marker: Figure, places: Sequence[Point | None]) -> list[str]:
    drawn = []
    for index, place in enumerate(places):
        if place is None:
            continue
        symbol, fill = (
            _of(marker.get(name, default), index) for name, default in (("symbol", "circle"), ("color", ""))
        )
        edge = marker.get("line", {"color": fill, "width": 0})
        edge = {**edge, "color": _of(edge.get("color", fill), index)}
        drawn.append(_mark(symbol, *place, marker["size"] / 2, fill, edge))
    return drawn


def _of(value: Any, index: int) -> str:
    return str(value[index] if isinstance(value, list) else value)


def _mark(symbol: str, x: float, y: float, r: float, fill: str, edge: Figure) -> str:
    outline = f'{_stroked(edge["color"])} stroke-width="{_n(edge["width"])}"' if edge["width"] else ""
    if symbol == "line-ns":
        return _line(x, y - 1.4 * r, x, y + 1.4 * r, edge["color"], edge["width"])
    painted = f'fill="none" {_stroked(fill)}' if symbol.endswith("-open") else f"{_filled(fill)} {outline}"
    if symbol == "circle":
        return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(r)}" {painted}/>'
    corners = _CORNERS[symbol.removesuffix("-open")]
    return f'<path d="{_path([(x + r * across, y + r * down) for across, down in corners])}Z" {painted}/>'


def _turned(corners: Sequence[Point], quarters: int) -> list[Point]:
    for _ in range(quarters % 4):
        corners = [(-y, x) for x, y in corners]
    return list(corners)


_UP: list[Point] = [(0, -1), (2 / math.sqrt(3), 0.6), (-2 / math.sqrt(3), 0.6)]
_ARM = 0.4
_CORNERS: dict[str, list[Point]] = {
    "square": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
    "triangle-up": _UP,
    "triangle-right": _turned(_UP, 1),
    "triangle-down": _turned(_UP, 2),
    "triangle-left": _turned(_UP, 3),
    "cross": [
        (-_ARM, -1.1), (_ARM, -1.1), (_ARM, -_ARM), (1.1, -_ARM), (1.1, _ARM), (_ARM, _ARM),
        (_ARM, 1.1), (-_ARM, 1.1), (-_ARM, _ARM), (-1.1, _ARM), (-1.1, -_ARM), (-_ARM, -_ARM),
    ],
    "star": [
        (reach * math.sin(step * math.pi / 5), -reach * math.cos(step * math.pi / 5))
        for step in range(10)
        for reach in [1.4 if step % 2 == 0 else 0.55]
    ],
}  # fmt: skip


def _shape(shape: Figure, plot: _Plot) -> str:
    """A line or a rectangle; one with the pixel mode goes so many pixels from its anchor."""
    refs = {axis: shape.get(f"{axis}ref", axis) for axis in "xy"}
    if shape.get("xsizemode") == "pixel":
        anchor = plot.x(shape["xanchor"], refs["x"])
        x0, x1 = anchor + shape["x0"], anchor + shape["x1"]
    else:
        x0, x1 = (plot.x(shape[end], refs["x"]) for end in ("x0", "x1"))
    y0, y1 = (plot.y(shape[end], refs["y"]) for end in ("y0", "y1"))
    edge = shape["line"]
    if shape["type"] == "line":
        return _line(x0, y0, x1, y1, edge["color"], edge["width"], _DASHES[edge.get("dash", "solid")])
    (left, right), (top, bottom) = sorted((x0, x1)), sorted((y0, y1))
    size = f'width="{_n(right - left)}" height="{_n(bottom - top)}"'
    return f'<rect x="{_n(left)}" y="{_n(top)}" {size} {_filled(shape["fillcolor"])}/>'


def _note(note: Figure, plot: _Plot) -> str:
    """A piece of text, line below line; bold and coloured parts are told apart, everything else is text."""
    refs = {axis: note.get(f"{axis}ref", axis) for axis in "xy"}
    x = plot.x(note["x"], refs["x"]) + note.get("xshift", 0)
    y = plot.y(note["y"], refs["y"]) - note.get("yshift", 0)
    font, lines = note["font"], str(note["text"]).split("<br>")
    tall = _LINE_HEIGHT * font["size"]
    upper = {"top": 0.0, "middle": 0.5, "bottom": 1.0}[note.get("yanchor", "middle")]
    anchor = {"left": "start", "center": "middle", "right": "end"}[note.get("xanchor", "center")]
    first = y - upper * tall * len(lines) + font["size"]
    return "".join(_lines_of(x, first, str(note["text"]), anchor, font))


def _lines_of(x: float, first: float, text: str, anchor: str, font: Figure) -> list[str]:
    """Each line of a text that is not empty, the first one on that height."""
    tall = _LINE_HEIGHT * font["size"]
    lines = enumerate(text.split("<br>"))
    return [_text(x, first + place * tall, line, anchor, font) for place, line in lines if line]


def _text(x: float, y: float, text: str, anchor: str, font: Figure) -> str:
    """Text whose `<`, `>` and `&` are escaped already, as charts write it; the signs in it are drawn.

    Few fonts have them, and a sign from another font would change that of the words beside it.
    """
    runs = list(_runs_of(text, str(font["color"])))
    if not any(sign for _, sign, _, _ in runs):
        words = "".join(_words(run, colour, is_bold) for run, _, colour, is_bold in runs)
        return _element(x, y, words, anchor, font)
    drawn = []
    is_from_right = anchor == "end"
    for run, sign, colour, is_bold in reversed(runs) if is_from_right else runs:
        long = font["size"] * (_SIGN if sign else _CHARACTER * len(html.unescape(run)))
        at = x - long if is_from_right else x
        if sign:
            drawn.append(_sign(sign, at + font["size"] * _SIGN / 2, y - 0.36 * font["size"], font["size"], colour))
        else:
            drawn.append(_element(x, y, _words(run, colour, is_bold), anchor, font))
        x += -long if is_from_right else long
    return "".join(drawn)


def _runs_of(text: str, colour: str) -> Iterator[tuple[str, str, str, bool]]:
    """The stretches of a text: its words, the sign that it is instead or "", its colour, whether it is bold."""
    is_bold, colours = False, [colour]
    for part in _TAG.split(text):
        if part in ("<b>", "</b>"):
            is_bold = part == "<b>"
        elif part.startswith("<span"):
            colours.append(part[len('<span style="color:') : -2])
        elif part == "</span>":
            colours.pop()
        else:
            for words in filter(None, _SIGNS.split(part)):
                yield words, _SIGN_OF.get(words, ""), colours[-1], is_bold


def _words(text: str, colour: str, is_bold: bool) -> str:
    weight = ' font-weight="600"' if is_bold else ""
    return f'<tspan fill="{colour}"{weight}>{html.escape(html.unescape(text), quote=False)}</tspan>'


def _element(x: float, y: float, words: str, anchor: str, font: Figure) -> str:
    place = f'x="{_n(x)}" y="{_n(y)}" font-size="{font["size"]}" text-anchor="{anchor}"'
    return f'<text {place} xml:space="preserve">{words}</text>'


def _sign(sign: str, x: float, y: float, size: float, colour: str) -> str:
    if sign in _STROKES:
        return _line(x - 0.45 * size, y, x + 0.45 * size, y, colour, _STROKES[sign])
    return _mark(sign, x, y, 0.32 * size, colour, {"width": 0})


def _line(x0: float, y0: float, x1: float, y1: float, colour: str, width: float, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    ends = f'x1="{_n(x0)}" y1="{_n(y0)}" x2="{_n(x1)}" y2="{_n(y1)}"'
    return f'<line {ends} {_stroked(colour)} stroke-width="{_n(width)}"{dashed}/>'


def _path(places: Sequence[Point]) -> str:
    kept = [place for index, place in enumerate(places) if index == 0 or place != places[index - 1]]
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in kept) if kept else ""


def _filled(colour: str) -> str:
    opaque, opacity = _opacity(colour)
    return f'fill="{opaque}"' + (f' fill-opacity="{opacity}"' if opacity else "")


def _stroked(colour: str) -> str:
    opaque, opacity = _opacity(colour)
    return f'stroke="{opaque}"' + (f' stroke-opacity="{opacity}"' if opacity else "")


def _opacity(colour: str) -> tuple[str, str]:
    """A colour and, where it is transparent, how opaque it is."""
    if transparent := re.fullmatch(r"rgba\((\d+),(\d+),(\d+),([\d.]+)\)", colour):
        red, green, blue = (int(part) for part in transparent.groups()[:3])
        return f"#{red:02X}{green:02X}{blue:02X}", transparent[4]
    return colour, ""


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
