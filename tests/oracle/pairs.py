"""The left side against the right one of the same patient."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.oracle.rates import wilson
from tests.oracle.records import Row, Selection, cohort, groups_of_records, has_effect, is_counted, treatment_records

if TYPE_CHECKING:
    from tests.drawing import Exports


def newcombe_paired(cells: Sequence[float], level: float) -> tuple[float, float, float]:
    """Newcombe's method 10 for so many pairs with both, with the first only, with the second only, with neither."""
    e, f, g, h = cells
    n = e + f + g + h
    p1, p2 = (e + f) / n, (e + g) / n
    (l1, u1), (l2, u2) = wilson(p1, n, level), wilson(p2, n, level)
    product = (e + f) * (g + h) * (e + g) * (f + h)
    numerator = e * h - f * g
    if numerator > n / 2:
        numerator -= n / 2
    elif numerator > 0:
        numerator = 0
    phi = 0.0 if product == 0 else numerator / math.sqrt(product)
    down = math.sqrt((p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2)
    up = math.sqrt((u1 - p1) ** 2 - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2) ** 2)
    return p1 - p2, p1 - p2 - down, p1 - p2 + up


def sign_mid_p(more: int, less: int) -> float:
    """Every outcome less likely than this one under a fair coin, and half of those that are just as likely."""
    n = more + less
    ways = [math.comb(n, k) for k in range(n + 1)]
    rarer = sum(way for way in ways if way < ways[more])
    alike = sum(way for way in ways if way == ways[more])
    return float(Fraction(2 * rarer + alike, 2 * 2**n))


def side_differences(
    exports: Exports, selection: Selection, by: Sequence[str] = ("treatment_type",), level: float = 0.95
) -> list[Row]:
    """Side effects on the left and right of one patient, day, treatment type and area, per group and effect."""
    chosen = cohort(treatment_records(exports), selection)
    occurring = [
        side_effect
        for record in chosen
        for side_effect in record["side_effects"]
        if has_effect(side_effect, selection) and record["attributes"]["side"] in ("left", "right")
    ]
    effects = ["any", *sorted({side_effect["effect"] for side_effect in occurring})]
    severities = sorted({side_effect.get("severity") or "" for side_effect in occurring})
    record_by = [name for name in by if name not in ("effect", "severity")]
    rows = []
    for group, records in sorted(groups_of_records(chosen, record_by).items()):
        pairs: dict[tuple[Any, ...], dict[str, list[Row]]] = {}
        for record in records:
            its = record["attributes"]
            if its["side"] in ("left", "right") and (record["follow_ups"] or record["side_effects"]):
                key = (record["patient_id"], record["treated_on"], its["treatment_type"], its["area"])
                pairs.setdefault(key, {}).setdefault(its["side"], []).append(record)
        pairs = {key: sides for key, sides in pairs.items() if len(sides) == 2}
        for severity in severities if "severity" in by else [None]:
            for effect in effects:
                hits = {}
                for key, sides in pairs.items():
                    hits[key] = tuple(
                        any(
                            is_counted(side_effect, selection)
                            and effect in ("any", side_effect["effect"])
                            and severity in (None, side_effect.get("severity") or "")
                            for record in sides[side]
                            for side_effect in record["side_effects"]
                        )
                        for side in ("left", "right")
                    )
                rows.append(
                    {
                        **dict(zip(record_by, group, strict=True)),
                        **({"severity": severity} if "severity" in by else {}),
                        "effect": effect,
                        **side_row(hits, level),
                    }
                )
    return rows if "effect" not in by and "severity" not in by else [in_order(row, by) for row in rows]


def in_order(row: Row, by: Sequence[str]) -> Row:
    """The same row with the groups first, as they were asked for."""
    return {**{name: row[name] for name in by}, **row}


def side_row(hits: Mapping[tuple[Any, ...], tuple[bool, ...]], level: float) -> Row:
    """The figures of pairs of which (left, right) were affected or not; the first part of a key is the patient."""
    cells = Counter(hits.values())
    e, f, g, h = (cells[sides] for sides in ((True, True), (True, False), (False, True), (False, False)))
    n = len(hits)
    if n == 0:
        nothing = dict.fromkeys(("difference", "difference_low", "difference_high"))
        counts = dict.fromkeys(("pairs", "patients", "both", "left_only", "right_only", "neither"), 0)
        return {**counts, **nothing, "patients_left": 0, "patients_right": 0, "p": None}
    of_patient: dict[str, list[int]] = {}
    for key, (is_left, is_right) in hits.items():
        of_patient.setdefault(key[0], []).append(is_left - is_right)
    m = len(of_patient)
    d = Fraction(f - g, n)
    effective = Fraction(n)
    if m > 1:
        v = Fraction(m, m - 1) * sum((sum(own) - d * len(own)) ** 2 for own in of_patient.values()) / n**2
        if v > 0:
            effective = min(effective, (Fraction(f + g, n) - d * d) / v)
    scaled = [float(count * effective / n) for count in (e, f, g, h)]
    left, right = (sum(sign * sum(own) > 0 for own in of_patient.values()) for sign in (1, -1))
    return {
        "pairs": n,
        "patients": m,
        "both": e,
        "left_only": f,
        "right_only": g,
        "neither": h,
        **dict(
            zip(
                ("difference", "difference_low", "difference_high"),
                newcombe_paired(scaled, level),
                strict=True,
            )
        ),
        "patients_left": left,
        "patients_right": right,
        "p": sign_mid_p(left, right) if n >= 20 else None,
    }
