"""What differs between two snapshots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.oracle.curves import TOLERANCE
from tests.oracle.rates import wilson
from tests.oracle.records import Row, as_of

if TYPE_CHECKING:
    from tests.drawing import Exports


# Of each table the column of its numbers, and the one of its days, if it has one.
NUMBERED = {
    "treatments": ("treatment_id", "treated_on"),
    "patients": ("patient_id", None),
    "follow_ups": ("follow_up_id", "followed_up_on"),
    "side_effects": ("side_effect_id", "onset_on"),
}


def record_changes(earlier: Exports, later: Exports) -> list[Row]:
    """What became of every record that is not the same in both: late, added, edited or removed."""
    cut_off = as_of(earlier)
    told: list[Row] = []
    for table, (number, day) in NUMBERED.items():
        before = {row[number]: row for row in earlier.table(table)}
        now = {row[number]: row for row in later.table(table)}
        for record_id in [*before, *(one for one in now if one not in before)]:
            if record_id not in now:
                change = "removed"
            elif record_id not in before:
                change = "late" if day and now[record_id][day] < cut_off else "added"
            elif edited_columns(before[record_id], now[record_id]):
                change = "edited"
            else:
                continue
            told.append({"table": table, "record_id": record_id, "change": change})
    return told


def edited_columns(before: Row, now: Row) -> list[str]:
    """The columns in which two rows differ; one that a row does not name is empty."""
    return [column for column in {**before, **now} if before.get(column) != now.get(column)]


def edits(earlier: Exports, later: Exports) -> list[Row]:
    """Every value that was edited in the records that are in both."""
    told = []
    for table, (number, _) in NUMBERED.items():
        before = {row[number]: row for row in earlier.table(table)}
        for row in later.table(table):
            old = before.get(row[number])
            for column in edited_columns(old, row) if old else []:
                values = {"earlier": cell(old.get(column)), "later": cell(row.get(column))} if old else {}
                told.append({"table": table, "record_id": row[number], "column": column, **values})
    return told


def cell(value: object) -> str | None:
    """A value as a text; None where there is none."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def figures_compared(
    earlier: Sequence[Row], later: Sequence[Row], keys: Sequence[str], names: Sequence[str], is_days: bool
) -> list[Row]:
    """The figures that two answers of a measure share, and whether the later lies outside the limits of the earlier.

    `names` are the columns of the figure, its limits and its n. An effect that only one answer knows was had by nobody
    in the other.
    """
    value, low, high, n = names
    parts = ("", "_low", "_high", "_n")
    told = []
    for old in with_nobody(earlier, later, keys):
        for new in with_nobody(later, earlier, keys):
            if [old[key] for key in keys] != [new[key] for key in keys] or not old[n] or not new[n]:
                continue
            if is_days and (old["limits"].startswith("none") if "limits" in old else old["patients"] < 2):
                continue
            number, lowest, highest = new[value], old[low], old[high]
            if is_days:
                number, lowest, highest = (math.inf if day is None else day for day in (number, lowest, highest))
            told.append(
                {
                    **{key: old[key] for key in keys},
                    **{f"earlier{part}": old[name] for part, name in zip(parts, names, strict=True)},
                    **{f"later{part}": new[name] for part, name in zip(parts, names, strict=True)},
                    "is_moved": number < lowest - TOLERANCE or number > highest + TOLERANCE,
                }
            )
    return told


def with_nobody(rates: Sequence[Row], others: Sequence[Row], keys: Sequence[str]) -> list[Row]:
    """The rows, and for every effect that only the others know a row per group that 0 of its evaluable units had."""
    if "effect" not in keys:
        return list(rates)
    unknown = {row["effect"] for row in others} - {row["effect"] for row in rates}
    nobody = [
        {
            **row,
            "effect": effect,
            "rate": 0.0,
            "rate_low": 0.0,
            "rate_high": wilson(0.0, row["evaluable"], 0.95)[1],
        }
        for row in rates
        for effect in unknown
        if row["effect"] == "any" and row["evaluable"]
    ]
    return [*rates, *nobody]
