"""Funnels, control charts and lots."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from tests.oracle.rates import follow_up_completeness, is_elapsed, share, side_effect_rates, wilson
from tests.oracle.records import Row, Selection, as_of, cohort, group_of, is_counted, treatment_records

if TYPE_CHECKING:
    from tests.drawing import Exports


def binomial_lower_limit(share: Fraction, n: int, tail: Fraction) -> float:
    """The count r with P(R <= r) just above the tail, less the part by which it is above; as a share, at least 0."""
    cumulative = Fraction(0)
    for r in range(n + 1):
        chance = math.comb(n, r) * share**r * (1 - share) ** (n - r)
        if cumulative + chance > tail:
            return max(0.0, float((r - (cumulative + chance - tail) / chance) / n))
        cumulative += chance
    raise AssertionError("the chances of all counts add up to 1")


def funnel_limits(overall: Fraction, n: int, level: str, tau_squared: float) -> tuple[float, float]:
    """The exact limits of a share of n around the overall one, the wider of them and the over-dispersed ones."""
    tail = (1 - Fraction(level)) / 2
    low = min(float(overall), binomial_lower_limit(overall, n, tail))
    high = max(float(overall), 1 - binomial_lower_limit(1 - overall, n, tail))
    if tau_squared > 0:
        z = NormalDist().inv_cdf(1 - float(tail))
        half = z * math.sqrt(float(overall * (1 - overall) / n) + tau_squared)
        low, high = min(low, float(overall) - half), max(high, float(overall) + half)
    return max(0.0, low), min(1.0, high)


def percentile(values: Sequence[float], p: float) -> float:
    """The percentile of sorted values, linear between the two ranks that it lies between."""
    place = p * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


def additive_overdispersion(counts: Sequence[tuple[int, int]], overall: Fraction) -> tuple[float | None, float]:
    """phi, the mean square of winsorised z, and tau squared by the method of moments, from (some, all) per group."""
    if not counts or overall in (0, 1):
        return None, 0.0
    theta = float(overall)
    errors = [math.sqrt(theta * (1 - theta) / n) for _, n in counts]
    z = [(x / n - theta) / error for (x, n), error in zip(counts, errors, strict=True)]
    low, high = percentile(sorted(z), 0.1), percentile(sorted(z), 0.9)
    winsorised = [min(max(each, low), high) for each in z]
    k = len(counts)
    phi = sum(each**2 for each in winsorised) / k
    weights = [1 / error**2 for error in errors]
    if k * phi < k - 1 or k == 1:
        return phi, 0.0
    return phi, (k * phi - (k - 1)) / (sum(weights) - sum(w**2 for w in weights) / sum(weights))


def follow_up_funnel(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    unit: str = "session",
    window_days: int | None = None,
    level: float = 0.95,
) -> list[Row]:
    """Evaluable of treated units per group against that of the cohort; 95 % and 99.8 % limits whatever the level."""
    shares = follow_up_completeness(exports, selection, by, unit, window_days, level)
    if not shares:
        return []
    (total,) = follow_up_completeness(exports, selection, (), unit, window_days, level)
    seen = [(row["evaluable"], row["treated"]) for row in shares if row["treated"]]
    overall = Fraction(total["evaluable"], total["treated"]) if seen else None
    phi, tau_squared = (None, 0.0) if overall is None else additive_overdispersion(seen, overall)
    rows = []
    for row in shares:
        limits: dict[str, float | None] = {}
        for name, inside in (("95", "0.95"), ("998", "0.998")):
            low, high = None, None
            if overall is not None and row["treated"]:
                low, high = funnel_limits(overall, row["treated"], inside, tau_squared)
            limits |= {f"funnel_{name}_low": low, f"funnel_{name}_high": high}
        lowest = limits["funnel_998_low"]
        rows.append(
            {
                **{name: row[name] for name in (*by, "treated", "pending", "evaluable", "completeness")},
                "overall_completeness": None if overall is None else float(overall),
                "overdispersion": phi,
                "between_groups_sd": None if overall is None else math.sqrt(tau_squared),
                **limits,
                "is_little_followed_up": lowest is not None and row["completeness"] < lowest,
            }
        )
    return rows


def signal_of(values: Sequence[float], sigmas: Sequence[float], place: int) -> str:
    """The rule by which a point of a control chart signals, from all values and how many sigma each is off."""
    if len(values) < 12:
        return ""
    last_three = sigmas[max(0, place - 2) : place + 1]
    last_eight = sigmas[place - 7 : place + 1] if place >= 7 else []
    last_six = values[place - 5 : place + 1] if place >= 5 else []
    for sign, limit, side in ((1, "above limit", "high"), (-1, "below limit", "low")):
        if sign * sigmas[place] > 3:
            return limit
        if sign * sigmas[place] > 2 and sum(sign * each > 2 for each in last_three) >= 2:
            return f"two of three {side}"
        if last_eight and all(sign * each > 0 for each in last_eight):
            return f"eight {side}"
    for sign, name in ((1, "six rising"), (-1, "six falling")):
        if last_six and all(sign * (later - earlier) > 0 for earlier, later in itertools.pairwise(last_six)):
            return name
    return ""


def mean_moving_range(values: Sequence[float]) -> float:
    """The mean of the absolute differences of neighbours."""
    return sum(abs(later - earlier) for earlier, later in itertools.pairwise(values)) / (len(values) - 1)


def series_of(rows: Iterable[Row], names: Sequence[str]) -> list[list[Row]]:
    """The rows that have the same values under these names, together."""
    series: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        series.setdefault(tuple(row[name] for name in names), []).append(row)
    return list(series.values())


def rates_over_time(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    unit: str = "session",
    window_days: int | None = None,
    level: float = 0.95,
) -> list[Row]:
    """Affected of evaluable units per group, effect and month, with the p-chart (or p') of every group and effect."""
    after = as_of(exports) + timedelta(days=1 - (window_days or 0))
    rates = side_effect_rates(exports, selection, (*by, "month"), unit, window_days, level)
    names = [*by, *(() if "effect" in by else ("effect",))]
    rows = []
    for series in series_of(rates, names):
        series = sorted(series, key=lambda row: str(row["month"]))
        points = [row for row in series if row["month"] < f"{after.year:04}-{after.month:02}" and row["evaluable"]]
        affected, evaluable = (sum(row[name] for row in points) for name in ("affected", "evaluable"))
        kind, centre, sigma_z = "t", None, None
        signal: dict[str, str] = {}
        if points and affected >= len(points):
            kind, centre = "p", affected / evaluable
            sigmas = [0.0] * len(points)
            if affected < evaluable:
                sigmas = [
                    (row["rate"] - centre) / math.sqrt(centre * (1 - centre) / row["evaluable"]) for row in points
                ]
                sigma_z = mean_moving_range(sigmas) / 1.128 if len(points) > 1 else None
            if sigma_z is not None and sigma_z > 1:
                kind, sigmas = "p'", [each / sigma_z for each in sigmas]
            values = [row["rate"] for row in points]
            signal = {row["month"]: signal_of(values, sigmas, place) for place, row in enumerate(points)}
        for row in series:
            low = high = None
            if centre is not None and row["evaluable"]:
                half = 3 * math.sqrt(centre * (1 - centre) / row["evaluable"]) * max(sigma_z or 1, 1)
                low, high = max(0.0, centre - half), min(1.0, centre + half)
            rows.append(
                {
                    **{name: row[name] for name in (*names, "month", "treated", "pending", "evaluable", "affected")},
                    "rate": row["rate"],
                    "centre": centre,
                    "limit_low": low,
                    "limit_high": high,
                    "chart": kind,
                    "sigma_z": sigma_z,
                    "signal": signal.get(row["month"], ""),
                    "is_signal": signal.get(row["month"], "") != "",
                    "is_complete": row["month"] < f"{after.year:04}-{after.month:02}",
                }
            )
    return rows


def days_between_events(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    window_days: int | None = None,
    level: float = 0.95,
) -> list[Row]:
    """The t-chart of the days between affected sessions, of the groups and effects that are rare."""
    after = as_of(exports) + timedelta(days=1 - (window_days or 0))
    first_open_day = after.replace(day=1)
    record_by = [name for name in by if name not in ("effect", "severity")]
    months: dict[tuple[str, ...], set[tuple[int, int]]] = {}
    days: dict[tuple[str, ...], set[tuple[date, str]]] = {}
    for record in cohort(treatment_records(exports), selection):
        if not is_elapsed(record, window_days, as_of(exports)):
            continue
        day = record["treated_on"]
        if (record["follow_ups"] or record["side_effects"]) and day < first_open_day:
            months.setdefault(group_of(record, record_by), set()).add((day.year, day.month))
        for side_effect in record["side_effects"]:
            is_within = window_days is None or (side_effect["onset_on"] - day).days <= window_days
            if not is_counted(side_effect, selection) or not is_within:
                continue
            for effect in ("any", side_effect["effect"]):
                key = group_of({"attributes": record["attributes"]}, by, {**side_effect, "effect": effect})
                own = group_of(record, record_by)
                days.setdefault((*key, effect, *own), set()).add((day, record["patient_id"]))
    rows = []
    for key, sessions in days.items():
        named = {**dict(zip(by, key[: len(by)], strict=True)), "effect": key[len(by)]}
        possible = len(months.get(key[len(by) + 1 :], ()))
        if possible and sum(day < first_open_day for day, _ in sessions) >= possible:
            continue
        when = sorted(day for day, _ in sessions)
        gaps = [(later - earlier).days for earlier, later in itertools.pairwise(when)]
        powers = [gap ** (1 / 3.6) for gap in gaps]
        centre = sum(powers) / len(powers) if gaps else None
        sigma = mean_moving_range(powers) / 1.128 if len(gaps) > 1 else None
        for place, day in enumerate(when):
            low = high = None
            signal = ""
            if place and centre is not None and sigma is not None:
                low, high = max(0.0, centre - 3 * sigma) ** 3.6, (centre + 3 * sigma) ** 3.6
                sigmas = [(power - centre) / sigma if sigma else 0.0 for power in powers]
                signal = signal_of(powers, sigmas, place - 1)
            rows.append(
                {
                    **named,
                    "event": place + 1,
                    "treated_on": day,
                    "days": gaps[place - 1] if place else None,
                    "centre_days": None if centre is None else centre**3.6,
                    "limit_low_days": low,
                    "limit_high_days": high,
                    "signal": signal,
                    "is_signal": signal != "",
                }
            )
    return rows


def practitioner_funnel(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    unit: str = "session",
    window_days: int | None = None,
    level: float = 0.95,
) -> list[Row]:
    """Affected of evaluable units per group and effect against the cohort's; 95 % and 99.8 % limits as in a funnel."""
    rates = side_effect_rates(exports, selection, by, unit, window_days, level)
    apart = [name for name in by if name == "severity"]
    totals = side_effect_rates(exports, selection, apart, unit, window_days, level)
    names = [*by, *(() if "effect" in by else ("effect",))]
    rows = []
    for series in series_of(rates, [*apart, "effect"]):
        (total,) = [row for row in totals if all(row[name] == series[0][name] for name in (*apart, "effect"))]
        seen = [(row["affected"], row["evaluable"]) for row in series if row["evaluable"]]
        overall = Fraction(total["affected"], total["evaluable"]) if seen else None
        phi, tau_squared = (None, 0.0) if overall is None else additive_overdispersion(seen, overall)
        for row in series:
            limits: dict[str, float | None] = {}
            for name, inside in (("95", "0.95"), ("998", "0.998")):
                low, high = None, None
                if overall is not None and row["evaluable"]:
                    low, high = funnel_limits(overall, row["evaluable"], inside, tau_squared)
                limits |= {f"funnel_{name}_low": low, f"funnel_{name}_high": high}
            signal = ""
            if limits["funnel_998_low"] is not None and limits["funnel_998_high"] is not None:
                signal = "above limit" if row["rate"] > limits["funnel_998_high"] else signal
                signal = "below limit" if row["rate"] < limits["funnel_998_low"] else signal
            elif row["treated"] and row["effect"] == "any":
                signal = "no follow-ups"
            rows.append(
                {
                    **{name: row[name] for name in (*names, "treated", "pending", "evaluable", "affected", "rate")},
                    "overall_rate": None if overall is None else float(overall),
                    "overdispersion": phi,
                    "between_groups_sd": None if overall is None else math.sqrt(tau_squared),
                    **limits,
                    "signal": signal,
                    "is_signal": signal != "",
                }
            )
    return rows


def hypergeometric_tail(affected: int, n: int, all_affected: int, all_n: int) -> float:
    """The chance of so many affected, or more, among n of all."""
    ways = sum(
        math.comb(all_affected, x) * math.comb(all_n - all_affected, n - x)
        for x in range(affected, min(n, all_affected) + 1)
    )
    return float(Fraction(ways, math.comb(all_n, n)))


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Every p-value adjusted: the smallest, over all that are at least as large, of p times m over its rank."""
    m = len(p)
    return [min(1.0, *(q * m / sum(other <= q for other in p) for q in p if q >= own)) for own in p]


def lot_signals(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    unit: str = "session",
    window_days: int | None = None,
    level: float = 0.95,
) -> list[Row]:
    """Every lot against the other lots of its product, one-sided, adjusted over all lots and effects tested."""
    names = [*by, "product", "lot", *(() if "effect" in by else ("effect",))]
    rates = side_effect_rates(exports, selection, (*by, "product", "lot"), unit, window_days, level)
    recorded = [row for row in rates if row["product"] and row["lot"]]
    rows = []
    for row in recorded:
        others = [
            other
            for other in recorded
            if other["lot"] != row["lot"] and all(other[name] == row[name] for name in names if name != "lot")
        ]
        affected, evaluable = (sum(other[name] for other in others) for name in ("affected", "evaluable"))
        low, high = wilson(row["rate"], row["evaluable"], level) if row["evaluable"] else (None, None)
        low, high = (0.0 if row["rate"] == 0 else low), (1.0 if row["rate"] == 1 else high)
        p = None
        if row["treated"] >= 5 and row["evaluable"] and evaluable:
            p = hypergeometric_tail(
                row["affected"], row["evaluable"], row["affected"] + affected, row["evaluable"] + evaluable
            )
        rows.append(
            {
                **{name: row[name] for name in names},
                "exposed": row["treated"],
                **{name: row[name] for name in ("pending", "evaluable", "affected", "rate")},
                "rate_low": low,
                "rate_high": high,
                "others_evaluable": evaluable,
                "others_affected": affected,
                "others_rate": share(affected, evaluable),
                "p": p,
                "p_adjusted": None,
                "signal": "",
                "is_signal": False,
            }
        )
    for is_any in (True, False):
        tested = [row for row in rows if row["p"] is not None and (row["effect"] == "any") == is_any]
        for row, adjusted in zip(tested, benjamini_hochberg([row["p"] for row in tested]), strict=True):
            is_signal = adjusted < 0.05
            row |= {"p_adjusted": adjusted, "signal": "above limit" if is_signal else "", "is_signal": is_signal}
    return rows
