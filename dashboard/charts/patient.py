"""One patient's history: a lane for each treatment type and side effect, on one line of time.

The same lanes are drawn twice: as a figure for the screen, and as SVG for the page to print.
"""

from __future__ import annotations

import datetime
import html
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dashboard.charts.style import (
    LIGHT,
    NBSP,
    TEXT,
    Figure,
    Look,
    count,
    days,
    figure,
    note,
    safe,
    sign,
    signed,
    wash,
)

KEY = (
    "Treatments: a filled dot is a session, a small ring one that is a touch-up. Side effects: a bar for as long as it "
    "was known to be there; a square end where it resolved; dashes where it ended at some time in between; an arrow "
    "where it was not seen to resolve by the last contact. Follow-ups: a stroke, with the asymmetry found. Ahead: an "
    "open square is the day the next course is due, an open diamond what was planned."
)
"""How the timeline is read, without any colour."""
AROUND = (7, 90)
"""Days before and after a session that are shown where one is looked at closely."""

_ROW, _LEFT, _RIGHT, _TOP, _FOOT = 32, 132, 26, 10, 36
_SCORES = 13
_LONGEST = 19
_LEAST_DAYS = 30
_SCORE_WIDTH = 0.1
_ENDS = ("resolved", "seen gone", "not seen to resolve")
_SYMBOLS = {
    "course": ("circle", 12),
    "touch-up": ("circle-open", 8),
    "session": ("circle", 12),
    "due": ("square-open", 12),
    "planned": ("diamond-open", 11),
    "follow-up": ("line-ns", 13),
    "resolved": ("square", 9),
    "seen gone": ("line-ns", 10),
    "not seen to resolve": ("triangle-right", 11),
}


@dataclass(frozen=True)
class Mark:
    """Something that happened, is planned or is due: on a day, or from a day on; `label` is written beside it.

    `present_until` and `gone_by` are those of a side effect: known to be there, and known to be gone.
    """

    shape: str
    on: datetime.date
    said: str
    label: str = ""
    present_until: datetime.date | None = None
    gone_by: datetime.date | None = None

    @property
    def last(self) -> datetime.date:
        """The last day of it, where its sign stands: a side effect's is that of its end."""
        return max(day for day in (self.on, self.present_until, self.gone_by) if day)


@dataclass(frozen=True)
class Lane:
    """A row of the timeline; it has no name where it goes on with the one above."""

    name: str
    colour: str
    marks: list[Mark] = field(default_factory=list)


def day_in_words(day: datetime.date) -> str:
    """A day as people write it: 3 March 2024."""
    return f"{day:%-d %B %Y}"


def lanes(timeline: pd.DataFrame, intervals: pd.DataFrame, look: Look = LIGHT) -> list[Lane]:
    """The rows of one patient's timeline: treatment types in the catalogue's order, side effects, follow-ups.

    Side effects of a kind that overlap in time stand in rows beneath each other.
    """
    events = _events(timeline)
    last_courses = [row for row in _events(intervals) if not row["is_returned"]]
    due = {row["treatment_type"]: row["due_on"] for row in last_courses if row["due_on"]}
    found: list[Lane] = []
    types = list(look.treatment_types)
    sessions = [event for event in events if event["event"] == "session"]
    codes = dict.fromkeys(event["treatment_type"] for event in sessions)
    for code in sorted(codes, key=lambda code: types.index(code) if code in types else len(types)):
        own = [event for event in sessions if event["treatment_type"] == code]
        marks = [Mark(event["visit"] or "session", event["began_on"], _session_said(event, look)) for event in own]
        if planned_on := own[-1]["planned_on"]:
            marks.append(Mark("planned", planned_on, f"planned for {day_in_words(planned_on)}"))
        if code in due:
            marks.append(Mark("due", due[code], f"next course due {day_in_words(due[code])}"))
        colour = look.colour(types.index(code) if code in types else len(types))
        found.append(Lane(look.name("treatment_type", code), colour, marks))
    side_effects = [event for event in events if event["event"] == "side effect"]
    for effect in sorted(dict.fromkeys(event["effect"] for event in side_effects)):
        own = [event for event in side_effects if event["effect"] == effect]
        name = look.name("effect", effect)
        for place, marks in enumerate(_apart(_side_effect(event, name, look) for event in own)):
            found.append(Lane("" if place else name, look.ink, marks))
    follow_ups = [event for event in events if event["event"] == "follow-up"]
    if follow_ups:
        found.append(Lane("Follow-ups", look.quiet, _follow_ups(follow_ups)))
    return found


