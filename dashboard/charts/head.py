"""The drawing behind the face map: a head from the front in thin lines, as shapes of a figure.

One unit is about ten centimetres; the middle of the face is x = 0, the pupils are at y = 0.18, the chin is at y = -1.
The patient's left is on the right, at x > 0. Only that half is written down; the other one is its mirror image.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from dashboard.charts.style import Figure, Look, blend

Point = tuple[float, float]
Curve = tuple[float, ...]
"""Points one after the other, x and y: a start, then for each Bezier curve two handles and an end."""

TOP, BOTTOM = 1.5, -1.56

_SKULL: Curve = (
    0, 1.375, 0.30, 1.385, 0.56, 1.24, 0.68, 0.98, 0.78, 0.76, 0.79, 0.46, 0.72, 0.10,
)  # fmt: skip
_HAIRLINE: Curve = (0.655, 0.30, 0.665, 0.50, 0.63, 0.70, 0.50, 0.84, 0.36, 0.97, 0.14, 1.00, 0, 1.06)
_JAW: Curve = (
    0.655, 0.30, 0.690, 0.14, 0.685, -0.06, 0.655, -0.24, 0.635, -0.40, 0.605, -0.50, 0.555, -0.59,
    0.46, -0.75, 0.32, -0.92, 0.20, -0.995, 0.13, -1.035, 0.06, -1.04, 0, -1.04,
)  # fmt: skip
_EAR: Curve = (
    0.685, 0.17, 0.72, 0.26, 0.80, 0.26, 0.805, 0.14, 0.81, 0.03, 0.775, -0.05, 0.76, -0.14,
    0.745, -0.23, 0.69, -0.25, 0.66, -0.21,
)  # fmt: skip
_NECK: Curve = (
    0.415, -0.80, 0.400, -0.92, 0.395, -1.06, 0.415, -1.16, 0.450, -1.31, 0.76, -1.37, 0.98, -1.48,
    0.98, -1.50, 0.98, -1.53, 0.98, -1.56,
)  # fmt: skip
_BROW: Curve = (
    0.135, 0.345, 0.22, 0.415, 0.37, 0.445, 0.535, 0.335, 0.38, 0.405, 0.24, 0.375, 0.14, 0.305,
    0.128, 0.315, 0.128, 0.335, 0.135, 0.345,
)  # fmt: skip
_UPPER_LID: Curve = (0.155, 0.140, 0.20, 0.235, 0.38, 0.285, 0.495, 0.180)
_LOWER_LID: Curve = (0.495, 0.180, 0.43, 0.110, 0.26, 0.080, 0.155, 0.140)
_LIPS: Curve = (
    0, -0.492, 0.025, -0.480, 0.045, -0.468, 0.075, -0.468, 0.13, -0.472, 0.19, -0.525, 0.25, -0.555,
    0.19, -0.615, 0.11, -0.668, 0, -0.668,
)  # fmt: skip
_IRIS, _EYE = 0.062, (0.318, 0.172)
_HANDLE = 4 / 3 * (math.sqrt(2) - 1)
"""How long the handles of a quarter of a circle of radius 1 are."""

_LINES: tuple[tuple[float, float, Curve], ...] = (
    # width, depth (how much of the ink), curve
    (1.4, 0.42, _HAIRLINE),
    (0.9, 0.20, (0, 1.06, 0.16, 1.22, 0.44, 1.16, 0.70, 0.64)),
    (0.9, 0.20, (0, 1.06, 0.12, 1.30, 0.50, 1.30, 0.745, 0.66)),
    (0.9, 0.20, (0, 1.06, 0.20, 1.11, 0.46, 1.02, 0.69, 0.44)),
    (1.0, 0.30, (0.735, 0.14, 0.775, 0.15, 0.785, 0.06, 0.735, -0.02)),
    (1.0, 0.26, (0.175, 0.215, 0.24, 0.295, 0.38, 0.325, 0.505, 0.225)),
    (1.9, 0.72, _UPPER_LID),
    (0.9, 0.36, _LOWER_LID),
    (0.9, 0.15, (0.19, 0.055, 0.25, 0.02, 0.33, 0.01, 0.40, 0.04)),
    (0.9, 0.17, (0.10, 0.20, 0.065, 0.08, 0.075, -0.06, 0.105, -0.16)),
    (1.1, 0.42, (0.135, -0.175, 0.185, -0.21, 0.185, -0.295, 0.125, -0.295)),
    (1.3, 0.50, (0.110, -0.295, 0.085, -0.27, 0.055, -0.285, 0.045, -0.305)),
    (1.1, 0.42, (0.045, -0.305, 0.03, -0.33, 0.015, -0.335, 0, -0.335)),
    (0.9, 0.17, (0.205, -0.255, 0.26, -0.32, 0.30, -0.40, 0.315, -0.49)),
    (0.8, 0.15, (0.035, -0.365, 0.035, -0.40, 0.04, -0.43, 0.05, -0.455)),
    (1.5, 0.58, (0, -0.565, 0.04, -0.572, 0.08, -0.553, 0.12, -0.553, 0.17, -0.553, 0.22, -0.562, 0.25, -0.555)),
    (0.9, 0.20, (0, -0.765, 0.04, -0.765, 0.07, -0.772, 0.10, -0.785)),
    (0.9, 0.15, (0.33, -1.02, 0.28, -1.18, 0.19, -1.36, 0.075, -1.46)),
    (0.9, 0.18, (0.075, -1.46, 0.22, -1.42, 0.46, -1.41, 0.66, -1.45)),
)


def head(look: Look) -> list[Figure]:
    """The shapes, from back to front, in the quiet colours of a theme; what looks alike is one, as each takes time."""
    skin, hair, dark = _tone(look, 0.03), _tone(look, 0.11), "#1B1A18"
    eyes = [(side * _EYE[0], _EYE[1]) for side in (1, -1)]
    shapes = [
        _closed(_SKULL, hair, look),
        _each_side([_EAR], look, 1.2, 0.38, skin),
        _closed(_reversed(_NECK), skin, look, 0, 0),
        _each_side([_NECK[:14]], look, 1.3, 0.36),
        _closed((*_reversed(_HAIRLINE)[:-2], *_JAW), skin, look, 1.5, 0.48),
        _each_side([_BROW], look, 0, 0, _tone(look, 0.42)),
        _each_side([(*_UPPER_LID, *_LOWER_LID[2:])], look, 0, 0, _tone(look, 0.0)),
        _shape(_circles(eyes, _IRIS), _tone(look, 0.26), _tone(look, 0.5), 1.0),
        _shape(_circles(eyes, 0.026), dark, "", 0),
        _shape(_circles([(x + 0.022, y + 0.024) for x, y in eyes], 0.012), "#FFFFFF", "", 0),
        _closed(_LIPS, blend(_tone(look, 0.06), "#B5574F", 0.16), look, 0.9, 0.26),
    ]
    alike: dict[tuple[float, float], list[Curve]] = {}
    for width, depth, curve in _LINES:
        alike.setdefault((width, depth), []).append(curve)
    return [*shapes, *(_each_side(curves, look, width, depth) for (width, depth), curves in alike.items())]


def _tone(look: Look, depth: float) -> str:
    return blend(look.ground, look.ink, depth)


def _mirrored(curve: Curve) -> Curve:
    return tuple(-value if place % 2 == 0 else value for place, value in enumerate(curve))


def _sided(curve: Curve, side: int) -> Curve:
    return curve if side > 0 else _mirrored(curve)


def _reversed(curve: Curve) -> Curve:
    points = list(zip(curve[::2], curve[1::2], strict=True))
    return tuple(value for point in reversed(points) for value in point)


def _closed(half: Curve, fill: str, look: Look, width: float = 1.4, depth: float = 0.42) -> Figure:
    """A half from the middle line down to the middle line, or to an edge, closed by its mirror image."""
    path = _path(half) + (" L" + _xy(-half[-2], half[-1]) if half[-2] else "") + _on(_reversed(_mirrored(half))) + " Z"
    return _shape(path, fill, _tone(look, depth), width)


def _each_side(curves: Iterable[Curve], look: Look, width: float, depth: float, fill: str = "") -> Figure:
    """Curves and their mirror images, closed where they have no line but are filled."""
    end = " Z" if fill and not width else ""
    path = " ".join(_path(_sided(curve, side)) + end for curve in curves for side in (1, -1))
    return _shape(path, fill, _tone(look, depth) if width else "", width)


def _circles(middles: Iterable[Point], radius: float) -> str:
    """Circles, each of four curves."""
    handle = radius * _HANDLE
    return " ".join(
        _path(
            (
                x + radius, y, x + radius, y + handle, x + handle, y + radius, x, y + radius,
                x - handle, y + radius, x - radius, y + handle, x - radius, y,
                x - radius, y - handle, x - handle, y - radius, x, y - radius,
                x + handle, y - radius, x + radius, y - handle, x + radius, y,
            )
        )
        + " Z"
        for x, y in middles
    )  # fmt: skip


def _shape(path: str, fill: str, line: str, width: float) -> Figure:
    filled = {"fillcolor": fill} if fill else {}
    return {"type": "path", "path": path, "layer": "below", "line": _line(line, width), **filled}


def _line(colour: str, width: float) -> Figure:
    return {"color": colour, "width": width} if colour else {"width": 0}


def _path(curve: Curve) -> str:
    return f"M{_xy(*curve[:2])}{_on(curve)}"


def _on(curve: Curve) -> str:
    """The curve as it goes on from its start."""
    handles = [curve[place : place + 6] for place in range(2, len(curve), 6)]
    return "".join(" C" + ",".join(_xy(*six[at : at + 2]) for at in (0, 2, 4)) for six in handles)


def _xy(x: float, y: float) -> str:
    return f" {x:g} {y:g}"
