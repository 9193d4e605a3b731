"""What treatment came to: symmetry, improvement, satisfaction, corrections, and whether aftercare was followed."""

import streamlit as st

from dashboard.charts import results as charts
from dashboard.filters import Filters
from dashboard.ui.choices import group
from dashboard.ui.heading import heading
from dashboard.ui.section import section

TITLE = "Results"
URL_PATH = "results"
NOTHING = (
    "No result was recorded for this selection from day 7 to day 180 after a treatment. Choose a longer period or "
    "fewer filters. Results are what follow-ups have as asymmetry, gais, satisfaction, goal_met, overcorrected, "
    "adjusted and aftercare_followed, and treatments as baseline_asymmetry."
)


def render(filters: Filters) -> None:
    lead = "What the treated areas came to, of those for which it was recorded a week to half a year later."
    if not heading(TITLE, lead, filters):
        return
    by = group("results", "results_by")
    left, right = st.columns(2, gap="large")
    with left:
        section("Improved, satisfied, goal met", charts.results, filters, by=by, nothing=NOTHING, shown=charts.GOOD)
    with right:
        section("Worse, corrected, aftercare", charts.results, filters, by=by, nothing=NOTHING, shown=charts.OTHER)
    section(
        "Change in asymmetry",
        charts.results,
        filters,
        by=by,
        lead="The mean of after less before, in points of 10: to the left of nought is more symmetrical.",
        nothing=NOTHING,
        shown=(charts.MEAN_CHANGE,),
    )
