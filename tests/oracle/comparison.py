"""Groups against each other: their rates, who they are, and their risk beside their durability."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from tests.oracle.curves import chi_square_tail, quadratic_form
from tests.oracle.maintenance import maintenance_courses, maintenance_summary
from tests.oracle.rates import effective_number, is_elapsed, rate_and_limits, share, side_effect_rates, units_of
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


def risk_and_durability(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    unit: str = "session",
    window_days: int | None = None,
    level: float = 0.95,
) -> list[Row]:
    """The rate of any side effect and the median maintenance interval of each group, side by side."""
    medians = {tuple(row[name] for name in by): row for row in maintenance_summary(exports, selection, by, level=level)}
    counts, days = ("patients", "courses", "completed"), ("median_days", "median_low", "median_high")
    rows = []
    for rate in side_effect_rates(exports, selection, by, unit, window_days, level):
        if rate["effect"] != "any":
            continue
        median_of = medians.get(tuple(rate[name] for name in by), {})
        kept = (*by, "treated", "evaluable", "affected", "rate", "rate_low", "rate_high")
        rows.append(
            {name: rate[name] for name in kept}
            | {name: median_of.get(name, 0) for name in counts}
            | {name: median_of.get(name) for name in days}
        )
    return rows


FEWEST = 20
BASELINE = (
    "age_band",
    "sex",
    "skin_type",
    "smoker",
    "treatment_type",
    "indication",
    "area",
    "side",
    "technique",
    "product",
    "dose_band",
    "practitioner",
    "clinic",
    "course",
    "baseline_asymmetry",
)


def evaluable_units(
    records: list[Row], unit: str, window_days: int | None, cut_off: date
) -> tuple[int, list[list[Row]]]:
    """How many units are treated, and the records of those that are evaluable, without those still pending."""
    treated = [
        elapsed
        for unit_records in units_of(records, unit)
        if (elapsed := [record for record in unit_records if is_elapsed(record, window_days, cut_off)])
    ]
    seen = [records for records in treated if any(record["follow_ups"] or record["side_effects"] for record in records)]
    return len(treated), seen


def is_affected(records: list[Row], effect: str, selection: Selection, window_days: int | None) -> bool:
    """Whether a unit had a counted side effect of that kind, in time."""
    return any(
        is_counted(side_effect, selection)
        and effect in ("any", side_effect["effect"])
        and (window_days is None or (side_effect["onset_on"] - record["treated_on"]).days <= window_days)
        for record in records
        for side_effect in record["side_effects"]
    )


def stratum_of(records: list[Row], strata: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Of each column all the values that the unit has, together."""
    return tuple(tuple(sorted({record["attributes"][name] for record in records})) for name in strata)


def stratum_in_words(stratum: tuple[tuple[str, ...], ...]) -> str:
    return ", ".join(" + ".join(value or "not recorded" for value in values) for values in stratum)


def comparison(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    unit: str = "session",
    window_days: int | None = None,
    level: float = 0.95,
    strata: Sequence[str] = (),
    reference: str | None = None,
) -> list[Row]:
    """Every group against the reference, effect by effect, as measures.md, section 4, says."""
    cut_off = as_of(exports)
    chosen = cohort(treatment_records(exports), selection)
    effects = {
        side_effect["effect"]
        for record in chosen
        for side_effect in record["side_effects"]
        if has_effect(side_effect, selection)
    }
    found = {
        group: evaluable_units(records, unit, window_days, cut_off)
        for group, records in sorted(groups_of_records(chosen, by).items())
    }
    found = {group: units for group, units in found.items() if units[0]}
    if not found:
        return []
    other = reference_group({group: len(units) for group, (_, units) in found.items()}, reference)
    rows = []
    for group in found:
        if group == other:
            continue
        compared = []
        for effect in ["any", *sorted(effects)]:
            one, two = (
                rate_of_units(*found[each], effect, selection, unit, window_days, level) for each in (group, other)
            )
            row = {
                **dict(zip(by, group, strict=True)),
                "reference": ", ".join(other),
                "effect": effect,
                "evaluable": one["evaluable"],
                "affected": one["affected"],
                **{name: one[name] for name in ("rate", "rate_low", "rate_high", "completeness")},
                "reference_evaluable": two["evaluable"],
                "reference_affected": two["affected"],
                "reference_rate": two["rate"],
                "reference_rate_low": two["rate_low"],
                "reference_rate_high": two["rate_high"],
                "reference_completeness": two["completeness"],
                **newcombe(one, two),
                **katz(one, two, level),
                **difference_test(one, two),
            }
            tables = tables_of_strata(found[group][1], found[other][1], effect, selection, window_days, strata)
            row |= adjusted_figures(tables if strata else None, one, two, level)
            compared.append(row)
        known = sorted((row for row in compared if row["p"] is not None), key=lambda row: row["p"])
        for rank, row in enumerate(known, start=1):
            later = [known[place]["p"] * len(known) / (place + 1) for place in range(rank - 1, len(known))]
            row["p_adjusted"] = min([1.0, *later])
        rows += compared
    return rows


