"""What a store can be asked for: the names of measures and record tables, their options, what they mean."""

from __future__ import annotations

import re
from typing import Literal

import queries
from dashboard.measures import OF_RESOLUTION_CURVES
from queries import Definition

Unit = Literal["session", "record", "patient"]
Clock = Literal["onset", "treatment"]
UNITS: tuple[Unit, ...] = ("session", "record", "patient")
CLOCKS: tuple[Clock, ...] = ("onset", "treatment")

MEASURES = queries.names("measures")
CHANGES = ("record_changes", "changed_records", "edited_columns", "edits", "recording", "account_changes")
OF_ONE_PATIENT = ("patient_overview", "patient_timeline", "patient_intervals")
RECORDS = (
    "treatments",
    "follow_ups",
    "side_effects",
    "patients",
    "recall_list",
    "lot_exposed",
    *OF_ONE_PATIENT,
    "rejects",
    "import_warnings",
    "imports",
)
LISTS = ("changed_records", "edits")
"""Those of CHANGES that list single records."""

OF_CURVES = {"clock", "limits"}
OF_COMPARISONS = {
    "time_to_resolution_summary": {"strata"},
    "comparison": {"strata", "reference"},
    "baseline_balance": {"reference"},
}
HORIZON_DAYS = 30


def counts_side_effects(name: str) -> bool:
    """Whether filters on side effects change a measure or a record table."""
    sql = queries.measure(name, ()) if name in MEASURES else records_sql(name)
    return "cohort_side_effects" in sql


def options_of(name: str) -> tuple[str, ...]:
    """The options of a measure or a record table besides filters and groups: unit, window_days, clock, ..."""
    sql = queries.measure(name, ()) if name in MEASURES else records_sql(name)
    bound = set(re.findall(r"\$(\w+)", sql)) - {"filters"}
    of_curves = OF_CURVES if name in OF_RESOLUTION_CURVES else set()
    return tuple(sorted(bound | of_curves | OF_COMPARISONS.get(name, set())))


def definition(name: str) -> Definition:
    """What a measure or a record table means, from the header of its SQL; KeyError where there is no such name."""
    if name in MEASURES:
        return queries.definition(f"measures/{name}")
    if name in RECORDS:
        return queries.definition(f"records/{name}")
    if name in CHANGES:
        return queries.definition(f"changes/{name}")
    raise KeyError(name)


def records_sql(table: str) -> str:
    """The SQL of a record table; KeyError where there is no such table."""
    if table not in RECORDS:
        raise KeyError(table)
    return queries.read(f"records/{table}")
