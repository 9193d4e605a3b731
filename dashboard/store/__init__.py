"""A snapshot, opened read-only: its measures, its records, and what there is to choose from.

opening.py     where the snapshot is, how it is opened, and the figures that are stored with it
names.py       the measures and record tables by name, their options, what they mean
snapshot.py    Store: one snapshot
suppressed.py  SuppressedStore: the same, with small numbers untold
engine.py      EngineStore: what several sources share, as an engine answers for it; translating.py: SQL as it reads it
changes.py     Changes: two snapshots side by side
connection.py  what their connections have in common
"""

from dashboard.store.changes import Changes
from dashboard.store.changes import statement as changes_statement
from dashboard.store.names import (
    CHANGES,
    CLOCKS,
    HORIZON_DAYS,
    MEASURES,
    OF_ONE_PATIENT,
    RECORDS,
    UNITS,
    Clock,
    Unit,
    check_groups,
    check_name,
    counts_side_effects,
    definition,
    options_of,
    options_taken,
    unusual,
)
from dashboard.store.opening import (
    ENGINE_VARIABLE,
    SNAPSHOT_VARIABLE,
    current_snapshot,
    default_snapshot,
    earlier_snapshots,
    engine_address,
    first_look,
    open_kept,
    open_snapshot,
    snapshot_path,
)
from dashboard.store.snapshot import MOST_FOUND, Store
from dashboard.store.suppressed import SuppressedStore
from data import Scope

__all__ = [
    "CHANGES",
    "CLOCKS",
    "ENGINE_VARIABLE",
    "HORIZON_DAYS",
    "MEASURES",
    "MOST_FOUND",
    "OF_ONE_PATIENT",
    "RECORDS",
    "SNAPSHOT_VARIABLE",
    "UNITS",
    "Changes",
    "Clock",
    "Scope",
    "Store",
    "SuppressedStore",
    "Unit",
    "changes_statement",
    "check_groups",
    "check_name",
    "counts_side_effects",
    "current_snapshot",
    "default_snapshot",
    "definition",
    "earlier_snapshots",
    "engine_address",
    "first_look",
    "open_kept",
    "open_snapshot",
    "options_of",
    "options_taken",
    "snapshot_path",
    "unusual",
]