def reference_group(sizes: Mapping[tuple[str, ...], int], reference: str | None) -> tuple[str, ...]:
    """The group that is named, or the first of those with the most evaluable units."""
    if reference is not None:
        return next(group for group in sizes if ", ".join(group) == reference)
    return next(group for group in sizes if sizes[group] == max(sizes.values()))


def rate_of_units(
    treated: int,
    units: list[list[Row]],
    effect: str,
    selection: Selection,
    unit: str,
    window_days: int | None,
    level: float,
) -> Row:
    """The rate of one effect among the units of a group, and its effective number of units."""
    counts: dict[str, tuple[int, int]] = {}
    for records in units:
        affected, evaluable = counts.get(records[0]["patient_id"], (0, 0))
        hit = is_affected(records, effect, selection, window_days)
        counts[records[0]["patient_id"]] = (affected + hit, evaluable + 1)
    rate, low, high = rate_and_limits(counts, unit, level)
    return {
        "evaluable": len(units),
        "affected": sum(affected for affected, _ in counts.values()),
        "rate": rate,
        "rate_low": low,
        "rate_high": high,
        "completeness": share(len(units), treated),
        "effective": effective_number(counts, unit) if units else 0.0,
    }


def newcombe(one: Row, two: Row) -> Row:
    """The difference of two rates with the limits of Newcombe's method 10."""
    names = ("risk_difference", "risk_difference_low", "risk_difference_high")
    if one["rate"] is None or two["rate"] is None:
        return dict.fromkeys(names)
    step = one["rate"] - two["rate"]
    low = step - math.sqrt((one["rate"] - one["rate_low"]) ** 2 + (two["rate_high"] - two["rate"]) ** 2)
    high = step + math.sqrt((one["rate_high"] - one["rate"]) ** 2 + (two["rate"] - two["rate_low"]) ** 2)
    return dict(zip(names, (step, low, high), strict=True))


def effective_cells(one: Row, two: Row) -> list[float]:
    """Affected and unaffected of both, in effective units; whole where nothing is clustered."""
    cells = []
    for each in (one, two):
        affected = each["affected"] * each["effective"] / each["evaluable"]
        cells += [affected, each["effective"] - affected]
    return cells


def log_ratio(cells: Sequence[float]) -> tuple[float, float, bool]:
    """The log of the ratio, its variance, and whether 0.5 was added to every cell."""
    is_corrected = any(cell == 0 for cell in cells)
    a, b, c, d = (cell + 0.5 for cell in cells) if is_corrected else cells
    ratio = (a / (a + b)) / (c / (c + d))
    return math.log(ratio), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d), is_corrected


def katz(one: Row, two: Row, level: float) -> Row:
    """The ratio of two rates with Katz's limits."""
    if one["rate"] is None or two["rate"] is None:
        return {**dict.fromkeys(("risk_ratio", "risk_ratio_low", "risk_ratio_high")), "is_corrected": False}
    log, variance, is_corrected = log_ratio(effective_cells(one, two))
    half = NormalDist().inv_cdf(0.5 + level / 2) * math.sqrt(variance)
    limits = {"risk_ratio_low": math.exp(log - half), "risk_ratio_high": math.exp(log + half)}
    return {"risk_ratio": math.exp(log), **limits, "is_corrected": is_corrected}


def difference_test(one: Row, two: Row) -> Row:
    """p without a difference and the test, neither where a group is small."""
    if min(one["evaluable"], two["evaluable"]) < FEWEST:
        return {"test": "", "p": None, "p_adjusted": None, "is_small": True}
    a, b, c, d = effective_cells(one, two)
    total = a + b + c + d
    expected = [row * column / total for row in (a + b, c + d) for column in (a + c, b + d)]
    if min(expected) < 5:
        n, m = round(a + b), round(c + d)
        return {"test": "Fisher's exact", "p": fisher(round(a), n, round(c), m), "p_adjusted": None, "is_small": False}
    chi_square = sum((seen - wanted) ** 2 / wanted for seen, wanted in zip((a, b, c, d), expected, strict=True))
    return {"test": "chi-square", "p": chi_square_tail(chi_square, 1), "p_adjusted": None, "is_small": False}


