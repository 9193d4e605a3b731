"""Side-effect rates and follow-up completeness, with limits that allow for several units of one patient."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from statistics import NormalDist
from typing import TYPE_CHECKING

from tests.oracle.records import (
    Row,
    Selection,
    as_of,
    cohort,
    groups_of_records,
    has_effect,
    is_counted,
    treatment_records,
)

if TYPE_CHECKING:
    from tests.drawing import Exports


def unit_of(record: Row, unit: str) -> object:
    """What is counted: the record itself, the patient's day, or the patient."""
    if unit == "record":
        return record["treatment_id"]
    if unit == "session":
        return (record["patient_id"], record["treated_on"])
    return record["patient_id"]


def units_of(records: list[Row], unit: str) -> list[list[Row]]:
    """The records, unit by unit."""
    units: dict[object, list[Row]] = {}
    for record in records:
        units.setdefault(unit_of(record, unit), []).append(record)
    return list(units.values())


def is_elapsed(record: Row, window_days: int | None, cut_off: date) -> bool:
    """Whether the onset window of the record is over at the data cut-off."""
    return window_days is None or (cut_off - record["treated_on"]).days >= window_days


def wilson(share: float, n: float, level: float) -> tuple[float, float]:
    """Wilson's score limits of a share of n (Wilson 1927)."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def rate_and_limits(
    counts: Mapping[str, tuple[int, int]], unit: str, level: float
) -> tuple[float | None, float | None, float | None]:
    """Rate and limits from (affected, evaluable) units per patient; all None where nothing is evaluable.

    With unit = patient the limits are the plain Wilson interval. Otherwise n is replaced by n_eff, for any
    number of units per patient; where every patient has one unit, the formula's m / (m - 1) makes that n - 1.
    """
    seen = {patient: count for patient, count in counts.items() if count[1] > 0}
    n = sum(evaluable for _, evaluable in seen.values())
    if n == 0:
        return None, None, None
    p = Fraction(sum(affected for affected, _ in seen.values()), n)
    low, high = wilson(float(p), effective_number(counts, unit), level)
    return float(p), (0.0 if p == 0 else low), (1.0 if p == 1 else high)


def effective_number(counts: Mapping[str, tuple[int, int]], unit: str) -> float:
    """n_eff of (affected, evaluable) units per patient; n itself for patients, or where nothing tells more."""
    seen = [count for count in counts.values() if count[1] > 0]
    n, m = sum(evaluable for _, evaluable in seen), len(seen)
    p = Fraction(sum(affected for affected, _ in seen), n)
    if unit == "patient" or p in (0, 1) or m == 1:
        return float(n)
    squares = sum(((affected - p * evaluable) ** 2 for affected, evaluable in seen), Fraction(0))
    v = Fraction(m, m - 1) * squares / n**2
    return min(float(n), float(p * (1 - p) / v)) if v > 0 else float(n)


def share(part: int, whole: int) -> float | None:
    """part / whole; None where the whole is nothing."""
    return None if whole == 0 else part / whole


def side_effect_rates(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    unit: str = "session",
    window_days: int | None = None,
    level: float = 0.95,
) -> list[Row]:
    """Affected of evaluable units per group and effect, with limits that allow for several units of one patient."""
    cut_off = as_of(exports)
    chosen = cohort(treatment_records(exports), selection)
    occurring = [
        side_effect for record in chosen for side_effect in record["side_effects"] if has_effect(side_effect, selection)
    ]
    effects = ["any", *sorted({side_effect["effect"] for side_effect in occurring})]
    severities = sorted({side_effect.get("severity") or "" for side_effect in occurring})
    record_by = [name for name in by if name not in ("effect", "severity")]
    rows = []
    for group, records in sorted(groups_of_records(chosen, record_by).items()):
        named = dict(zip(record_by, group, strict=True))
        for severity in severities if "severity" in by else [None]:
            for effect in effects:
                pending = treated = evaluable = affected = 0
                counts: dict[str, tuple[int, int]] = {}
                for unit_records in units_of(records, unit):
                    elapsed = [record for record in unit_records if is_elapsed(record, window_days, cut_off)]
                    if not elapsed:
                        pending += 1
                        continue
                    treated += 1
                    if not any(record["follow_ups"] or record["side_effects"] for record in elapsed):
                        continue
                    evaluable += 1
                    hit = any(
                        is_counted(side_effect, selection)
                        and effect in ("any", side_effect["effect"])
                        and severity in (None, side_effect.get("severity") or "")
                        and (
                            window_days is None or (side_effect["onset_on"] - record["treated_on"]).days <= window_days
                        )
                        for record in elapsed
                        for side_effect in record["side_effects"]
                    )
                    affected += hit
                    patient = elapsed[0]["patient_id"]
                    before = counts.get(patient, (0, 0))
                    counts[patient] = (before[0] + hit, before[1] + 1)
                rate, low, high = rate_and_limits(counts, unit, level)
                columns = {**named, "severity": severity, "effect": effect}
                rows.append(
                    {
                        **{name: columns[name] for name in (*by, "effect")},
                        "treated": treated,
                        "pending": pending,
                        "evaluable": evaluable,
                        "affected": affected,
                        "rate": rate,
                        "rate_low": low,
                        "rate_high": high,
                        "completeness": share(evaluable, treated),
                        "rate_best_case": share(affected, treated),
                        "rate_worst_case": share(affected + treated - evaluable, treated),
                    }
                )
    return rows


def follow_up_completeness(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    unit: str = "session",
    window_days: int | None = None,
    level: float = 0.95,
) -> list[Row]:
    """Evaluable of treated units per group, with limits that allow for several units of one patient."""
    cut_off = as_of(exports)
    chosen = cohort(treatment_records(exports), selection)
    rows = []
    for group, records in sorted(groups_of_records(chosen, by).items()):
        pending = treated = evaluable = 0
        counts: dict[str, tuple[int, int]] = {}
        for unit_records in units_of(records, unit):
            elapsed = [record for record in unit_records if is_elapsed(record, window_days, cut_off)]
            if not elapsed:
                pending += 1
                continue
            seen = any(record["follow_ups"] or record["side_effects"] for record in elapsed)
            treated += 1
            evaluable += seen
            patient = elapsed[0]["patient_id"]
            before = counts.get(patient, (0, 0))
            counts[patient] = (before[0] + seen, before[1] + 1)
        completeness, low, high = rate_and_limits(counts, unit, level)
        rows.append(
            {
                **dict(zip(by, group, strict=True)),
                "treated": treated,
                "pending": pending,
                "evaluable": evaluable,
                "completeness": completeness,
                "completeness_low": low,
                "completeness_high": high,
            }
        )
    return rows
