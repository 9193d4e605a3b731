"""The SQL page: a query that comes with a link is shown and not run; what it gives is a table, a chart, files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from plotly.graph_objects import Figure

import data
from dashboard.charts.answer import KINDS
from dashboard.sandbox.asking import examples
from tests.pages.opening import EVIL, MANY, ONE, Opened, said

SQL = "select treatment_type, count(*) as n, sum(dose)::decimal(9, 1) as dose from treatments group by all order by all"


def test_a_link_is_shown_and_run_only_when_asked(opened: Opened) -> None:
    app = opened("many", MANY, "sql", sql=SQL, clinic="North")
    assert app.text_area(key="sql").value == SQL
    assert "No query was run yet" in said(app)
    assert "No filter cuts what SQL reads" in said(app)
    assert not app.get("plotly_chart")
    app.button(key="sql_run").click().run()
    types = {row["treatment_type"] for row in MANY.treatments}
    (shown,) = (table.value for table in app.dataframe if "dose" in table.value)
    assert set(shown["treatment_type"]) == types
    assert f"{len(types)}** rows" in said(app)
    assert f"n = {len(types)} rows" in said(app)
    for kind in KINDS:
        next(box for box in app.selectbox if box.label == "Draw").set_value(kind).run()
        assert not app.exception
        Figure(json.loads(app.get("plotly_chart")[0].proto.spec))
    app.text_area(key="sql").set_value("select nothing_such from treatments").run()
    assert "not to the one above" in said(app)
    app.button(key="sql_run").click().run()
    assert 'Referenced column "nothing' in app.error[0].value.replace("\\", "")
    assert not app.get("plotly_chart")
    app.text_area(key="sql").set_value("copy treatments to 'x.csv'").run()
    app.button(key="sql_run").click().run()
    assert "Only a SELECT" in app.error[0].value


def test_a_query_that_names_somebody_is_in_no_address(opened: Opened) -> None:
    somebody = "select * from treatments where patient_id = 'pat-10'"
    app = opened("many", MANY, "sql", sql=SQL)
    assert app.query_params["sql"] == SQL
    app.text_area(key="sql").set_value(somebody).run()
    assert app.text_area(key="sql").value == somebody
    assert "sql" not in app.query_params
    assert "does not have the query in it" in said(app)
    app.button(key="sql_run").click().run()
    assert "rows" in said(app)
    assert "sql" not in app.query_params
    app.text_area(key="sql").set_value("select patient_id from treatments where product = $$x$$").run()
    assert "sql" not in app.query_params
    app.text_area(key="sql").set_value("select count(distinct patient_id) from treatments").run()
    assert app.text_area(key="sql").value == "select count(distinct patient_id) from treatments"
    assert app.query_params["sql"] == "select count(distinct patient_id) from treatments"
    assert "The address of this page has the query in it" in said(app)
    assert "sql" not in opened("many", MANY, "sql", sql=somebody).query_params


def test_a_query_is_kept_by_name_and_taken_again(opened: Opened, folder: Path) -> None:
    app = opened("kept", ONE, "sql", sql="select 1 as one")
    app.text_input(key="sql_name").set_value("One, as a start")
    next(button for button in app.button if button.label == "Save").click().run()
    assert data.saved_queries(folder / "kept" / "outcomes.json") == {"One, as a start": "select 1 as one"}
    app.text_area(key="sql").set_value("select 2").run()
    app.selectbox(key="sql_begin").set_value("Saved: One, as a start").run()
    assert app.text_area(key="sql").value == "select 1 as one"
    app.text_input(key="sql_name").set_value("../out")
    next(button for button in app.button if button.label == "Save").click().run()
    assert "cannot be called" in app.error[0].value.replace("\\", "")
    app.selectbox(key="sql_gone").set_value("One, as a start").run()
    app.button(key="sql_remove").click().run()
    assert data.saved_queries(folder / "kept" / "outcomes.json") == {}


def test_every_example_and_table_is_shown(opened: Opened) -> None:
    app = opened("many", MANY, "sql")
    begin = app.selectbox(key="sql_begin")
    assert len(begin.options) == len(examples())
    app.selectbox(key="sql_table").set_value("side_effect_rates").run()
    (listed,) = (table.value for table in app.dataframe if "meaning" in table.value)
    assert dict(zip(listed["column"], listed["type"], strict=True))["evaluable"] == "BIGINT"
    assert not app.exception


def test_values_and_names_are_never_markdown(opened: Opened) -> None:
    app = opened("many", MANY, "sql", sql=f"""select '{EVIL}' as "{EVIL}", 1 as n""")
    app.button(key="sql_run").click().run()
    assert not app.exception
    assert "![" not in said(app)
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert "<" not in spec["data"][0]["x"][0]


def test_with_small_numbers_suppressed_there_is_no_sql(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_SUPPRESS_BELOW", "5")
    app = opened("many", MANY, "sql", sql=SQL)
    assert not app.text_area
    assert not app.exception