def extent(
    found: Iterable[Lane], as_of: datetime.date, around: datetime.date | None = None
) -> tuple[datetime.date, datetime.date]:
    """The first and the last day to show: everything up to the data cut-off and what is due, or around a session."""
    if around:
        return around - datetime.timedelta(days=AROUND[0]), around + datetime.timedelta(days=AROUND[1])
    marks = [mark for lane in found for mark in lane.marks]
    first = min((mark.on for mark in marks), default=as_of)
    last = max((mark.last for mark in marks), default=as_of)
    last = max(last, as_of)
    return _padded(first, last)


def patient_timeline(
    timeline: pd.DataFrame,
    intervals: pd.DataFrame,
    look: Look = LIGHT,
    *,
    as_of: datetime.date,
    around: datetime.date | None = None,
) -> Figure:
    """The lanes of one patient from top to bottom, over days; `around` shows one session closely."""
    found = lanes(timeline, intervals, look)
    first, last = extent(found, as_of, around)
    traces: list[Figure] = []
    notes: list[Figure] = []
    for place, lane in enumerate(found):
        marks = [mark for mark in lane.marks if mark.last >= first and mark.on <= last]
        traces += _bars(marks, place, lane.colour, last)
        traces += _symbols(marks, place, lane.colour, first, last)
        at = {"y": place, "yref": "y", "xref": "paper", "yanchor": "middle", "x": 0, "xanchor": "left"}
        notes.append(
            note(safe(lane.name, _LONGEST), look, **at, xshift=-_LEFT, colour=look.ink, size=TEXT),
        )
        if lane.name == "Follow-ups":
            notes += [
                note(label, look, x=day.isoformat(), y=place, yshift=-17, yanchor="middle")
                for day, label in _scores(marks, first, last)
            ]
    cut_off = {"type": "line", "xref": "x", "yref": "paper", "x0": as_of.isoformat(), "x1": as_of.isoformat()}
    shapes = [{**cut_off, "y0": 0, "y1": 1, "layer": "below", "line": {"color": look.quiet, "width": 1, "dash": "dot"}}]
    return figure(
        traces,
        look,
        _TOP + _ROW * len(found) + _SCORES + _FOOT,
        margin={"l": _LEFT, "r": _RIGHT, "t": _TOP, "b": _FOOT},
        annotations=notes,
        shapes=shapes,
        xaxis={
            "type": "date",
            "range": [first.isoformat(), last.isoformat()],
            "nticks": 5,
            "hoverformat": "%-d %B %Y",
        },
        yaxis={
            "range": [len(found) - 0.1, -0.5],
            "tickvals": list(range(len(found))),
            "showticklabels": False,
            "gridcolor": wash(look.line, 0.6),
        },
        hovermode="closest",
    )


def timeline_svg(found: list[Lane], as_of: datetime.date, width: int = 680) -> str:
    """The same lanes as one SVG element in black on white, which needs nothing else and runs nothing."""
    first, last = extent(found, as_of)
    left, right, row, head = 128, 14, 24, 6
    height = head + row * len(found) + 32

    def x(day: datetime.date) -> float:
        return round(left + (width - left - right) * (day - first).days / (last - first).days, 1)

    drawn = []
    for year_on, said in _ticks(first, last):
        drawn.append(f'<path class="grid" d="M{x(year_on)} {head}V{height - 20}"/>')
        drawn.append(f'<text class="tick" x="{x(year_on)}" y="{height - 6}" text-anchor="middle">{said}</text>')
    drawn.append(f'<path class="cut-off" d="M{x(as_of)} {head}V{height - 20}"/>')
    for place, lane in enumerate(found):
        y = head + row * place + row / 2
        drawn.append(f'<text x="0" y="{y + 4}">{_clean(lane.name)}</text>')
        drawn.append(f'<path class="grid" d="M{left} {y}H{width - right}"/>')
        for mark in lane.marks:
            drawn += [*_svg_bar(mark, x, y), _svg_symbol(mark.shape, x(mark.last), y, mark.said)]
        if lane.name == "Follow-ups":
            drawn += [
                f'<text class="tick" x="{x(day)}" y="{y + 14}" text-anchor="middle">{label}</text>'
                for day, label in _scores(lane.marks, first, last)
            ]
    label = "Timeline of treatments, side effects and follow-ups"
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(drawn)}</svg>'
    )


