"""What goes on paper stands where the picture on the screen has it."""

from __future__ import annotations

import math
import xml.etree.ElementTree as xml

import pandas as pd
import pytest

from dashboard.charts.curves import curves
from dashboard.charts.dots import Row, difference_axis, dots, share_axis
from dashboard.charts.style import DARK, LIGHT, Figure, Group
from dashboard.charts.svg import svg

SPACE = "{http://www.w3.org/2000/svg}"
WIDTH = 760


def drawn(figure: Figure) -> xml.Element:
    return xml.fromstring(svg(figure, WIDTH, "key", "title", "description"))


def texts(picture: xml.Element) -> dict[str, xml.Element]:
    return {"".join(text.itertext()).strip(): text for text in picture.iter(f"{SPACE}text")}


def test_limits_reach_from_one_end_to_the_other() -> None:
    rows = [
        Row("Lips", 0.2, 0.1, 0.4, 100, said="20 %", colour="#0072B2", range=(0.05, 0.45)),
        Row("Chin", math.nan, said="none", colour="#CC6677"),
    ]
    figure = dots(rows, LIGHT, share_axis, is_whole=True)
    picture, margin = drawn(figure), figure["layout"]["margin"]
    (low, high), across = figure["layout"]["xaxis"]["range"], WIDTH - margin["l"] - margin["r"]
    bars = [each for each in picture.iter(f"{SPACE}rect") if each.get("fill")]
    reached = [(float(bar.get("x", 0)), float(bar.get("width", 0))) for bar in bars]
    expected = [
        (margin["l"] + (start - low) / (high - low) * across, (end - start) / (high - low) * across)
        for start, end in ((0.05, 0.45), (0.1, 0.4))
    ]
    assert reached == [pytest.approx(each, abs=0.01) for each in expected]
    marks = list(picture.iter(f"{SPACE}circle"))
    assert len(marks) == 1, "an estimate that is not known has no dot"
    assert marks[0].get("fill") == "#0072B2"
    said = texts(picture)
    assert float(said["Lips"].get("y", 0)) == float(said["20 %"].get("y", 0)) < float(said["none"].get("y", 0))
    assert float(said["Lips"].get("x", 0)) < margin["l"] < WIDTH - margin["r"] < float(said["20 %"].get("x", 0))


def test_figures_of_few_units_fade() -> None:
    figure = dots(
        [Row("Lips", 0.2, 0.1, 0.4, 19, said="few"), Row("Chin", 0.2, 0.1, 0.4, 20, said="enough")], DARK, share_axis
    )
    said = texts(drawn(figure))
    inks = {text: [part.get("fill") for part in said[text].iter(f"{SPACE}tspan")] for text in ("few", "enough")}
    assert inks == {"few": [DARK.quiet], "enough": [DARK.ink]}


def test_ticks_beyond_the_scale_are_left_out() -> None:
    rows = [Row("Lips", -0.3, -0.5, -0.1, 100), Row("Chin", -0.2, -0.4, 0.02, 100)]
    said = texts(drawn(dots(rows, LIGHT, difference_axis, is_signed=True)))
    assert "−50" in said
    assert "50" not in said


def test_numbers_at_risk_stand_beneath_their_days_beside_their_names() -> None:
    rows = pd.DataFrame(
        {"day": range(11), "at_risk": range(110, 99, -1), "share": 0.5, "share_low": math.nan, "share_high": math.nan}
    )
    found = [
        Group(name, "#0072B2", rows.assign(at_risk=rows["at_risk"] + more))
        for name, more in (("Lips", 0), ("Chin", 900))
    ]
    said = texts(drawn(curves(found, LIGHT, share="share", horizon=10, said="Share", clock="Days")))
    place = {text: (float(each.get("x", 0)), float(each.get("y", 0))) for text, each in said.items()}
    assert (
        [place["5"][0], place["10"][0]] == [place["105"][0], place["100"][0]] == [place["1,005"][0], place["1,000"][0]]
    )
    assert place["105"][1] < place["1,005"][1]
    for name, number in (("Lips", "100"), ("Chin", "1,000")):
        assert place[name][1] == pytest.approx(place[number][1], abs=2)
