"""The page Results: what an export needs for it, and how its pictures are drawn."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest

from tests.drawing import random_exports, with_random_results
from tests.pages.opening import ONE, Opened, said


def test_results_say_what_an_export_needs_for_them(opened: Opened) -> None:
    told = said(opened("one", ONE, "results")).replace("\\", "")
    assert "Results are what follow-ups have as asymmetry, gais, satisfaction, goal_met" in told


RESULTS = with_random_results(random_exports(2, 30), 2)


@pytest.mark.parametrize(("by", "outcome"), [("treatment_type", "satisfied"), ("area", "change_in_asymmetry")])
def test_every_picture_of_results_is_drawn(opened: Opened, by: str, outcome: str) -> None:
    app = opened("results", RESULTS, "results", results_by=by, results_outcome=outcome)
    assert not app.exception
    assert not app.error
    assert [heading.value for heading in app.header][:3] == [
        "Asymmetry before and after",
        "Change in asymmetry",
        "GAIS",
    ]
    drawn_charts = [str(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert len(drawn_charts) == 8
    assert not re.search(r"\bnan\b", " ".join([*drawn_charts, said(app)]), re.IGNORECASE)


def test_scores_lie_about_their_neutral_middle(opened: Opened) -> None:
    app = opened("results", RESULTS, "results")
    specs = [json.loads(chart.proto.spec)["data"] for chart in app.get("plotly_chart")]
    scales = [traces for traces in specs if all(trace["type"] == "bar" for trace in traces)]
    assert len(scales) == 2
    for traces, neutral in zip(scales, (1, 2), strict=True):
        for place, middle in enumerate(traces[neutral]["base"]):
            assert middle == pytest.approx(-traces[neutral]["x"][place] / 2)
            assert sum(trace["x"][place] for trace in traces) == pytest.approx(1)
            ends = [(trace["base"][place], trace["base"][place] + trace["x"][place]) for trace in traces]
            for (_, end), (start, _) in pairwise(ends):
                assert start == pytest.approx(end)
