"""The page Maintenance: who is on the recall list and why, plans that were due, and what has no limits."""

from __future__ import annotations

import json
import re

from dashboard.ui.wording import plain
from tests.drawing import drawn
from tests.pages.opening import MANY, ONE, Opened, of_products, said

PLANNED = drawn(
    """treatment_id | patient_id | treated_on | treatment_type | planned_interval_days
    T1 | A | 0   | skincare | 40
    T2 | A | 45  | skincare | 40
    T3 | B | 300 | rhinoplasty | ."""
)


def test_the_recall_list_says_who_and_why_and_can_be_searched(opened: Opened) -> None:
    app = opened("planned", PLANNED, "maintenance")
    told = said(app).replace("\\", "")
    assert "1 long overdue. Their days rest on the mean of the treatment type for 1." in told
    assert "The plans of 2 of 2 courses were due. 0 are not due yet" in told
    assert "The catalogue expects a return after 28 to 90 days (the pale band)" in told
    listed = app.dataframe[-1].value
    assert listed["patient_id"].tolist() == ["A"]
    assert listed["treatment_type"].tolist() == ["Skincare"]
    assert listed["reason"].tolist() == ["last visit 255 days ago; patients who return usually do after 45 days"]
    app.text_input(key="recall_search").set_value("nobody").run()
    assert "Nothing on the list has that text" in said(app)


def test_where_nobody_is_due_and_nothing_was_planned_it_says_what_to_do(opened: Opened) -> None:
    app = opened("one", ONE, "maintenance")
    told = said(app).replace("\\", "")
    assert "Nobody is due within 30 days, nor overdue. Choose a longer time" in told
    assert "No plan was due in this selection." in told


def test_a_band_stands_behind_a_single_type_alone(opened: Opened) -> None:
    bands = [
        [shape for shape in json.loads(chart.proto.spec)["layout"]["shapes"] if shape["type"] == "rect"]
        for query in ({}, {"treatment_type": "skincare"})
        for chart in opened("many", MANY, "maintenance", **query).get("plotly_chart")[:1]
    ]
    assert bands[0] == []
    assert [(band["x0"], band["x1"]) for band in bands[1]] == [(28, 90)]


def test_plans_that_were_due_are_shown(opened: Opened) -> None:
    planned = drawn(
        """treatment_id | patient_id | treated_on | treatment_type | planned_interval_days
        T1 | A | 0   | neuromodulator | 90
        T2 | A | 92  | neuromodulator | 90
        T3 | B | 0   | neuromodulator | 90
        T4 | B | 400 | neuromodulator | ."""
    )
    app = opened("plans-due", planned, "maintenance")
    assert not app.error
    words = said(app).replace("\\", "")
    assert "The plans of 3 of 4 courses were due." in words, words


def test_one_patient_has_no_limits_and_that_is_said(opened: Opened) -> None:
    app = opened("alone", of_products(A=30, B=1), "maintenance", maintenance_by="product")
    assert plain("One patient only, which gives no limits: B.") in said(app)
    assert not re.search(r"\bnan\b", said(app))
