"""How everything looks: one type scale, one colour per treatment type, one way to write a number or a name."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

Figure = dict[str, Any]
"""A Plotly figure as a plain dictionary: a figure object costs forty times as much to make."""

SMALL = 20
"""With fewer units than this a dot is drawn hollow, its figure fades, and the section warns."""
FADED = 0.65
"""How opaque the ink of a figure of few units is: as faint as `quiet`, and still to be read."""
THIN = 5
"""Where fewer than this are at risk, a curve fades."""

MARKS = {
    "circle": "●",
    "square": "■",
    "diamond": "◆",
    "triangle-up": "▲",
    "cross": "✚",
    "triangle-down": "▼",
    "star": "★",
}
"""Plotly's marks that tell groups apart where colour cannot, and how each is written beside its group's name."""

FONT = "Inter, -apple-system, 'Segoe UI', 'Source Sans', sans-serif"
TEXT, FINE = 13, 12
NBSP = "\u00a0"
NOT_RECORDED = "Not recorded"
SUPPRESSED, SUPPRESSED_COUNT = "suppressed", "a suppressed number"

_VERBATIM = {"practitioner", "clinic", "product", "lot", "age_band", "year"}
_ORDINALS = {"1": "First", "2": "Second", "3": "Third", "4": "Fourth", "5": "Fifth", "6+": "Sixth and later"}
_PHRASES = {
    "aftercare": {"followed": "Aftercare followed", "not followed": "Aftercare not followed"},
    "smoker": {"yes": "Smoker", "no": "Not a smoker"},
    "serious": {"yes": "Serious", "no": "Not serious"},
    "effect": {"any": "At least one"},
    "age_band": {"under 25": "Under 25"},
    "total": {"total": "All"},
    "outcome": {
        "asymmetry_change": "Asymmetry, after less before",
        "asymmetry_improved": "Asymmetry at least 1 point lower",
        "asymmetry_worse": "Asymmetry higher than before",
        "gais_improved": "GAIS improved (1 to 3)",
        "satisfied": "Satisfied (4 or 5)",
    },
}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True)
class Look:
    """A theme's colours, and the names of the treatment types in the order that gives each its colour.

    `named` are those of the palette that a treatment type can be given, by the catalogue's words for them.
    """

    ink: str
    quiet: str
    line: str
    ground: str
    accent: str
    palette: tuple[str, ...]
    named: Mapping[str, str]
    heat: tuple[str, str]
    treatment_types: Mapping[str, str] = field(default_factory=dict)

    def of_types(self, labels: Mapping[str, str], chosen: Mapping[str, str] | None = None) -> Look:
        """The same look for these treatment types: code to label, the catalogue's first and in its order.

        `chosen` is code to the name of a colour: the type that would have had it gets the chooser's instead.
        """
        palette, places = list(self.palette), {code: place % len(self.palette) for place, code in enumerate(labels)}
        for code, name in (chosen or {}).items():
            if code in places and name in self.named:
                its, wanted = places[code], palette.index(self.named[name])
                palette[its], palette[wanted] = palette[wanted], palette[its]
        return replace(self, treatment_types=dict(labels), palette=tuple(palette))

    def colour(self, place: int) -> str:
        return self.palette[place % len(self.palette)]

    def name(self, column: str, value: str) -> str:
        """A value in words, as plain text: `vascular_occlusion` is "Vascular occlusion", nothing is "Not recorded"."""
        if value == "":
            return NOT_RECORDED
        if column == "treatment_type" and value in self.treatment_types:
            return self.treatment_types[value]
        if column in _PHRASES and value in _PHRASES[column]:
            return _PHRASES[column][value]
        if column == "position":
            return _ORDINALS.get(value, value)
        if column == "skin_type":
            return f"Type{NBSP}{value}"
        if column == "month" and len(value) == 7:
            return f"{_MONTHS[int(value[5:]) - 1]}{NBSP}{value[:4]}"
        if column == "quarter":
            return value.replace("-", NBSP)
        return value if column in _VERBATIM else words(value)


LIGHT = Look(
    ink="#23272B",
    quiet="#6A6C6B",
    line="#E4DFD6",
    ground="#FAF9F6",
    accent="#0F665F",
    palette=(
        "#0072B2", "#CC6677", "#666633", "#AA3377", "#222255", "#661100",
        "#084B4B", "#D55E00", "#009E73", "#9970AB", "#555555",
    ),
    named={
        "blue": "#0072B2", "orange": "#D55E00", "green": "#009E73", "rose": "#CC6677",
        "olive": "#666633", "teal": "#084B4B", "purple": "#9970AB", "grey": "#555555",
    },
    heat=("#F1EEE8", "#0F665F"),
)  # fmt: skip
DARK = Look(
    ink="#ECE8E1",
    quiet="#A8A39A",
    line="#34312D",
    ground="#171614",
    accent="#4FB3A8",
    palette=(
        "#5B8FC7", "#E07A88", "#B3B347", "#C8A2FF", "#F0E442", "#DDDDDD",
        "#44AA99", "#D55E00", "#A6DBA0", "#8BD3C7", "#9970AB",
    ),
    named={
        "blue": "#5B8FC7", "orange": "#D55E00", "green": "#A6DBA0", "rose": "#E07A88",
        "olive": "#B3B347", "teal": "#44AA99", "purple": "#9970AB", "grey": "#DDDDDD",
    },
    heat=("#24221F", "#2B7F76"),
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """The rows of one group, with its name and colour; charts write the name beside the mark."""

    name: str
    colour: str
    rows: pd.DataFrame


def groups(
    frame: pd.DataFrame, by: Sequence[str], look: Look, n: str = "", most: int = 0, is_told_apart: bool = False
) -> list[Group]:
    """The groups of a measure's frame, in its order, treatment types in the catalogue's and each in its own colour.

    Other groups have the accent's colour, or different ones where only colour could tell them apart. With `most`, only
    the groups that are largest by the column `n`, or the latest in time: a chart of fifty curves shows nothing.
    """
    if not by:
        return [Group("All", look.accent, frame)] if len(frame) else []
    places = _places(frame, by)
    types = list(look.treatment_types)
    found: list[Group] = []
    is_by_type = tuple(by) == ("treatment_type",)
    order = sorted(places, key=lambda key: _place(types, key[0])) if is_by_type else list(places)
    if most and len(order) > most:
        order = _shown(frame, places, order, n, most, is_in_time=by[0] in ("month", "quarter", "year"))
    for place, key in enumerate(order):
        if is_by_type and key[0] in types:
            place = types.index(key[0])
        name = ", ".join(look.name(column, value) for column, value in zip(by, key, strict=True))
        colour = look.colour(place) if is_by_type or is_told_apart else look.accent
        found.append(Group(name, colour, frame.iloc[places[key]]))
    return found


Rows = slice | np.ndarray
"""Rows of a frame by their places: those that follow each other need no copy."""
_FEW = 200


def _places(frame: pd.DataFrame, by: Sequence[str]) -> dict[tuple[str, ...], Rows]:
    """The rows of each group, in the order in which the groups come."""
    if len(frame) <= _FEW:  # quicker than to prepare for many
        found: dict[tuple[str, ...], list[int]] = {}
        for place, key in enumerate(zip(*(frame[column].astype(str).tolist() for column in by), strict=True)):
            found.setdefault(key, []).append(place)
        return {key: _rows(its) for key, its in found.items()}
    codes = np.zeros(len(frame), dtype=np.int64)
    values = []
    for column in by:
        code, value = pd.factorize(frame[column].astype(str), use_na_sentinel=False)
        codes = codes * len(value) + code
        values.append((code, list(value)))
    group, seen = pd.factorize(codes)
    rows = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group, minlength=len(seen)))[:-1])
    return {tuple(value[code[its[0]]] for code, value in values): _rows(its) for its in rows if len(its)}


def _rows(places: Sequence[int] | np.ndarray) -> Rows:
    first, last = int(places[0]), int(places[-1])
    return slice(first, last + 1) if last - first == len(places) - 1 else np.asarray(places)


def _shown(
    frame: pd.DataFrame,
    places: Mapping[tuple[str, ...], Rows],
    order: list[tuple[str, ...]],
    n: str,
    most: int,
    is_in_time: bool,
) -> list[tuple[str, ...]]:
    """The keys that a chart has room for: the latest where they are in time, else the largest by the column `n`."""
    if is_in_time:
        return order[-most:]
    counts = frame[n].to_numpy(dtype=float, na_value=np.nan)
    size = {key: np.fmax.reduce(counts[places[key]], initial=0.0) for key in order}
    largest = set(sorted(order, key=lambda key: -size[key])[:most])
    return [key for key in order if key in largest]


def _place(types: Sequence[str], code: str) -> int:
    return types.index(code) if code in types else len(types)


def words(code: str) -> str:
    """A code in words: `lateral_canthal` is "Lateral canthal"."""
    spaced = code.replace("_", " ").strip()
    return spaced[:1].upper() + spaced[1:]


def count(number: float) -> str:
    """A count with thousand separators; in words where it is suppressed."""
    return SUPPRESSED_COUNT if math.isnan(number) else f"{number:,.0f}"


def short(number: float) -> str:
    """A count where there is little room: in thousands from ten thousand on; the pointer and the table have all."""
    return count(number) if number < 10_000 or math.isnan(number) else f"{number / 1000:,.0f}k"


def fraction(some: float, of: float) -> str:
    """Some of all, as a chart has room for it."""
    return SUPPRESSED if math.isnan(some) or math.isnan(of) else f"{count(some)}/{count(of)}"


def percent(share: float) -> str:
    """A share as a percentage: one decimal, two below one per cent; a dash where there is none."""
    if math.isnan(share):
        return "–"
    points = 100 * share
    digits = 0 if points in (0, 100) else 2 if points < 0.995 else 1
    return f"{points:.{digits}f}{NBSP}%"


def points(number: float) -> str:
    """A difference of scores with its sign; a dash where there is none."""
    if math.isnan(number):
        return "–"
    return f"{number:+.2f}".replace("-", "−") if round(number, 2) else "0"


def days(number: float, none: str = "not reached") -> str:
    """A number of days in words, or what to say where there is none."""
    if math.isnan(number):
        return none
    return f"{number:,.0f}{NBSP}day{'' if number == 1 else 's'}"


def of_n(figure: str, n: float) -> str:
    """A figure with its n, as a chart has room for it."""
    return SUPPRESSED if math.isnan(n) else f"<b>{figure}</b>  n{NBSP}{count(n)}"


def between(low: float, high: float, unit: str = "%") -> str:
    """Confidence limits in words: "between 11.1 and 13.8 %", or with days, where an end may not be reached."""
    if unit == "%":
        if math.isnan(low) or math.isnan(high):
            return "limits cannot be given"
        return f"between {percent(low).removesuffix(f'{NBSP}%')} and {percent(high)}"
    if unit == "points":
        return "without limits" if math.isnan(low) else f"between {points(low)} and {points(high)}"
    if math.isnan(low):
        return "limits not reached"
    return f"between {low:,.0f} and {days(high)}" if not math.isnan(high) else f"at least {days(low)}"


def safe(text: str, longest: int = 200) -> str:
    """A text that Plotly draws as it is, cut with an ellipsis where it is longer."""
    return html.escape(text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…", quote=False)


def sign(place: int) -> tuple[str, str]:
    """The mark of the group at that place: as Plotly names it, and as it is written."""
    return list(MARKS.items())[place % len(MARKS)]


def signed(written: str, colour: str, name: str) -> str:
    """A name that is safe already, with its group's mark in the group's colour before it."""
    return f'<span style="color:{colour}">{written}</span> {name}'


def faded(text: str, look: Look) -> str:
    """A text, which is safe already, in the quiet colour wherever it stands."""
    return f'<span style="color:{look.quiet}">{text}</span>'


def wash(colour: str, opacity: float) -> str:
    """A colour made transparent."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def blend(low: str, high: str, share: float) -> str:
    """The colour that lies that share of the way from one to the other."""
    ends = [[int(each[place : place + 2], 16) for place in (1, 3, 5)] for each in (low, high)]
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in zip(*ends, strict=True))