def fisher(a: int, n: int, c: int, m: int) -> float:
    """The two-sided p of Fisher's exact test: all tables of these margins that are no more likely."""
    ways = {x: math.comb(n, x) * math.comb(m, a + c - x) for x in range(max(0, a + c - m), min(n, a + c) + 1)}
    return float(Fraction(sum(each for each in ways.values() if each <= ways[a]), sum(ways.values())))


def tables_of_strata(
    units: list[list[Row]],
    others: list[list[Row]],
    effect: str,
    selection: Selection,
    window_days: int | None,
    strata: Sequence[str],
) -> dict[tuple[tuple[str, ...], ...], list[int]]:
    """Affected and all units of the group and of the reference, per stratum."""
    tables: dict[tuple[tuple[str, ...], ...], list[int]] = {}
    for place, side in enumerate((units, others)):
        for records in side:
            table = tables.setdefault(stratum_of(records, strata), [0, 0, 0, 0])
            table[2 * place] += is_affected(records, effect, selection, window_days)
            table[2 * place + 1] += 1
    return tables


def adjusted_figures(
    tables: dict[tuple[tuple[str, ...], ...], list[int]] | None, one: Row, two: Row, level: float
) -> Row:
    """Mantel-Haenszel's difference and ratio, widened by the design effects of the crude ones, and the strata."""
    names = [f"adjusted_risk_{kind}{end}" for kind in ("difference", "ratio") for end in ("", "_low", "_high")]
    overlap = ("strata", "strata_without_both", "evaluable_without_both")
    figures: Row = {**dict.fromkeys((*names, *overlap)), "named_without_both": ""}
    if tables is None:
        return figures
    both = [table for table in tables.values() if table[1] and table[3]]
    apart = {stratum: n + m for stratum, (_, n, _, m) in tables.items() if not (n and m)}
    told = sorted(apart, key=lambda stratum: (-apart[stratum], stratum_key(stratum)))
    figures |= dict(zip(overlap, (len(both), len(apart), sum(apart.values())), strict=True))
    figures["named_without_both"] = "; ".join(stratum_in_words(stratum) for stratum in told)
    if not both:
        return figures
    z = NormalDist().inv_cdf(0.5 + level / 2)
    weights = sum((Fraction(n * m, n + m) for _, n, _, m in both), Fraction(0))
    step = sum((Fraction(a * m - c * n, n + m) for a, n, c, m in both), Fraction(0)) / weights
    variance = Fraction(0)
    for a, n, c, m in both:
        variance += step * (Fraction(n * n * c - m * m * a, (n + m) ** 2) + Fraction(n * m * (m - n), 2 * (n + m) ** 2))
        variance += Fraction(a * (m - c) + c * (n - a), 2 * (n + m))
    plain, clustered = (
        sum(each["rate"] * (1 - each["rate"]) / each[n] for each in (one, two)) for n in ("evaluable", "effective")
    )
    design = clustered / plain if plain > 0 else 1.0
    half = z * math.sqrt(max(0.0, float(variance / weights**2)) * design)
    figures |= dict(zip(names[:3], (float(step), float(step) - half, float(step) + half), strict=True))
    above = sum(Fraction(a * m, n + m) for a, n, _, m in both)
    below = sum(Fraction(c * n, n + m) for _, n, c, m in both)
    if above and below:
        spread = sum(Fraction(n * m * (a + c) - a * c * (n + m), (n + m) ** 2) for a, n, c, m in both)
        whole = [each[name] for each in (one, two) for name in ("affected", "evaluable")]
        plain_cells = [whole[0], whole[1] - whole[0], whole[2], whole[3] - whole[2]]
        design = log_ratio(effective_cells(one, two))[1] / log_ratio(plain_cells)[1]
        half = z * math.sqrt(max(0.0, float(spread / (above * below))) * design)
        ratio = float(above / below)
        figures |= dict(zip(names[3:], (ratio, ratio * math.exp(-half), ratio * math.exp(half)), strict=True))
    return figures


def stratum_key(stratum: tuple[tuple[str, ...], ...]) -> str:
    """By what strata of the same size are ordered: their values, with the smallest of characters between them."""
    return "\x1e".join("\x1f".join(values) for values in stratum)