SVG_STYLE = """
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; fill: #23272B }
svg path, svg circle, svg rect { stroke: #23272B; stroke-width: 1.6; fill: none }
svg .tick { font-size: 9px; fill: #5A5C5B }
svg .grid { stroke: #E4DFD6; stroke-width: 0.8 }
svg .cut-off { stroke: #6A6C6B; stroke-width: 1; stroke-dasharray: 1.5 2.5 }
svg .known { stroke-width: 5 }
svg .unknown { stroke-width: 2; stroke-dasharray: 3 2 }
svg .full { fill: #23272B }
svg * { -webkit-print-color-adjust: exact; print-color-adjust: exact }
"""


def patient_intervals(intervals: pd.DataFrame, of_types: pd.DataFrame, look: Look = LIGHT) -> Figure:
    """Own maintenance intervals on those of the type: dots on the quartiles, an arrow where one is not over yet.

    `of_types` is the frame of maintenance_summary by treatment type, of all patients.
    """
    courses = _events(intervals)
    types = list(look.treatment_types)
    codes = sorted(
        dict.fromkeys(course["treatment_type"] for course in courses),
        key=lambda code: types.index(code) if code in types else len(types),
    )
    summaries: Mapping[str, Any] = {row["treatment_type"]: row for row in _events(of_types)}
    known = [float(course["interval_days"]) for course in courses]
    known += [
        float(value)
        for code in codes
        for value in (summaries.get(code, {}).get(name) for name in ("median_days", "q3_days"))
        if value is not None
    ]
    top = max(known, default=1.0) * 1.06 or 1.0
    traces: list[Figure] = []
    notes: list[Figure] = []
    shapes: list[Figure] = []
    for place, code in enumerate(codes):
        own = [course for course in courses if course["treatment_type"] == code]
        colour = look.colour(types.index(code) if code in types else len(types))
        of_type = summaries.get(code, {})
        shapes += _quartiles(of_type, place, top, colour)
        over = [course for course in own if course["is_returned"]]
        still = [course for course in own if not course["is_returned"]]
        traces += [
            _at(
                [course["interval_days"] for course in over],
                place,
                {"symbol": "circle", "size": 9, "color": wash(colour, 0.75), "line": {"color": colour, "width": 1}},
                [f"{days(course['interval_days'])} from {day_in_words(course['started_on'])}" for course in over],
            ),
            _at(
                [course["interval_days"] for course in still],
                place,
                {"symbol": "triangle-right-open", "size": 11, "color": colour, "line": {"width": 2}},
                [
                    f"{days(course['interval_days'])} since {day_in_words(course['started_on'])}, not back yet"
                    for course in still
                ],
            ),
        ]
        at = {"y": place, "yref": "y", "xref": "paper", "yanchor": "middle"}
        name = safe(look.name("treatment_type", code), _LONGEST)
        notes.append(note(name, look, **at, x=0, xanchor="left", xshift=-_LEFT, colour=look.ink, size=TEXT))
        n = f"n{NBSP}{len(over)} own<br>n{NBSP}{count(of_type.get('patients') or 0)} in all"
        notes.append(note(n, look, **at, x=1, xanchor="right", xshift=104))
    ticks = _day_ticks(top)
    labels = [f"{tick:,}" for tick in ticks[:-1]] + [days(ticks[-1])]
    return figure(
        [trace for trace in traces if trace["x"]],
        look,
        30 + 40 * max(len(codes), 1) + 8,
        margin={"l": _LEFT, "r": 104, "t": 30, "b": 8},
        annotations=notes,
        shapes=shapes,
        xaxis={"range": [0, top], "side": "top", "tickvals": ticks, "ticktext": labels, "tickangle": 0},
        yaxis={"range": [len(codes) - 0.4, -0.6], "visible": False},
        hovermode="closest",
    )