def contrast(one: str, other: str) -> float:
    """How well one colour stands out from another, from 1 to 21 (WCAG)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """What is read better on that colour: white, or nearly black."""
    return max(("#FFFFFF", "#171614"), key=lambda ink: contrast(ink, colour))


def note(text: str, look: Look, **where: Any) -> Figure:
    """A piece of text on a chart, in the fine size and the quiet colour unless told otherwise."""
    colour = where.pop("colour", look.quiet)
    size = where.pop("size", FINE)
    return {
        "text": text,
        "showarrow": False,
        "font": {"family": FONT, "size": size, "color": colour},
        "align": "left",
        **where,
    }


def figure(traces: list[Figure], look: Look, height: int, **layout: Any) -> Figure:
    """A figure in the house style: no background, no legend, quiet axes, nothing to drag by accident."""
    axis = {
        "showline": False,
        "zeroline": False,
        "gridcolor": look.line,
        "tickfont": {"family": FONT, "size": FINE, "color": look.quiet},
        "fixedrange": True,
        "automargin": False,
    }
    for name in ("xaxis", "yaxis", *({"yaxis2"} & layout.keys())):
        layout[name] = {**axis, **layout.get(name, {})}
    return {
        "data": traces or [{"type": "scatter", "x": [], "y": []}],
        "layout": {
            "height": height,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": TEXT, "color": look.ink},
            "showlegend": False,
            "dragmode": False,
            "hoverlabel": {
                "bgcolor": look.ground,
                "bordercolor": look.line,
                "font": {"family": FONT, "size": TEXT, "color": look.ink},
                "align": "left",
            },
            **layout,
        },
    }


def drawable(drawn: Figure) -> object:
    """The figure as Streamlit takes it without validating it again, which costs more than all the rest.

    The tests validate the figures of every page instead. Streamlit hands each figure to Plotly twice, the second time
    as a copy: its revision of the data, which is the same, keeps Plotly from drawing all of it again.
    """
    from plotly.basedatatypes import BaseFigure

    revised = {**drawn, "layout": {**drawn["layout"], "datarevision": 0}}
    as_it_is = object.__new__(BaseFigure)
    object.__setattr__(as_it_is, "to_dict", lambda: revised)
    return as_it_is
