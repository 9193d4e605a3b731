"""Charts whose marks choose something: by a click, or by a finger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.charts.style import NOT_RECORDED, Figure, drawable, words
from dashboard.ui.wording import plain

Choose = Callable[[str], None]
"""Told the `customdata` of a mark, before the page runs again."""

_FINGER = 24  # pixels: as many as still keep neighbours on a phone apart

# Plotly takes a tap for one on the mark before, and holds the page fast. For fingers it is left alone, and buttons that
# nobody sees stand on the marks.
_STYLE = """<style>
.st-key-touch-{key} {{ display: none }}
@media (pointer: coarse) {{
  .st-key-shaped-{key} {{ position: relative }}
  .st-key-shaped-{key} .js-plotly-plot {{ pointer-events: none }}
  .st-key-touch-{key} {{ display: block; position: absolute; inset: 0 }}
  .st-key-touch-{key} > * {{ position: absolute; transform: translate(-50%, -50%); width: {finger}px !important }}
  .st-key-touch-{key} button {{ width: {finger}px; height: {finger}px; min-height: 0; padding: 0;
    overflow: hidden; white-space: nowrap; opacity: 0 }}
  {places}
}}
</style>"""


def chart_of_marks(figure: Figure, key: str, alt: str, config: dict[str, Any], on_choose: Choose) -> None:
    """A chart of its container's height whose marks, those of the trace that has `customdata` and no text, choose.

    It belongs in no fragment: a choice is the whole page's, and one that is told to a fragment which has just been
    replaced is lost.
    """
    # A click is forgotten once it is told, so that the next one on the same mark is told too.
    clicks = f"{key}-clicks"
    count = st.session_state.get(clicks, 0)
    this = f"{key}-{count}"

    def clicked() -> None:
        points = st.session_state[this]["selection"]["points"]
        if points and st.session_state.get(clicks, 0) == count:
            st.session_state[clicks] = count + 1
            on_choose(str(points[0]["customdata"]))

    # As Streamlit sets them by itself, which would draw the chart once more.
    figure["layout"] |= {"clickmode": "event+select", "dragmode": "pan"}
    st.plotly_chart(
        drawable(figure),
        theme=None,
        config=config,
        key=this,
        alt=alt,
        height="stretch",
        on_select=clicked,
        selection_mode="points",
    )
    marks = next(trace for trace in figure["data"] if "customdata" in trace and "text" not in trace)
    (left, right), (bottom, top) = (figure["layout"][axis]["range"] for axis in ("xaxis", "yaxis"))
    places = [
        f".st-key-touch-{key} > .st-key-touch-{key}-{place} "
        f"{{ left: {100 * (x - left) / (right - left):.2f}%; top: {100 * (top - y) / (top - bottom):.2f}% }}"
        for place, (x, y) in enumerate(zip(marks["x"], marks["y"], strict=True))
    ]
    st.html(_STYLE.format(key=key, finger=_FINGER, places="\n  ".join(places)))
    with st.container(key=f"touch-{key}"):
        for place, value in enumerate(marks["customdata"]):
            name = plain(words(value) or NOT_RECORDED)
            st.button(name, key=f"touch-{key}-{place}", on_click=on_choose, args=(value,), type="tertiary")