def baseline_balance(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    unit: str = "session",
    window_days: int | None = None,
    level: float = 0.95,
    reference: str | None = None,
) -> list[Row]:
    """Who the evaluable units of every group are, and how far that is from the reference."""
    cut_off = as_of(exports)
    scores = {row["treatment_id"]: row.get("baseline_asymmetry") for row in exports.treatments}
    starts = {
        (course["patient_id"], course["treatment_type"], course["started_on"]): course["position"]
        for course in maintenance_courses(exports)
    }
    chosen = cohort(treatment_records(exports), selection)
    found = {
        group: units
        for group, records in sorted(groups_of_records(chosen, by).items())
        if (units := evaluable_units(records, unit, window_days, cut_off)[1])
    }
    if not found:
        return []
    other = reference_group({group: len(units) for group, units in found.items()}, reference)

    def level_of(records: list[Row], attribute: str) -> str:
        if attribute == "course":
            keys = [(each["patient_id"], each["attributes"]["treatment_type"], each["treated_on"]) for each in records]
            kinds = {"first" if starts[key] == "1" else "repeat" for key in keys if key in starts}
            return "several" if len(kinds) > 1 else next(iter(kinds), "")
        values = {record["attributes"][attribute] for record in records}
        return "several" if len(values) > 1 else next(iter(values))

    rows = []
    for attribute in BASELINE:
        if attribute in by:
            continue
        known: dict[tuple[str, ...], list[Any]] = {
            group: [
                max(own)
                for records in units
                if (own := [score for each in records if (score := scores[each["treatment_id"]]) is not None])
            ]
            if attribute == "baseline_asymmetry"
            else [level_of(records, attribute) for records in units]
            for group, units in found.items()
        }
        for group, units in found.items():
            differs: Row = {"standardised_difference": None, "is_different": False}
            named = {**dict(zip(by, group, strict=True)), "reference": ", ".join(other), "attribute": attribute}
            n = {"evaluable": len(units), "patients": len({records[0]["patient_id"] for records in units})}
            if attribute == "baseline_asymmetry":
                mean, sd = mean_and_sd(known[group])
                if group != other:
                    differs = difference_of_means((mean, sd), mean_and_sd(known[other]))
                score = {"units": len(known[group]), "share": None, "mean": mean, "sd": sd}
                rows.append({**named, "level": "", **n, **score, **differs})
                continue
            levels = sorted({each for values in known.values() for each in values})
            if group != other:
                apart = yang_dalton([[known[each].count(one) for one in levels] for each in (group, other)])
                differs = {"standardised_difference": apart, "is_different": apart is None or apart > 0.1}
            for one in levels:
                count = known[group].count(one)
                told = {"units": count, "share": count / len(units), "mean": None, "sd": None}
                rows.append({**named, "level": one, **n, **told, **differs})
    return rows


def difference_of_means(one: tuple[float | None, float | None], two: tuple[float | None, float | None]) -> Row:
    """The standardised difference of two means, and whether it is above 0.1."""
    (mean, sd), (other_mean, other_sd) = one, two
    if mean is None or other_mean is None or mean == other_mean:
        return {"standardised_difference": None if None in (mean, other_mean) else 0.0, "is_different": False}
    if sd is None or other_sd is None:
        return {"standardised_difference": None, "is_different": False}
    pooled = math.sqrt((sd**2 + other_sd**2) / 2)
    apart = abs(mean - other_mean) / pooled if pooled else None
    return {"standardised_difference": apart, "is_different": apart is None or apart > 0.1}


def mean_and_sd(values: Sequence[float]) -> tuple[float | None, float | None]:
    """The mean of values and their standard deviation, which needs two."""
    exact = [Fraction(str(value)) for value in values]
    if not exact:
        return None, None
    mean = sum(exact, Fraction(0)) / len(exact)
    if len(exact) == 1:
        return float(mean), None
    return float(mean), math.sqrt(sum(((value - mean) ** 2 for value in exact), Fraction(0)) / (len(exact) - 1))


def yang_dalton(counts: Sequence[Sequence[int]]) -> float | None:
    """The distance of two distributions over the same levels in the metric of their mean covariance.

    None where it is infinite, where they have no level in common.
    """
    p, q = ([Fraction(count, sum(side)) for count in side] for side in counts)
    kept = [k for k in range(len(p)) if p[k] + q[k] > 0]
    if not any(p[k] > 0 and q[k] > 0 for k in kept):
        return None
    covariance = [[((k == j) * (p[k] + q[k]) - p[k] * p[j] - q[k] * q[j]) / 2 for j in kept[1:]] for k in kept[1:]]
    squared = quadratic_form(covariance, [p[k] - q[k] for k in kept[1:]])
    assert squared is not None
    return math.sqrt(squared)
