"""A second, naive implementation of every measure: plain loops over the drawn records, no SQL, no arrays.

It is written from the pages that define the contract and the measures, and from nothing else, so that an
error in the queries is not repeated here. It is slow, and means to be read. It imports nothing of the rooms
that it is held against.

A *selection* is a dictionary with the names of the fields of `Filters`. Every measure is returned as a list
of dictionaries with the columns of the measure; None stands for "not estimable" and "not reached".

records.py      the treatment records, and the cohort
rates.py        side_effect_rates, follow_up_completeness, and their limits
curves.py       product-limit estimates, and the log-rank test
resolution.py   time_to_resolution, time_to_resolution_summary, healing_clock
maintenance.py  maintenance_intervals, maintenance_summary, kept_plans
recall.py       when each patient usually returns, and the recall list
results.py      results, results_over_time, result_distribution, asymmetry_change
pairs.py        side_differences
comparison.py   comparison, baseline_balance, risk_and_durability
watching.py     rates_over_time, days_between_events, practitioner_funnel, follow_up_funnel, lot_signals
changes.py      what differs between two snapshots
patients.py     the tables of one patient
"""

from __future__ import annotations

from collections.abc import Callable

from tests.oracle.changes import NUMBERED, edits, figures_compared, record_changes
from tests.oracle.comparison import baseline_balance, comparison, risk_and_durability
from tests.oracle.curves import (
    WeightedObservation,
    chi_square_tail,
    kaplan_meier,
    log_log_limits,
    log_rank,
    on_day,
    quantile_day,
    quantiles,
    weighted_curve,
    weighted_product_limit,
)
from tests.oracle.maintenance import kept_plans, maintenance_intervals, maintenance_summary
from tests.oracle.pairs import side_differences
from tests.oracle.patients import patient_ids, patient_intervals, patient_overview, patient_timeline
from tests.oracle.rates import follow_up_completeness, rate_and_limits, side_effect_rates, wilson
from tests.oracle.recall import recall_list, variance_components
from tests.oracle.records import RECORD_FILTERS, RECORD_GROUPS, Row, cohort, is_counted, treatment_records, yes_no
from tests.oracle.resolution import (
    RESAMPLED,
    Interval,
    healing_clock,
    time_to_resolution,
    time_to_resolution_summary,
    turnbull,
    turnbull_curve,
)
from tests.oracle.results import asymmetry_change, result_distribution, results, results_over_time
from tests.oracle.watching import (
    days_between_events,
    follow_up_funnel,
    hypergeometric_tail,
    lot_signals,
    practitioner_funnel,
    rates_over_time,
    signal_of,
)

__all__ = [
    "MEASURES",
    "NUMBERED",
    "RECORD_FILTERS",
    "RECORD_GROUPS",
    "RESAMPLED",
    "Interval",
    "Row",
    "WeightedObservation",
    "chi_square_tail",
    "cohort",
    "edits",
    "figures_compared",
    "hypergeometric_tail",
    "is_counted",
    "kaplan_meier",
    "log_log_limits",
    "log_rank",
    "on_day",
    "patient_ids",
    "patient_intervals",
    "patient_overview",
    "patient_timeline",
    "quantile_day",
    "quantiles",
    "rate_and_limits",
    "recall_list",
    "record_changes",
    "results",
    "side_effect_rates",
    "signal_of",
    "treatment_records",
    "turnbull",
    "turnbull_curve",
    "variance_components",
    "weighted_curve",
    "weighted_product_limit",
    "wilson",
    "yes_no",
]

MEASURES: dict[str, Callable[..., list[Row]]] = {
    "side_effect_rates": side_effect_rates,
    "follow_up_completeness": follow_up_completeness,
    "follow_up_funnel": follow_up_funnel,
    "rates_over_time": rates_over_time,
    "days_between_events": days_between_events,
    "practitioner_funnel": practitioner_funnel,
    "lot_signals": lot_signals,
    "time_to_resolution": time_to_resolution,
    "time_to_resolution_summary": time_to_resolution_summary,
    "healing_clock": healing_clock,
    "maintenance_intervals": maintenance_intervals,
    "maintenance_summary": maintenance_summary,
    "kept_plans": kept_plans,
    "results": results,
    "results_over_time": results_over_time,
    "result_distribution": result_distribution,
    "asymmetry_change": asymmetry_change,
    "side_differences": side_differences,
    "risk_and_durability": risk_and_durability,
    "comparison": comparison,
    "baseline_balance": baseline_balance,
}