def patient_asymmetry(timeline: pd.DataFrame, look: Look = LIGHT) -> Figure:
    """Asymmetry over time, where it was scored: hollow before a session, filled at its follow-ups, joined by a line.

    Of several treatment types, each has its own mark.
    """
    scored = [
        event for event in _events(timeline) if event["asymmetry"] is not None and event["event"] != "side effect"
    ]
    days_scored = [event["began_on"] for event in scored]
    first, last = _padded(min(days_scored), max(days_scored))
    top = max(4, 2 * math.ceil(max(event["asymmetry"] for event in scored) / 2))
    types = list(dict.fromkeys(event["treatment_type"] for event in scored))
    marks = {code: sign(place) for place, code in enumerate(types)}
    traces: list[Figure] = []
    for treated_on in dict.fromkeys(event["treated_on"] for event in scored):
        of_session = [event for event in scored if event["treated_on"] == treated_on]
        for code in dict.fromkeys(event["treatment_type"] for event in of_session):
            own = [event for event in of_session if event["treatment_type"] == code]
            colour = _colour(code, look)
            treatment = _treatment(code, look)
            said = [
                f"{event['asymmetry']:g} {'before' if event['event'] == 'session' else 'after'} "
                f"{safe(treatment)} of {day_in_words(treated_on)}"
                + (f" ({safe(_spaced(event['details']))})" if event["details"] else "")
                for event in own
            ]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "x": [event["began_on"].isoformat() for event in own],
                    "y": [event["asymmetry"] for event in own],
                    "line": {"color": wash(colour, 0.6), "width": 1.5},
                    "marker": {
                        "size": 9,
                        "symbol": [marks[code][0] + ("-open" if event["event"] == "session" else "") for event in own],
                        "color": colour,
                        "line": {"color": colour, "width": 2},
                    },
                    "hovertext": said,
                    "hoverinfo": "text",
                    "cliponaxis": False,
                }
            )
    key = [signed(marks[code][1], _colour(code, look), safe(_treatment(code, look), 24)) for code in types]
    lines = ["   ".join(key[place : place + 2]) for place in range(0, len(key), 2)] if len(types) > 1 else []
    at_top = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": -30, "y": 1, "yref": "paper", "yanchor": "bottom"}
    return figure(
        traces,
        look,
        240 + 18 * len(lines),
        margin={"l": 36, "r": _RIGHT, "t": 14 + 18 * len(lines), "b": _FOOT},
        annotations=[note("<br>".join(lines), look, **at_top, yshift=8, colour=look.ink)] if lines else [],
        xaxis={"type": "date", "nticks": 5, "range": [first.isoformat(), last.isoformat()]},
        yaxis={"range": [0, top * 1.04], "tickvals": list(range(0, top + 1, 2))},
        hovermode="closest",
    )


def _treatment(code: str | None, look: Look) -> str:
    return look.name("treatment_type", code) if code else "Several treatments"


