"""What a store can be asked for: the names of measures and record tables, their options, what they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

import queries
from dashboard.filters import FilterError
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
OF_MEASURES = ("level",)
"""Options that every measure takes."""
USUAL = {"unit": "session", "clock": "onset", "limits": "clustered", "level": 0.95, "horizon_days": HORIZON_DAYS}
"""What options are where nobody says."""
_CHOICES = {"unit": UNITS, "clock": CLOCKS, "limits": ("clustered", "greenwood", "none")}
_DAYS = ("window_days", "horizon_days")


def check_name(name: str) -> None:
    """Nothing where there is a measure or a record table of that name; else FilterError, which lists what there is."""
    if name not in (*MEASURES, *RECORDS):
        raise FilterError(f"there is no table {name!r}; there are: {', '.join((*MEASURES, *RECORDS))}")


def check_groups(name: str, groups: Sequence[str]) -> None:
    """Nothing where a measure can be shown by these groups; else FilterError, which lists those it can."""
    possible = queries.groups_of(name)
    if impossible := [group for group in groups if group not in possible]:
        raise FilterError(f"{name} cannot be shown by {', '.join(impossible)}; it can by: {', '.join(possible)}")


def unusual(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the options that differ from what stands there by itself; lists are tuples.

    Raises FilterError for an option that the measure or record table does not take, and for a value that is none.
    """
    kept = {
        option: (value,) if option == "strata" and isinstance(value, str) else value
        for option, given in options.items()
        if (value := tuple(given) if isinstance(given, list) else given) not in (None, ())
        and value != USUAL.get(option)
    }
    taken = options_taken(name)
    if unknown := [option for option in kept if option not in taken]:
        raise FilterError(f"{name} takes no {', '.join('--' + option.replace('_', '-') for option in unknown)}")
    for option, value in kept.items():
        if option in _CHOICES and value not in _CHOICES[option]:
            raise FilterError(f"{option} is {value!r}; it may be {' or '.join(_CHOICES[option])}")
        if option in _DAYS and not (isinstance(value, int) and value >= 0):
            raise FilterError(f"{option} is {value!r}; it is a whole number of days")
        if option == "level" and not (isinstance(value, int | float) and 0 < value < 1):
            raise FilterError(f"level is {value!r}; it lies between 0 and 1, such as 0.95")
    return kept


@cache
def counts_side_effects(name: str) -> bool:
    """Whether filters on side effects change a measure or a record table."""
    sql = queries.measure(name, ()) if name in MEASURES else records_sql(name)
    return "cohort_side_effects" in sql


@cache
def options_of(name: str) -> tuple[str, ...]:
    """The options of a measure or a record table besides filters and groups: unit, window_days, clock, ..."""
    sql = queries.measure(name, ()) if name in MEASURES else records_sql(name)
    bound = set(re.findall(r"\$(\w+)", sql)) - {"filters"}
    of_curves = OF_CURVES if name in OF_RESOLUTION_CURVES else set()
    return tuple(sorted(bound | of_curves | OF_COMPARISONS.get(name, set())))


def options_taken(name: str) -> tuple[str, ...]:
    """The same with those that every measure takes."""
    return (*options_of(name), *(OF_MEASURES if name in MEASURES else ()))


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
    return queries.records(table)


def unordered(sql: str) -> str:
    """The select without the order of its rows, in which they would be put even to be counted."""
    select, found, _ = sql.rpartition("order by ")
    return select if found and select.count("(") == select.count(")") else sql
