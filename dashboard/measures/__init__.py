"""From the counts of a measure's SQL to the figures that readers get, one function per measure, by its name.

rates.py        side_effect_rates, follow_up_completeness
resolution.py   time_to_resolution, time_to_resolution_summary, healing_clock
maintenance.py  maintenance_intervals, maintenance_summary, kept_plans
results.py      results, results_over_time, result_distribution, asymmetry_change
pairs.py        side_differences
comparison.py   comparison, baseline_balance, risk_and_durability
watching.py     rates_over_time, days_between_events, practitioner_funnel, follow_up_funnel, lot_signals

frames.py and curves.py hold what several of them share.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from dashboard.measures.comparison import baseline_balance, comparison, risk_and_durability
from dashboard.measures.frames import Groups
from dashboard.measures.maintenance import CoursesByGroup, kept_plans, maintenance_intervals, maintenance_summary
from dashboard.measures.pairs import side_differences
from dashboard.measures.rates import follow_up_completeness, side_effect_rates
from dashboard.measures.resolution import healing_clock, time_to_resolution, time_to_resolution_summary
from dashboard.measures.results import asymmetry_change, result_distribution, results, results_over_time
from dashboard.measures.watching import (
    days_between_events,
    follow_up_funnel,
    lot_signals,
    practitioner_funnel,
    rates_over_time,
)

ESTIMATES: dict[str, Callable[..., pd.DataFrame]] = {
    estimate.__name__: estimate
    for estimate in (
        side_effect_rates,
        follow_up_completeness,
        follow_up_funnel,
        practitioner_funnel,
        rates_over_time,
        days_between_events,
        lot_signals,
        comparison,
        baseline_balance,
        results,
        results_over_time,
        result_distribution,
        asymmetry_change,
        side_differences,
    )
}

OF_RESOLUTION_CURVES: dict[str, Callable[..., pd.DataFrame]] = {
    estimate.__name__: estimate for estimate in (time_to_resolution, time_to_resolution_summary, healing_clock)
}
"""The last argument gives the counts of the measure's own SQL, where they are needed."""

OF_COURSES: dict[str, Callable[[CoursesByGroup, Groups], pd.DataFrame]] = {
    estimate.__name__: estimate for estimate in (maintenance_intervals, maintenance_summary, kept_plans)
}

OF_FIGURES: dict[str, tuple[Callable[..., pd.DataFrame], tuple[str, ...]]] = {
    "risk_and_durability": (risk_and_durability, ("side_effect_rates", "maintenance_summary")),
}
"""Measures that put the figures of others, with the same options, side by side."""