def _padded(first: datetime.date, last: datetime.date) -> tuple[datetime.date, datetime.date]:
    """The days from first to last with some room before and after, more where they are few."""
    room = max(round(0.03 * (last - first).days), (_LEAST_DAYS - (last - first).days) // 2, 2)
    return first - datetime.timedelta(days=room), last + datetime.timedelta(days=room)


def _events(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows, with None wherever there is no value."""
    empty = frame.astype(object).where(frame.notna(), None)
    return [{str(column): value for column, value in row.items()} for row in empty.to_dict("records")]


def _colour(code: str | None, look: Look) -> str:
    types = list(look.treatment_types)
    return look.colour(types.index(code)) if code in types else look.quiet


def _session_said(event: dict[str, Any], look: Look) -> str:
    visit = {"touch-up": "touch-up", "course": "course"}.get(event["visit"] or "", "session")
    told = [f"{look.name('treatment_type', event['treatment_type'])}, {visit}, {day_in_words(event['began_on'])}"]
    told += [_spaced(event[name]) for name in ("details", "products", "practitioners") if event[name]]
    return "; ".join(told)


def _side_effect(event: dict[str, Any], name: str, look: Look) -> Mark:
    severity = f", {event['severity']}" if event["severity"] else ""
    treatment = look.name("treatment_type", event["treatment_type"])
    said = f"{name}{severity} after {treatment}, from {day_in_words(event['began_on'])}: {ended_in_words(event)}"
    return Mark(
        event["ending"], event["began_on"], said, present_until=event["present_until"], gone_by=event["gone_by"]
    )


def ended_in_words(event: Mapping[str, Any]) -> str:
    """What is known of the end of a side effect, from its row of the timeline."""
    lasted = days((event["present_until"] - event["began_on"]).days)
    if event["ending"] == "resolved":
        return f"resolved {day_in_words(event['gone_by'])}, after {lasted}"
    if event["ending"] == "seen gone":
        most = days((event["gone_by"] - event["began_on"]).days)
        return f"gone by {day_in_words(event['gone_by'])}, after more than {lasted} and at most {most}"
    return f"not seen to resolve by {day_in_words(event['present_until'])}, after {lasted}"


def _follow_ups(events: list[dict[str, Any]]) -> list[Mark]:
    """A mark for each day with follow-ups."""
    marks = []
    for day in dict.fromkeys(event["began_on"] for event in events):
        own = [event for event in events if event["began_on"] == day]
        scores = [f"{event['asymmetry']:g}" for event in own if event["asymmetry"] is not None]
        told = [f"Follow-up, {day_in_words(day)}", *(scored for event in own if (scored := scores_in_words(event)))]
        marks.append(Mark("follow-up", day, "; ".join(told), "/".join(scores)))
    return marks


def scores_in_words(event: Mapping[str, Any]) -> str:
    """The scores of a follow-up, those that were given."""
    given = {
        "asymmetry {:g} of 10": event["asymmetry"],
        "GAIS {:g}": event["gais"],
        "satisfaction {:g} of 5": event["satisfaction"],
    }
    return ", ".join(text.format(value) for text, value in given.items() if value is not None)


def _spaced(codes: str) -> str:
    return codes.replace("_", " ")


def _apart(marks: Iterable[Mark]) -> list[list[Mark]]:
    """The marks in as few rows as it takes for none to overlap another of its row."""
    rows: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda mark: mark.on):
        free = next((row for row in rows if row[-1].last < mark.on), None)
        if free is None:
            rows.append([mark])
        else:
            free.append(mark)
    return rows


def _bars(marks: list[Mark], place: int, colour: str, last: datetime.date) -> list[Figure]:
    """Solid while a side effect was known to be there, dashed while it ended at some time; a stroke where it began."""
    own = [mark for mark in marks if mark.shape in _ENDS]
    known = [(mark.on, mark.present_until) for mark in own if mark.present_until]
    unknown = [(mark.present_until, mark.gone_by) for mark in own if mark.shape == "seen gone"]
    begun = _at([mark.on.isoformat() for mark in own], place, _marker("line-ns", 12, colour), [""] * len(own))
    return [
        each
        for each in (
            _line(known, place, {"color": colour, "width": 6}, last),
            _line(unknown, place, {"color": colour, "width": 2, "dash": "3px,3px"}, last),
            {**begun, "hoverinfo": "skip"},
        )
        if each["x"]
    ]


def _line(spans: list[tuple[Any, Any]], place: int, line: Figure, last: datetime.date) -> Figure:
    ends = [(begun, min(ended, last)) for begun, ended in spans if begun <= last]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for begun, ended in ends for x in (begun.isoformat(), ended.isoformat(), None)],
        "y": [y for _ in ends for y in (place, place, None)],
        "line": line,
        "hoverinfo": "skip",
    }


def _symbols(marks: list[Mark], place: int, colour: str, first: datetime.date, last: datetime.date) -> list[Figure]:
    traces = []
    for shape, (symbol, size) in _SYMBOLS.items():
        own = [mark for mark in marks if mark.shape == shape and first <= mark.last <= last]
        if own:
            said = [safe(mark.said, 400) for mark in own]
            traces.append(_at([mark.last.isoformat() for mark in own], place, _marker(symbol, size, colour), said))
    return traces


def _marker(symbol: str, size: int, colour: str) -> Figure:
    return {"symbol": symbol, "size": size, "color": colour, "line": {"color": colour, "width": 2}}


def _at(x: list[Any], place: int, marker: Figure, said: list[str]) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": [place] * len(x),
        "marker": marker,
        "hovertext": said,
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _scores(marks: list[Mark], first: datetime.date, last: datetime.date) -> list[tuple[datetime.date, str]]:
    """The scores that there is room to write: none too near the one before."""
    room = _SCORE_WIDTH * (last - first).days
    written: list[tuple[datetime.date, str]] = []
    for mark in marks:
        if mark.label and first <= mark.on <= last and (not written or (mark.on - written[-1][0]).days >= room):
            written.append((mark.on, mark.label))
    return written


def _quartiles(of_type: Mapping[str, Any], place: int, top: float, colour: str) -> list[Figure]:
    """The band from the first to the third quartile, open to the right where that is not reached, and the median."""
    drawn: list[Figure] = []
    box = {"xref": "x", "yref": "y", "layer": "below"}
    low, middle, high = (of_type.get(name) for name in ("q1_days", "median_days", "q3_days"))
    if low is not None:
        fill = {"fillcolor": wash(colour, 0.16), "line": {"width": 0}}
        end = top if high is None else high
        drawn.append({**box, "type": "rect", "x0": low, "x1": end, "y0": place - 0.3, "y1": place + 0.3, **fill})
    if middle is not None:
        line = {"color": colour, "width": 2}
        drawn.append(
            {**box, "type": "line", "x0": middle, "x1": middle, "y0": place - 0.3, "y1": place + 0.3, "line": line}
        )
    return drawn


def _day_ticks(top: float) -> list[int]:
    """At most five steps from nought."""
    step = next((step for step in (1, 2, 7, 14, 30, 60, 90, 180, 365, 730, 1460) if top / step <= 5), 3650)
    return list(range(0, int(top) + 1, step))


def _ticks(first: datetime.date, last: datetime.date) -> list[tuple[datetime.date, str]]:
    """At most eight days to name on the axis: Januaries, or firsts of months where the time is short."""
    months = [
        datetime.date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in range(1, 13)
        if first <= datetime.date(year, month, 1) <= last
    ]
    years = [month for month in months if month.month == 1]
    if len(years) >= 3:
        return [(year, f"{year:%Y}") for year in years[:: math.ceil(len(years) / 8)]]
    if months:
        return [(month, f"{month:%b %Y}") for month in months[:: math.ceil(len(months) / 8)]]
    return [(first, day_in_words(first))]


def _clean(text: str) -> str:
    return html.escape(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…")


def _svg_bar(mark: Mark, x: Any, y: float) -> list[str]:
    if mark.shape not in _ENDS or mark.present_until is None:
        return []
    begun = f'<path d="M{x(mark.on)} {y - 5}v10"/>'
    known = f'<path class="known" d="M{x(mark.on)} {y}H{x(mark.present_until)}"/>'
    if mark.shape != "seen gone" or mark.gone_by is None:
        return [begun, known]
    return [begun, known, f'<path class="unknown" d="M{x(mark.present_until)} {y}H{x(mark.gone_by)}"/>']


def _svg_symbol(shape: str, x: float, y: float, said: str) -> str:
    drawn = {
        "course": f'<circle class="full" cx="{x}" cy="{y}" r="4.5"/>',
        "session": f'<circle class="full" cx="{x}" cy="{y}" r="4.5"/>',
        "touch-up": f'<circle cx="{x}" cy="{y}" r="3"/>',
        "due": f'<rect x="{x - 4.5}" y="{y - 4.5}" width="9" height="9"/>',
        "planned": f'<path d="M{x} {y - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"/>',
        "follow-up": f'<path d="M{x} {y - 5}v10"/>',
        "resolved": f'<rect class="full" x="{x - 3}" y="{y - 3}" width="6" height="6"/>',
        "seen gone": f'<path d="M{x} {y - 4}v8"/>',
        "not seen to resolve": f'<path class="full" d="M{x} {y - 4.5}l6 4.5l-6 4.5z"/>',
    }[shape]
    return f"<g><title>{html.escape(said)}</title>{drawn}</g>"
