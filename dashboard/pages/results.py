"""What treatment came to: symmetry, improvement, satisfaction, corrections, and whether aftercare was followed."""

from typing import Any

import streamlit as st

from dashboard.charts import results as charts
from dashboard.charts.diverging import MOST as MOST_BARS
from dashboard.charts.resolution import time_to_resolution
from dashboard.filters import Filters
from dashboard.ui.choices import OUTCOMES, choice, group
from dashboard.ui.heading import heading
from dashboard.ui.readings import results as readings
from dashboard.ui.section import section

TITLE = "Results"
URL_PATH = "results"
CHANGE = (charts.MEAN_CHANGE,)
LEAD = (
    "What the treated areas came to, of those for which it was recorded from day 7 to day 180: the last score in that "
    "time. Who did not come back is not in it."
)
NOTHING = (
    "No result was recorded for this selection from day 7 to day 180 after a treatment. Choose a longer period or "
    "fewer filters. Results are what follow-ups have as asymmetry, gais, satisfaction, goal_met, overcorrected, "
    "adjusted and aftercare_followed, and treatments as baseline_asymmetry."
)
BEFORE_AFTER = (
    "Below the thin line are those that became more symmetrical; the larger a dot, the more records. The dashed line "
    "is the mean change, the band its limits."
)
OVER_TIME = (
    "Every contact counts, not only the last. Who is seen late is not who is seen early: read each band by itself, and "
    "not as what time does."
)
ASSOCIATION = (
    "This is an association: those who follow advice may heal sooner for other reasons, and advice may be kept because "
    "all went well."
)


def render(filters: Filters) -> None:
    if not heading(TITLE, LEAD, filters):
        return
    by = group("results", "results_by")
    given: dict[str, Any] = {"by": by, "nothing": NOTHING}
    section(
        "Asymmetry before and after",
        charts.asymmetry_change,
        filters,
        lead=BEFORE_AFTER,
        most=charts.MOST_PANELS,
        reading=readings.asymmetry,
        outcomes=CHANGE,
        **given,
    )
    section("Change in asymmetry", charts.results, filters, shown=CHANGE, outcomes=CHANGE, **given)
    left, right = st.columns(2, gap="large")
    for column, title, scale, outcomes, reading in (
        (left, "GAIS", "gais", ("gais_improved",), readings.gais),
        (right, "Satisfaction", "satisfaction", ("satisfied",), readings.satisfaction),
    ):
        told: dict[str, Any] = {"outcomes": outcomes, "reading": reading, **given}
        with column:
            section(title, charts.result_distribution, filters, scale=scale, most=MOST_BARS, **told)
    left, right = st.columns(2, gap="large")
    for column, title, shown, reading in (
        (left, "Improved, satisfied, goal met", charts.GOOD, readings.good),
        (right, "Worse, corrected, aftercare", charts.OTHER, readings.other),
    ):
        told = {"outcomes": shown, "reading": reading, **given}
        with column:
            section(title, charts.results, filters, shown=shown, **told)
    outcome = choice("Outcome", OUTCOMES, "results_outcome")
    section(
        "Over time since treatment",
        charts.results_over_time,
        filters,
        lead=OVER_TIME,
        most=charts.MOST_OVER_TIME,
        outcome=outcome,
        outcomes=(outcome,),
        **given,
    )
    section(
        "Time to resolution, with and without aftercare",
        time_to_resolution,
        filters,
        by=("aftercare",),
        lead=ASSOCIATION,
        horizon=60,
    )
