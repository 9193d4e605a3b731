"""Compares a measure of the store with the naive second implementation, row by row and column by column."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dashboard.filters import Filters
from tests import oracle
from tests.drawing import Exports, described, random_by, random_filters

if TYPE_CHECKING:
    import pandas as pd

    from dashboard.store import Store

SEEDS = range(10)
SELECTIONS_PER_SEED = 4

EXTRA_GROUPS: dict[str, tuple[str, ...]] = {
    "side_effect_rates": ("severity", "effect"),
    "follow_up_completeness": (),
    "follow_up_funnel": (),
    "rates_over_time": ("severity", "effect"),
    "days_between_events": ("severity", "effect"),
    "practitioner_funnel": ("severity", "effect"),
    "lot_signals": ("severity", "effect"),
    "time_to_resolution": ("severity", "effect"),
    "time_to_resolution_summary": ("severity", "effect"),
    "healing_clock": ("severity", "effect"),
    "maintenance_intervals": ("position",),
    "maintenance_summary": ("position",),
    "kept_plans": ("position",),
    "results": (),
    "results_over_time": (),
    "result_distribution": (),
    "asymmetry_change": (),
    "side_differences": ("severity", "effect"),
    "risk_and_durability": (),
}
COUNTED: dict[str, tuple[Any, ...]] = {
    "unit": ("session", "session", "record", "patient"),
    "window_days": (None, None, 30, 180),
}
OPTIONS: dict[str, dict[str, tuple[Any, ...]]] = {
    "side_effect_rates": {
        "unit": ("session", "session", "record", "patient"),
        "window_days": (None, None, 7, 14, 30, 90, 180),
    },
    "follow_up_completeness": {
        "unit": ("session", "record", "patient"),
        "window_days": (None, None, 30, 180),
    },
    "time_to_resolution": {
        "clock": ("onset", "onset", "treatment"),
        "limits": ("none", "none", "greenwood", "clustered"),
    },
    "time_to_resolution_summary": {
        "clock": ("onset", "onset", "treatment"),
        "limits": ("none", "none", "greenwood", "clustered"),
    },
    "healing_clock": {
        "clock": ("onset", "onset", "treatment"),
        "limits": ("none", "none", "greenwood", "clustered"),
    },
    "follow_up_funnel": {
        "unit": ("session", "record", "patient"),
        "window_days": (None, None, 30, 180),
    },
    "rates_over_time": COUNTED,
    "practitioner_funnel": COUNTED,
    "lot_signals": COUNTED,
    "days_between_events": {"window_days": (None, None, 30, 180)},
    "maintenance_intervals": {},
    "maintenance_summary": {},
    "kept_plans": {},
    "results": {},
    "results_over_time": {},
    "result_distribution": {},
    "asymmetry_change": {},
    "side_differences": {},
    "risk_and_durability": {
        "unit": ("session", "record", "patient"),
        "window_days": (None, None, 30, 180),
    },
}
KEYS = {
    "comparison": ("effect",),
    "baseline_balance": ("attribute", "level"),
    "side_effect_rates": ("effect",),
    "side_differences": ("effect",),
    "practitioner_funnel": ("effect",),
    "rates_over_time": ("effect", "month"),
    "days_between_events": ("effect", "event"),
    "lot_signals": ("effect", "product", "lot"),
    "results": ("outcome",),
    "results_over_time": ("first_day", "outcome"),
    "result_distribution": ("scale", "score"),
    "asymmetry_change": ("before", "after"),
}
OWN_COLUMNS = {
    "rates_over_time": ("month", "quarter", "year"),
    "days_between_events": ("month", "quarter", "year"),
    "lot_signals": ("product", "lot"),
}
LEVELS = (0.95, 0.95, 0.95, 0.8, 0.99)


def agrees_on_random_cases(name: str, seed: int, exports: Exports, store: Store) -> None:
    """Asserts that the store and the oracle agree on several random selections, groups and options."""
    draw = random.Random(f"{name} {seed}")
    for i in range(SELECTIONS_PER_SEED):
        selection = random_filters(seed * SELECTIONS_PER_SEED + i, exports)
        by = tuple(group for group in random_by(draw, EXTRA_GROUPS[name]) if group not in OWN_COLUMNS.get(name, ()))
        options = {option: draw.choice(values) for option, values in OPTIONS[name].items()}
        options["level"] = draw.choice(LEVELS)
        case = described(seed, selection, by=by, **options)
        agrees(name, exports, store, selection, by, options, case)


def agrees(
    name: str,
    exports: Exports,
    store: Store,
    selection: Mapping[str, Any],
    by: Sequence[str] = ("treatment_type",),
    options: Mapping[str, Any] | None = None,
    case: str = "",
) -> None:
    """Asserts that the store and the oracle give the same rows and the same columns, to within 1e-9."""
    options = options or {}
    frame = store.measure(name, filters=Filters(**selection), by=tuple(by), **options)
    expected = oracle.MEASURES[name](exports, selection, by, **options)
    found = disagreements(frame, expected, key_of(name, by))
    assert not found, f"{name} ({case}):\n" + "\n".join(found[:20])


def key_of(name: str, by: Sequence[str]) -> list[str]:
    """The columns that identify a row of a measure."""
    if name in KEYS:
        return [*(column for column in by if column != "effect"), *KEYS[name]]
    return [*by, "day"] if name in ("time_to_resolution", "healing_clock", "maintenance_intervals") else list(by)


def disagreements(frame: pd.DataFrame, expected: Sequence[oracle.Row], key: Sequence[str]) -> list[str]:
    """What differs between a frame and the expected rows, in words; empty where nothing does."""
    found = []
    rows = [{str(column): plain(value) for column, value in row.items()} for row in frame.to_dict("records")]
    if expected and list(frame.columns) != list(expected[0]):
        surplus = [column for column in frame.columns if column not in expected[0]]
        missing = [column for column in expected[0] if column not in frame.columns]
        found.append(f"columns {list(frame.columns)}: surplus {surplus}, missing {missing}, or another order")
    actual_of = {tuple(row.get(column) for column in key): row for row in rows}
    expected_of = {tuple(row[column] for column in key): row for row in expected}
    if len(actual_of) != len(rows):
        found.append("rows with the same key")
    found += [f"surplus row {k}: {actual_of[k]}" for k in actual_of if k not in expected_of]
    found += [f"missing row {k}: {expected_of[k]}" for k in expected_of if k not in actual_of]
    for k in expected_of:
        if k not in actual_of:
            continue
        for column, wanted in expected_of[k].items():
            value = actual_of[k].get(column, "no such column")
            if not is_same(value, wanted):
                found.append(f"{k} {column}: {value!r}, expected {wanted!r}")
    return found


def plain(value: Any) -> Any:
    """A cell as Python has it; None for every kind of missing value."""
    if hasattr(value, "item"):
        value = value.item()
    return None if value is None or value != value else value  # only NaN differs from itself


def is_same(value: Any, wanted: Any) -> bool:
    """Whether two cells are the same, numbers to within 1e-9."""
    if wanted == oracle.RESAMPLED:
        return value is None or isinstance(value, (int, float))
    if isinstance(value, (int, float)) and isinstance(wanted, (int, float)):
        return math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-9)
    return bool(value == wanted)


def only(frame: pd.DataFrame, **values: object) -> dict[str, Any]:
    """The only row of a frame with those values, None for missing cells."""
    rows = [
        {str(column): plain(value) for column, value in row.items()}
        for row in frame.to_dict("records")
        if all(row[column] == value for column, value in values.items())
    ]
    assert len(rows) == 1, f"{len(rows)} rows with {values}"
    return rows[0]


def column_of(frame: pd.DataFrame, column: str) -> list[Any]:
    """The cells of a column, None for missing ones."""
    return [plain(value) for value in frame[column].tolist()]
