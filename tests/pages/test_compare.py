"""The page Compare: groups as a link asks for them, small ones, and sides."""

from __future__ import annotations

import re

from dashboard.ui.wording import plain
from tests.measures.test_comparison import severe_get_b
from tests.pages.opening import Opened, of_products, said


def test_groups_are_compared_as_a_link_asks(opened: Opened) -> None:
    query = {"comparison_by": "product", "comparison_strata_product": "indication", "comparison_reference_product": "A"}
    app = opened("confounded", severe_get_b(0, 600), "compare", **query)
    assert not app.error
    told = said(app).replace("\\", "")
    assert said(app).count(plain("is an association")) == 1
    assert "B and A differ, most in indication" in told
    assert re.search(r"Bruising [\d.]+ points higher with B, .*; adjusted for indication [\d.]+ points lower", told)
    assert app.multiselect(key="comparison_strata_product").value == ["Indication"]
    forest = next(chart for chart in app.get("plotly_chart") if "adjusted" in chart.proto.spec)
    assert {"circle", "diamond"} <= set(re.findall(r"circle|diamond", forest.proto.spec))
    app.multiselect(key="comparison_groups_product").set_value(["B"]).run()
    assert "There is only one group" in said(app)


def test_without_a_pair_of_sides_it_says_what_an_export_needs(opened: Opened) -> None:
    app = opened("small", of_products(A=30, B=19), "compare", comparison_by="product")
    assert "Sides are what treatments have as side." in said(app)


def test_small_groups_are_warned_of_and_not_tested(opened: Opened) -> None:
    app = opened("small", of_products(A=30, B=19), "compare", comparison_by="product")
    assert plain("Fewer than 20 were followed up, so nothing is tested: B (19).") in said(app)
    charts = "".join(chart.proto.spec for chart in app.get("plotly_chart"))
    assert "too few to test" in charts
    assert not re.search(r"\bnan\b", said(app) + charts)
