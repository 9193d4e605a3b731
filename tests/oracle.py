"""A second, naive implementation of every measure: plain loops over the drawn records, no SQL, no arrays.

It is written from the pages that define the contract and the measures, and from nothing else, so that an
error in the queries is not repeated here. It is slow, and means to be read.

A *selection* is a dictionary with the names of the fields of `Filters`. Every measure is returned as a list
of dictionaries with the columns of the measure; None stands for "not estimable" and "not reached".
"""

from __future__ import annotations

import csv
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist, median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.drawing import Exports

Row = dict[str, Any]
Selection = Mapping[str, Any]

CATALOGUE = Path(__file__).parent.parent / "data" / "treatment_types.csv"
TOLERANCE = 1e-12

RECORD_FILTERS = (
    "treatment_type",
    "product",
    "lot",
    "area",
    "side",
    "technique",
    "practitioner",
    "clinic",
    "indication",
    "dose_band",
    "aftercare",
    "age_band",
    "sex",
    "skin_type",
    "smoker",
)
RECORD_GROUPS = (*RECORD_FILTERS, "month", "quarter", "year", "total")
RESOLVED_BY = (1, 3, 7, 14, 30, 90)
RETURNED_BY = (90, 120, 180, 270, 365)
RESTRICTED_TO = 90
ON_TIME_WITHIN = 14
PLAN_OUTCOMES = ("early", "on_time", "late", "not_returned")


# --- records ------------------------------------------------------------------------------------------------


def as_of(exports: Exports) -> date:
    """The data cut-off: the latest day on which anybody was treated or followed up."""
    days = [row["treated_on"] for row in exports.treatments]
    days += [row["followed_up_on"] for row in exports.follow_ups]
    return max(days, default=date.min)


def age_band(age: int | None) -> str:
    """The age band of an age in years; '' where the age is not recorded."""
    if age is None:
        return ""
    for below, label in ((25, "under 25"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64")):
        if age < below:
            return label
    return "65 and over"


def yes_no(value: bool | None) -> str:
    """'yes', 'no', or '' where it is not recorded."""
    return "" if value is None else "yes" if value else "no"


def dose_band(row: Row, treatments: Iterable[Row]) -> str:
    """The third in which a record's dose is among those of the same treatment type, area and unit."""
    if row.get("dose") is None:
        return ""
    alike = [
        other["dose"]
        for other in treatments
        if other.get("dose") is not None
        and all(
            (other.get(name) or None) == (row.get(name) or None) for name in ("treatment_type", "area", "dose_unit")
        )
    ]
    below = Fraction(sum(dose < row["dose"] for dose in alike), len(alike))
    return "lower third" if below < Fraction(1, 3) else "middle third" if below < Fraction(2, 3) else "upper third"


def aftercare(so_far: str, follow_up: Row) -> str:
    """What the follow-ups of a record say of its aftercare, with one more: one that says "not followed" is believed."""
    if follow_up.get("aftercare_followed") is None or so_far == "not followed":
        return so_far
    return "followed" if follow_up["aftercare_followed"] else "not followed"


def treatment_records(exports: Exports) -> list[Row]:
    """Every treatment record with its patient's attributes, its follow-ups and its side effects.

    `attributes` holds a text for every filter and group of records; `follow_ups` are days, `side_effects` the
    linked rows of the export.
    """
    patients = {row["patient_id"]: row for row in exports.patients}
    records = []
    for row in exports.treatments:
        patient = patients.get(row["patient_id"], {})
        birth_year = patient.get("birth_year")
        day = row["treated_on"]
        attributes = {name: row.get(name) or "" for name in RECORD_FILTERS}
        attributes["age_band"] = age_band(None if birth_year is None else day.year - birth_year)
        attributes["sex"] = patient.get("sex") or ""
        attributes["skin_type"] = patient.get("skin_type") or ""
        attributes["smoker"] = yes_no(patient.get("smoker"))
        attributes["dose_band"] = dose_band(row, exports.treatments)
        attributes["month"] = f"{day.year:04}-{day.month:02}"
        attributes["quarter"] = f"{day.year:04}-Q{(day.month + 2) // 3}"
        attributes["year"] = f"{day.year:04}"
        attributes["total"] = "total"
        records.append(
            {
                "treatment_id": row["treatment_id"],
                "patient_id": row["patient_id"],
                "treated_on": day,
                "dose": row.get("dose"),
                "attributes": attributes,
                "follow_ups": [],
                "side_effects": [],
            }
        )
    for row in exports.follow_ups:
        for record in records_of_contact(row, row["followed_up_on"], records):
            record["follow_ups"].append(row["followed_up_on"])
            record["attributes"]["aftercare"] = aftercare(record["attributes"]["aftercare"], row)
    for row in exports.side_effects:
        linked = records_of_contact(row, row["onset_on"], records)
        record_of_side_effect(row, linked)["side_effects"].append(row)
    return records


def records_of_contact(row: Row, day: date, records: list[Row]) -> list[Row]:
    """The records a follow-up or side effect may belong to.

    The one it names, else every record of the patient's latest session on or before the day.
    """
    if row.get("treatment_id"):
        return [record for record in records if record["treatment_id"] == row["treatment_id"]]
    before = [record for record in records if record["patient_id"] == row["patient_id"] and record["treated_on"] <= day]
    latest = max(record["treated_on"] for record in before)
    return [record for record in before if record["treated_on"] == latest]


def record_of_side_effect(row: Row, linked: list[Row]) -> Row:
    """Of the records of a session, the one whose area is the side effect's, else the smallest treatment_id."""
    same_area = [record for record in linked if row.get("area") and record["attributes"]["area"] == row["area"]]
    return min(same_area or linked, key=lambda record: str(record["treatment_id"]))


def cohort(records: Iterable[Row], selection: Selection) -> list[Row]:
    """The treatment records that the filters leave."""
    return [record for record in records if is_selected(record, selection)]


def is_selected(record: Row, selection: Selection) -> bool:
    """Whether every filter on treatment records holds for the record."""
    first, last = selection.get("treated_from"), selection.get("treated_to")
    if first is not None and record["treated_on"] < first:
        return False
    if last is not None and record["treated_on"] > last:
        return False
    low, high = selection.get("dose_from"), selection.get("dose_to")
    if low is not None and (record["dose"] is None or record["dose"] < low):
        return False
    if high is not None and (record["dose"] is None or record["dose"] > high):
        return False
    for name in RECORD_FILTERS:
        if selection.get(name) and record["attributes"][name] not in selection[name]:
            return False
    return True


def has_effect(side_effect: Row, selection: Selection) -> bool:
    """Whether the side effect passes the filter on the effect."""
    return not selection.get("effect") or side_effect["effect"] in selection["effect"]


def is_counted(side_effect: Row, selection: Selection) -> bool:
    """Whether the side effect passes all filters on side effects."""
    if not has_effect(side_effect, selection):
        return False
    if selection.get("severity") and (side_effect.get("severity") or "") not in selection["severity"]:
        return False
    return not (selection.get("serious") and yes_no(side_effect.get("serious")) not in selection["serious"])


def group_of(record: Row, by: Sequence[str], side_effect: Row | None = None) -> tuple[str, ...]:
    """The values of the group columns for a record, or for one of its side effects."""
    values = []
    for name in by:
        if side_effect is not None and name in ("effect", "severity"):
            values.append(side_effect.get(name) or "")
        else:
            values.append(record["attributes"][name])
    return tuple(values)


# --- side-effect rates --------------------------------------------------------------------------------------


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


def groups_of_records(records: list[Row], by: Sequence[str]) -> dict[tuple[str, ...], list[Row]]:
    """The records of each group, a group being the values of the group columns."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for record in records:
        groups.setdefault(group_of(record, by), []).append(record)
    return groups


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


# --- watching -----------------------------------------------------------------------------------------------


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


# --- curves -------------------------------------------------------------------------------------------------

Curve = list[Row]
"""One row per day: day, at_risk, ended, censored, share (not ended), low, high."""


def log_log_limits(survival: float, deviation_of_log: float, level: float) -> tuple[float, float]:
    """Limits of a survival strictly between 0 and 1 on the scale log(-log S).

    `deviation_of_log` is the standard error of log S, which is that of S divided by S.
    """
    z = NormalDist().inv_cdf(0.5 + level / 2)
    middle = math.log(-math.log(survival))
    half = z * deviation_of_log / abs(math.log(survival))
    return math.exp(-math.exp(middle + half)), math.exp(-math.exp(middle - half))


def end_days(ends: Iterable[int]) -> list[int]:
    """Day 0 and every day on which something ends."""
    return sorted({0, *ends})


def kaplan_meier(observations: Sequence[tuple[int, bool]], level: float = 0.95) -> Curve:
    """The Kaplan-Meier curve of (day, whether the event was seen), limits by Greenwood on the log(-log) scale."""
    curve: Curve = []
    survival, greenwood, high = Fraction(1), Fraction(0), 1.0
    for day in end_days(end for end, _ in observations):
        at_risk = sum(1 for end, _ in observations if end >= day)
        ended = sum(1 for end, seen in observations if seen and end == day)
        censored = sum(1 for end, seen in observations if not seen and end == day)
        survival *= Fraction(at_risk - ended, at_risk)
        if ended and survival > 0:
            greenwood += Fraction(ended, at_risk * (at_risk - ended))
        if survival == 1:
            low, high = 1.0, 1.0
        elif survival == 0:
            low = 0.0  # the upper limit stays where it was
        else:
            low, high = log_log_limits(float(survival), math.sqrt(greenwood), level)
        curve.append(curve_row(day, at_risk, ended, censored, float(survival), low, high))
    return curve


def curve_row(
    day: int,
    at_risk: float,
    ended: float,
    censored: float,
    survival: float,
    low: float | None,
    high: float | None,
) -> Row:
    return {
        "day": day,
        "at_risk": at_risk,
        "ended": ended,
        "censored": censored,
        "share": survival,
        "low": low,
        "high": high,
    }


WeightedObservation = tuple[int, bool, Fraction, str]
"""Day, whether the event was seen, weight, patient."""


def weighted_product_limit(observations: Sequence[WeightedObservation], day: int) -> float:
    """The product-limit estimate with weights on one day, and nothing else."""
    survival = Fraction(1)
    for event_day in sorted({end for end, seen, _, _ in observations if seen and end <= day}):
        at_risk = sum((weight for end, _, weight, _ in observations if end >= event_day), Fraction(0))
        ended = sum((weight for end, seen, weight, _ in observations if seen and end == event_day), Fraction(0))
        survival *= 1 - ended / at_risk
    return float(survival)


def weighted_curve(observations: Sequence[WeightedObservation], level: float = 0.95) -> Curve:
    """The product-limit curve with weights, limits by the infinitesimal jackknife clustered by patient.

    The influence of one observation on log S, the derivative by its weight, is the sum over the event days up
    to the day of (at risk - ended) / (n - d) - at risk / n, where the two indicators are its own, n and d the
    weights at risk and ended. The variance of log S is the sum over patients of the square of what their
    observations, each times its weight, amount to. Of one patient that is always 0, which would be limits without
    width: there are none.
    """
    curve: Curve = []
    survival, high = Fraction(1), 1.0
    influence = {patient: 0.0 for _, _, _, patient in observations}
    for day in end_days(end for end, _, _, _ in observations):
        at_risk = sum((weight for end, _, weight, _ in observations if end >= day), Fraction(0))
        ended = sum((weight for end, seen, weight, _ in observations if seen and end == day), Fraction(0))
        censored = sum((weight for end, seen, weight, _ in observations if not seen and end == day), Fraction(0))
        survival *= (at_risk - ended) / at_risk
        if ended and survival > 0:
            for end, seen, weight, patient in observations:
                is_at_risk = end >= day
                is_ended = seen and end == day
                slope = Fraction(is_at_risk - is_ended) / (at_risk - ended) - Fraction(is_at_risk) / at_risk
                influence[patient] += float(weight * slope)
        if survival == 1:
            low, high = 1.0, 1.0
        elif survival == 0:
            low = 0.0
        else:
            deviation = math.sqrt(sum(each * each for each in influence.values()))
            low, high = log_log_limits(float(survival), deviation, level)
        limits = (None, None) if len(influence) == 1 else (low, high)
        curve.append(curve_row(day, float(at_risk), float(ended), float(censored), float(survival), *limits))
    return curve


def quantile_day(curve: Curve, left: float, column: str = "share") -> int | None:
    """The first day on which the column is at or below what is to be left; None where that is not reached."""
    for row in curve:
        if row[column] is not None and row[column] <= left + TOLERANCE:
            return int(row["day"])
    return None


def on_day(curve: Curve, day: int) -> Row | None:
    """The curve on a day; None beyond its last day where something was still left there."""
    if day > curve[-1]["day"] and curve[-1]["share"] > 0:
        return None
    return [row for row in curve if row["day"] <= day][-1]


def quantiles(curve: Curve) -> Row:
    """Median with limits, first and third quartile."""
    return {
        "median_days": quantile_day(curve, 0.5),
        "median_low": quantile_day(curve, 0.5, "low"),
        "median_high": quantile_day(curve, 0.5, "high"),
        "q1_days": quantile_day(curve, 0.75),
        "q3_days": quantile_day(curve, 0.25),
    }


def ended_by(curve: Curve, name: str, days: Sequence[int]) -> tuple[Row, Row]:
    """The share ended by each of the days, and the limits of it."""
    shares, limits = {}, {}
    for day in days:
        row = on_day(curve, day)
        shares[f"{name}_{day}"] = None if row is None else 1 - row["share"]
        has_limits = row is not None and row["low"] is not None
        limits[f"{name}_{day}_low"] = 1 - row["high"] if row and has_limits else None
        limits[f"{name}_{day}_high"] = 1 - row["low"] if row and has_limits else None
    return shares, limits


def restricted_mean(curve: Curve, to_day: int) -> float | None:
    """The area under the curve up to a day; None where the curve ends before it with something left."""
    if on_day(curve, to_day) is None:
        return None
    area = 0.0
    for day in range(to_day):  # a step function of whole days: one column of width 1 per day
        row = on_day(curve, day)
        assert row is not None
        area += row["share"]
    return area


def log_rank(
    *strata: Sequence[Sequence[tuple[int, bool]]],
) -> tuple[float, int, float] | tuple[None, None, None]:
    """The log-rank test of groups of (day, seen): chi-square, df, p; None where there is nothing to test.

    Every stratum has the same groups, perhaps with nobody in them; what is observed, expected and its variance is
    summed over strata. The variance is hypergeometric. A group in which no event is expected has nothing to say and is
    left out, as R's survdiff leaves it out; df is one less than the groups that remain. All sums are exact fractions,
    so a singular variance (the first event ends everything) is known to be so.
    """
    k = len(strata[0])
    expected, difference = [Fraction(0)] * k, [Fraction(0)] * k
    variance = [[Fraction(0)] * k for _ in range(k)]
    for groups in strata:
        for day in sorted({end for group in groups for end, seen in group if seen}):
            at_risk = [sum(1 for end, _ in group if end >= day) for group in groups]
            ended = [sum(1 for end, seen in group if seen and end == day) for group in groups]
            n, d = sum(at_risk), sum(ended)
            for i in range(k):
                expected[i] += Fraction(d * at_risk[i], n)
                difference[i] += ended[i] - Fraction(d * at_risk[i], n)
                if n == 1:
                    continue
                for j in range(k):
                    own = Fraction(at_risk[i], n) * ((i == j) - Fraction(at_risk[j], n))
                    variance[i][j] += own * Fraction(d * (n - d), n - 1)
    told = [i for i in range(k) if expected[i] > 0][:-1]
    if not told:
        return None, None, None
    chi_square = quadratic_form([[variance[i][j] for j in told] for i in told], [difference[i] for i in told])
    if chi_square is None:
        return None, None, None
    return float(chi_square), len(told), chi_square_tail(float(chi_square), len(told))


def quadratic_form(matrix: list[list[Fraction]], vector: list[Fraction]) -> Fraction | None:
    """vector' matrix^-1 vector by elimination; None where the matrix is singular."""
    size = len(vector)
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    for i in range(size):
        pivot = next((j for j in range(i, size) if rows[j][i] != 0), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for j in range(size):
            if j != i:
                factor = rows[j][i] / rows[i][i]
                rows[j] = [a - factor * b for a, b in zip(rows[j], rows[i], strict=True)]
    return sum((rows[i][size] / rows[i][i] * vector[i] for i in range(size)), Fraction(0))


def chi_square_tail(x: float, df: int) -> float:
    """P(chi-square with df degrees of freedom > x), by the recurrence of the incomplete gamma function."""
    half = x / 2
    if x == 0:
        return 1.0
    if df % 2:
        tail, term, a = math.erfc(math.sqrt(half)), math.sqrt(half) * math.exp(-half) / math.gamma(1.5), 1.5
    else:
        tail, term, a = math.exp(-half), half * math.exp(-half), 2.0
    for _ in range((df - 1) // 2):
        tail += term
        term *= half / a
        a += 1
    return tail


# --- time to resolution -------------------------------------------------------------------------------------

RESAMPLED = "resampled"
"""Stands for a limit that comes from resamples; tests/statistics/test_turnbull.py draws and fits them naively."""

Interval = tuple[int, int | None]
"""Resolved after the first day and by the second; on it, where the two are the same; not seen to, where it is None."""


def resolution_observations(exports: Exports, selection: Selection, clock: str = "onset") -> list[Row]:
    """One row per side effect of the cohort: record, side_effect, interval."""
    rows = []
    for record in cohort(treatment_records(exports), selection):
        for side_effect in record["side_effects"]:
            if not is_counted(side_effect, selection):
                continue
            start = side_effect["onset_on"] if clock == "onset" else record["treated_on"]
            interval = resolution(side_effect, record["follow_ups"], start)
            rows.append({"record": record, "side_effect": side_effect, "interval": interval})
    return rows


def resolution(side_effect: Row, follow_ups: Sequence[date], start: date) -> Interval:
    """Between which days on the clock it resolved."""
    onset = side_effect["onset_on"]
    last_present = side_effect.get("last_present_on")
    if side_effect.get("resolved_on"):
        day = (side_effect["resolved_on"] - start).days
        return day, day
    if side_effect.get("resolved_by"):
        return ((last_present or onset) - start).days, (side_effect["resolved_by"] - start).days
    if last_present:
        return (last_present - start).days, None
    later = [day for day in follow_ups if day >= onset]
    return (max([onset, *later]) - start).days, None


def groups_of_observations(observations: list[Row], by: Sequence[str]) -> dict[tuple[str, ...], list[Row]]:
    """The observations of each group; severity and effect are the side effect's own."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for observation in observations:
        group = group_of(observation["record"], by, observation["side_effect"])
        groups.setdefault(group, []).append(observation)
    return groups


def end_of(interval: Interval) -> tuple[int, bool]:
    """The last day known of a side effect, and whether it had resolved by then."""
    left, right = interval
    return (left, False) if right is None else (right, True)


def middle_of(interval: Interval) -> tuple[int, bool]:
    """The same with the middle of the days between which it resolved, rounded up."""
    left, right = interval
    return (left, False) if right is None else (math.ceil((left + right) / 2), True)


def is_only_seen_gone(interval: Interval) -> bool:
    """Whether it may have resolved on several days."""
    left, right = interval
    return right is not None and left < right


def turnbull(intervals: Sequence[Interval]) -> dict[int | None, float]:
    """The most likely mass of each day on which a side effect may have resolved; None is after all of them.

    Turnbull's self-consistency (1976): the mass of a day is the mean over the observations of the share that the day
    has of the mass of all days on which that one may have resolved. That is repeated; since it gets slow near the end,
    the steps are accelerated where that raises the likelihood (Varadhan and Roland, Scand J Stat 2008; 35: 335), until
    the masses stand still. Where that takes too long, the day with the least mass gets none. In the end no day's mean
    may exceed 1, which proves the maximum. Only the last days of innermost intervals can have mass.
    """
    counts = Counter(intervals)
    starts = sorted({(left if left == right else left + 1) for left, right in counts})
    ends = sorted({right for _, right in counts if right is not None})
    last = max([*starts, *ends]) + 1  # stands for "after all of them"
    if any(right is None for _, right in counts):
        ends.append(last)
    # An innermost interval begins with a first possible day and ends with a last one, with no other last one between.
    days = [end for end, before in zip(ends, [-1, *ends], strict=False) if any(before < day <= end for day in starts)]
    number = len(intervals)
    rows = []
    for (left, right), count in sorted(counts.items(), key=str):
        first, final = (left if left == right else left + 1), (last if right is None else right)
        rows.append((count, [i for i, day in enumerate(days) if first <= day <= final]))

    def means(mass: list[float]) -> list[float]:
        sums = [0.0] * len(days)
        for count, possible in rows:
            share = count / math.fsum(mass[i] for i in possible) / number
            for i in possible:
                sums[i] += share
        return sums

    def consistent(mass: list[float]) -> list[float]:
        return [p * mean for p, mean in zip(mass, means(mass), strict=True)]

    def likelihood(mass: list[float]) -> float:
        if min(mass) < 0 or any(math.fsum(mass[i] for i in possible) <= 0 for _, possible in rows):
            return -math.inf
        return math.fsum(count * math.log(math.fsum(mass[i] for i in possible)) for count, possible in rows)

    mass = [1 / len(days)] * len(days)
    for round_number in range(1, 100_000):
        if round_number % 500 == 0:
            least = min((p, i) for i, p in enumerate(mass) if p > 0)[1]
            mass = [0.0 if i == least else p for i, p in enumerate(mass)]
        once = consistent(mass)
        twice = consistent(once)
        first_step = [b - a for a, b in zip(mass, once, strict=True)]
        bend = [c - b - d for b, c, d in zip(once, twice, first_step, strict=True)]
        moved = math.fsum(abs(step) for step in first_step)
        if moved < 1e-14:
            break
        curved = math.sqrt(math.fsum(step * step for step in bend))
        length = math.sqrt(math.fsum(step * step for step in first_step)) / curved if curved > 1e-18 else 1.0
        leap = [a + 2 * length * d + length**2 * e for a, d, e in zip(mass, first_step, bend, strict=True)]
        leap = [max(p, 1e-300) if before > 0 else 0.0 for p, before in zip(leap, mass, strict=True)]
        leap = [p / math.fsum(leap) for p in leap]
        mass = consistent(leap) if likelihood(leap) >= likelihood(twice) else twice
    assert max(means(mass)) < 1 + 1e-9, "the likelihood has a higher point"
    return {(None if day == last else day): p for day, p in zip(days, mass, strict=True)}


def turnbull_curve(intervals: Sequence[Interval]) -> Curve:
    """The share not yet surely resolved, without limits."""
    mass = turnbull(intervals)
    ends = [end_of(interval) for interval in intervals]
    curve: Curve = []
    for day in end_days(end for end, _ in ends):
        left = math.fsum(p for when, p in mass.items() if when is None or when > day)
        curve.append(
            {
                "day": day,
                "at_risk": sum(1 for end, _ in ends if end >= day),
                "ended": sum(1 for end, seen in ends if seen and end == day),
                "censored": sum(1 for end, seen in ends if not seen and end == day),
                "share": left,
                "low": math.nan,
                "high": math.nan,
            }
        )
    return curve


def resolution_curve(observations: list[Row], level: float, limits: str) -> tuple[Curve, str, str]:
    """The curve of a group, its estimator, and the kind of its limits; those that are not known are nan."""
    intervals = [observation["interval"] for observation in observations]
    patients = [observation["record"]["patient_id"] for observation in observations]
    is_one_patient = limits == "clustered" and len(set(patients)) == 1
    clustered = "none (one patient)" if is_one_patient else "500 resamples of patients"
    if any(is_only_seen_gone(interval) for interval in intervals):
        return turnbull_curve(intervals), "Turnbull", clustered if limits == "clustered" else "none"
    ends = [end_of(interval) for interval in intervals]
    if is_one_patient:
        curve = [{**row, "low": math.nan, "high": math.nan} for row in kaplan_meier(ends, level)]
        return curve, "Kaplan-Meier", clustered
    if limits == "clustered":
        weighted = [(*end, Fraction(1), patient) for end, patient in zip(ends, patients, strict=True)]
        return weighted_curve(weighted, level), "Kaplan-Meier", "jackknife by patient"
    curve = kaplan_meier(ends, level)
    if limits == "none":
        curve = [{**row, "low": math.nan, "high": math.nan} for row in curve]
    return curve, "Kaplan-Meier", "none" if limits == "none" else "Greenwood"


def with_limits(row: Row, names: Iterable[str], kind: str) -> Row:
    """The row with limits of a kind: where none are known, None; where they are resampled, that word."""
    unknown = RESAMPLED if "resamples" in kind else None
    is_unknown = kind.startswith("none") or "resamples" in kind
    return row | {name: unknown for name in names if is_unknown}


def time_to_resolution(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    clock: str = "onset",
    level: float = 0.95,
    limits: str = "clustered",
) -> list[Row]:
    """The share of side effects still unresolved per group and day."""
    rows = []
    groups = groups_of_observations(resolution_observations(exports, selection, clock), by)
    for group, observations in sorted(groups.items()):
        curve, estimator, kind = resolution_curve(observations, level, limits)
        for row in curve:
            shown = {
                **dict(zip(by, group, strict=True)),
                "day": row["day"],
                "at_risk": row["at_risk"],
                "resolved": row["ended"],
                "censored": row["censored"],
                "unresolved": row["share"],
                "unresolved_low": row["low"],
                "unresolved_high": row["high"],
                "estimator": estimator,
                "limits": kind,
            }
            rows.append(with_limits(shown, ("unresolved_low", "unresolved_high"), kind))
    return rows


def time_to_resolution_summary(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    clock: str = "onset",
    level: float = 0.95,
    limits: str = "clustered",
    strata: Sequence[str] = (),
) -> list[Row]:
    """Counts, quantiles, shares resolved by fixed days and the log-rank test of the groups, perhaps within strata."""
    rows = []
    groups = groups_of_observations(resolution_observations(exports, selection, clock), by)
    within = groups_of_observations(resolution_observations(exports, selection, clock), strata)
    middles = [
        [
            [middle_of(row["interval"]) for row in stratum if group_of(row["record"], by, row["side_effect"]) == group]
            for group in sorted(groups)
        ]
        for stratum in within.values()
    ]
    chi_square, df, p = log_rank(*middles) if middles else (None, None, None)
    for group, observations in sorted(groups.items()):
        curve, estimator, kind = resolution_curve(observations, level, limits)
        shares, share_limits = ended_by(curve, "resolved_by", RESOLVED_BY)
        resolved = sum(observation["interval"][1] is not None for observation in observations)
        shown = {
            **dict(zip(by, group, strict=True)),
            "side_effects": len(observations),
            "resolved": resolved,
            "censored": len(observations) - resolved,
            **quantiles(curve),
            **shares,
            "logrank_chi2": chi_square,
            "logrank_df": df,
            "logrank_p": p,
            "restricted_mean_days": restricted_mean(curve, RESTRICTED_TO),
            "estimator": estimator,
            "limits": kind,
            **share_limits,
        }
        limited = [name for name, limit in share_limits.items() if limit is not None]
        rows.append(with_limits(shown, ("median_low", "median_high", *limited), kind))
    return rows


def healing_clock(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    clock: str = "onset",
    level: float = 0.95,
    limits: str = "clustered",
) -> list[Row]:
    """The share of side effects gone by fixed days, a row per group and day, with the number of patients."""
    groups = groups_of_observations(resolution_observations(exports, selection, clock), by)
    rows = []
    for summary in time_to_resolution_summary(exports, selection, by, clock, level, limits):
        observations = groups[tuple(summary[column] for column in by)]
        for day in RESOLVED_BY:
            rows.append(
                {
                    **{column: summary[column] for column in by},
                    "day": day,
                    "patients": len({observation["record"]["patient_id"] for observation in observations}),
                    "side_effects": summary["side_effects"],
                    "resolved": summary[f"resolved_by_{day}"],
                    "resolved_low": summary[f"resolved_by_{day}_low"],
                    "resolved_high": summary[f"resolved_by_{day}_high"],
                    "estimator": summary["estimator"],
                    "limits": summary["limits"],
                }
            )
    return rows


# --- maintenance --------------------------------------------------------------------------------------------


def expected_intervals() -> dict[str, tuple[int, int]]:
    """The shortest and the longest interval that the catalogue expects, in days, of the types that have one."""
    with CATALOGUE.open(encoding="utf-8", newline="") as lines:
        return {
            row["code"]: (int(row["expected_interval_low_days"]), int(row["expected_interval_high_days"]))
            for row in csv.DictReader(lines)
            if row["expected_interval_low_days"] and row["expected_interval_high_days"]
        }


def catalogue() -> dict[str, tuple[bool, int]]:
    """Whether a treatment type is maintained, and its touch-up window in days."""
    with CATALOGUE.open(encoding="utf-8", newline="") as lines:
        return {
            row["code"]: (row["is_maintained"] == "true", int(row["touch_up_window_days"]))
            for row in csv.DictReader(lines)
        }


def maintenance_courses(exports: Exports) -> list[Row]:
    """Every course of a maintained type, with the days to the next course or the data cut-off."""
    known = catalogue()
    cut_off = as_of(exports)
    sessions: dict[tuple[str, str], set[date]] = {}
    for row in exports.treatments:
        sessions.setdefault((row["patient_id"], row["treatment_type"]), set()).add(row["treated_on"])
    courses = []
    for (patient_id, treatment_type), days in sorted(sessions.items()):
        is_maintained, touch_up_window = known.get(treatment_type, (True, 0))
        if not is_maintained:
            continue
        starts: list[date] = []
        previous: date | None = None
        for day in sorted(days):
            if previous is None or (day - previous).days > touch_up_window:
                starts.append(day)
            previous = day
        for i, start in enumerate(starts):
            is_completed = i + 1 < len(starts)
            end = starts[i + 1] if is_completed else cut_off
            courses.append(
                {
                    "patient_id": patient_id,
                    "treatment_type": treatment_type,
                    "started_on": start,
                    "days": (end - start).days,
                    "is_completed": is_completed,
                    "planned_days": planned_days(exports, patient_id, treatment_type, start),
                    "days_observed": (cut_off - start).days,
                    "position": str(i + 1) if i < 5 else "6+",
                }
            )
    return courses


def planned_days(exports: Exports, patient_id: str, treatment_type: str, day: date) -> int | None:
    """The smallest interval that the records of a type plan in a session; None where none does."""
    plans = [
        row["planned_interval_days"]
        for row in exports.treatments
        if (row["patient_id"], row["treatment_type"], row["treated_on"]) == (patient_id, treatment_type, day)
        and row.get("planned_interval_days") is not None
    ]
    return min(plans, default=None)


def selected_courses(exports: Exports, selection: Selection, by: Sequence[str]) -> dict[tuple[str, ...], list[Row]]:
    """The courses whose first session has a record of their type in the cohort, by its groups."""
    chosen = cohort(treatment_records(exports), selection)
    groups: dict[tuple[str, ...], list[Row]] = {}
    for course in maintenance_courses(exports):
        its_groups = set()
        for record in chosen:
            if (
                record["patient_id"] == course["patient_id"]
                and record["treated_on"] == course["started_on"]
                and record["attributes"]["treatment_type"] == course["treatment_type"]
            ):
                its_groups.add(
                    tuple(course["position"] if name == "position" else record["attributes"][name] for name in by)
                )
        for group in its_groups:
            groups.setdefault(group, []).append(course)
    return groups


def wang_chang_observations(courses: Sequence[Row]) -> list[WeightedObservation]:
    """The courses of a group that weigh something, with their weights (Wang and Chang 1999)."""
    completed: dict[tuple[str, str], int] = {}
    for course in courses:
        key = (course["patient_id"], course["treatment_type"])
        completed[key] = completed.get(key, 0) + course["is_completed"]
    observations = []
    for course in courses:
        k = completed[(course["patient_id"], course["treatment_type"])]
        if course["is_completed"]:
            observations.append((course["days"], True, Fraction(1, k), course["patient_id"]))
        elif k == 0:
            observations.append((course["days"], False, Fraction(1), course["patient_id"]))
    return observations


def maintenance_intervals(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    level: float = 0.95,
) -> list[Row]:
    """The share of patients who have not returned per group and day."""
    rows = []
    for group, courses in sorted(selected_courses(exports, selection, by).items()):
        for row in weighted_curve(wang_chang_observations(courses), level):
            rows.append(
                {
                    **dict(zip(by, group, strict=True)),
                    "day": row["day"],
                    "at_risk": row["at_risk"],
                    "returned": row["ended"],
                    "not_returned": row["share"],
                    "not_returned_low": row["low"],
                    "not_returned_high": row["high"],
                }
            )
    return rows


def maintenance_summary(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    level: float = 0.95,
) -> list[Row]:
    """Counts, quantiles and shares returned by fixed days."""
    rows = []
    for group, courses in sorted(selected_courses(exports, selection, by).items()):
        curve = weighted_curve(wang_chang_observations(courses), level)
        shares, limits = ended_by(curve, "returned_by", RETURNED_BY)
        completed = [course["days"] for course in courses if course["is_completed"]]
        rows.append(
            {
                **dict(zip(by, group, strict=True)),
                "patients": len({course["patient_id"] for course in courses}),
                "courses": len(courses),
                "completed": len(completed),
                **quantiles(curve),
                **shares,
                "completed_median_days": median(completed) if completed else None,
                **limits,
            }
        )
    return rows


def plan_outcome(course: Row) -> str:
    """How a course kept its plan; only where the plan and the tolerance have passed can it be told."""
    planned = course["planned_days"]
    if planned is None:
        return "without_plan"
    if course["days_observed"] <= planned + ON_TIME_WITHIN:
        return "not_yet_due"
    if not course["is_completed"]:
        return "not_returned"
    if abs(course["days"] - planned) <= ON_TIME_WITHIN:
        return "on_time"
    return "early" if course["days"] < planned else "late"


def kept_plans(
    exports: Exports,
    selection: Selection,
    by: Sequence[str] = ("treatment_type",),
    level: float = 0.95,
) -> list[Row]:
    """How many of the courses whose plan was due came early, on time, late or not, with clustered limits."""
    rows = []
    for group, courses in sorted(selected_courses(exports, selection, by).items()):
        outcomes = [(course["patient_id"], plan_outcome(course)) for course in courses]
        due = [outcome for outcome in outcomes if outcome[1] in PLAN_OUTCOMES]
        row: Row = {
            **dict(zip(by, group, strict=True)),
            "courses": len(courses),
            "without_plan": sum(outcome == "without_plan" for _, outcome in outcomes),
            "not_yet_due": sum(outcome == "not_yet_due" for _, outcome in outcomes),
            "due": len(due),
        }
        for name in PLAN_OUTCOMES:
            row[name] = sum(outcome == name for _, outcome in due)
        for name in PLAN_OUTCOMES:
            counts: dict[str, tuple[int, int]] = {}
            for patient, outcome in due:
                some, of = counts.get(patient, (0, 0))
                counts[patient] = (some + (outcome == name), of + 1)
            shares = rate_and_limits(counts, "course", level)
            row |= dict(zip((f"{name}_share", f"{name}_share_low", f"{name}_share_high"), shares, strict=True))
        rows.append(row)
    return rows


def variance_components(groups: Sequence[Sequence[Fraction]]) -> tuple[Fraction, Fraction]:
    """The variances within and between groups of unequal size, by the analysis of variance (method of moments).

    The one between is 0 where the mean squares say that it is not positive, to within a billionth.
    """
    n = sum(len(group) for group in groups)
    k = len(groups)
    grand_mean = sum((value for group in groups for value in group), Fraction(0)) / n
    means = [sum(group, Fraction(0)) / len(group) for group in groups]
    within = sum(
        ((value - mean) ** 2 for group, mean in zip(groups, means, strict=True) for value in group), Fraction(0)
    ) / (n - k)
    between = sum(
        (len(group) * (mean - grand_mean) ** 2 for group, mean in zip(groups, means, strict=True)), Fraction(0)
    ) / (k - 1)
    n0 = (n - Fraction(sum(len(group) ** 2 for group in groups), n)) / (k - 1)
    is_positive = between > within * (1 + Fraction(1, 10**9))
    return within, (between - within) / n0 if is_positive else Fraction(0)


def personal_intervals(exports: Exports) -> dict[tuple[str, str], Row]:
    """The usual interval of every patient and maintained type, when the next course is due, and what that rests on."""
    series: dict[tuple[str, str], list[Row]] = {}
    for course in maintenance_courses(exports):
        series.setdefault((course["patient_id"], course["treatment_type"]), []).append(course)
    logs = {
        key: [Fraction(math.log(course["days"])) for course in courses if course["is_completed"]]
        for key, courses in series.items()
    }
    personal = {}
    for (patient_id, treatment_type), courses in series.items():
        own = logs[patient_id, treatment_type]
        of_type = [each for (_, its_type), each in logs.items() if its_type == treatment_type and each]
        between = Fraction(0)
        if sum(len(each) >= 2 for each in of_type) >= 2:
            within, between = variance_components(of_type)
        interval: float | None
        if own and between > 0:
            weight = between / (between + within / len(own))
            own_mean, type_mean = sum(own, Fraction(0)) / len(own), mean_of_means(of_type)
            interval, basis = math.exp(weight * own_mean + (1 - weight) * type_mean), "own intervals"
        elif of_type:
            interval, basis = math.exp(mean_of_means(of_type)), "mean of the type"
        elif treatment_type in expected_intervals():
            interval, basis = sum(expected_intervals()[treatment_type]) / 2, "catalogue"
        else:
            interval, basis = None, "none"
        last = max(course["started_on"] for course in courses)
        personal[patient_id, treatment_type] = {
            "last_course_on": last,
            "completed": len(own),
            "personal_interval_days": interval,
            "due_on": None if interval is None else last + timedelta(days=math.floor(interval + 0.5)),
            "basis": basis,
        }
    return personal


def mean_of_means(groups: Sequence[Sequence[Fraction]]) -> Fraction:
    """The mean of the groups' means: every group counts once."""
    return sum((sum(group, Fraction(0)) / len(group) for group in groups), Fraction(0)) / len(groups)


def recall_list(exports: Exports, selection: Selection, horizon_days: int = 30) -> list[Row]:
    """Who is due within the horizon or overdue, with the reason in words, in the order of the list."""
    cut_off = as_of(exports)
    chosen = cohort(treatment_records(exports), selection)
    rows = []
    for (patient_id, treatment_type), personal in personal_intervals(exports).items():
        starting = [
            record
            for record in chosen
            if record["patient_id"] == patient_id
            and record["treated_on"] == personal["last_course_on"]
            and record["attributes"]["treatment_type"] == treatment_type
        ]
        if not starting or personal["due_on"] is None:
            continue
        overdue = (cut_off - personal["due_on"]).days
        if overdue < -horizon_days:
            continue
        usual = (personal["due_on"] - personal["last_course_on"]).days
        is_long = overdue > 730 or overdue > 2 * usual
        first = min(starting, key=lambda record: str(record["treatment_id"]))["attributes"]
        rows.append(
            {
                "patient_id": patient_id,
                "treatment_type": treatment_type,
                "last_course_on": personal["last_course_on"],
                "completed": personal["completed"],
                "personal_interval_days": personal["personal_interval_days"],
                "due_on": personal["due_on"],
                "overdue_days": overdue,
                "status": "long overdue" if is_long else "overdue" if overdue > 0 else "due",
                "practitioner": first["practitioner"] or None,
                "clinic": first["clinic"] or None,
                "basis": personal["basis"],
                "reason": recall_reason(personal, usual, (cut_off - personal["last_course_on"]).days),
            }
        )
    return sorted(
        rows,
        key=lambda row: (
            row["status"] == "long overdue",
            abs(row["overdue_days"]),
            row["patient_id"],
            row["treatment_type"],
        ),
    )


def recall_reason(personal: Row, usual: int, ago: int) -> str:
    """Why a patient is on the recall list."""
    every = "1 day" if usual == 1 else f"{usual} days"
    since = {0: "today", 1: "1 day ago"}.get(ago, f"{ago} days ago")
    if personal["basis"] == "own intervals":
        return f"usually every {every}, last {since}"
    if personal["basis"] == "catalogue":
        return f"last visit {since}; the catalogue expects a return after {every}"
    which = "last" if personal["completed"] else "first"
    return f"{which} visit {since}; patients who return usually do after {every}"


# --- results ------------------------------------------------------------------------------------------------

RESULTS_FROM, RESULTS_TO = 7, 180
OUTCOMES = (
    "asymmetry_change",
    "asymmetry_improved",
    "asymmetry_worse",
    "gais_improved",
    "satisfied",
    "goal_met",
    "overcorrected",
    "adjusted",
    "aftercare_followed",
)


def points(score: float | None) -> Fraction | None:
    """A score as it is written, to a thousandth; None where there is none."""
    return None if score is None else Fraction(str(round(score, 3)))


def dated_follow_ups(exports: Exports, records: list[Row]) -> dict[str, list[tuple[int, Row]]]:
    """The follow-ups of every record, each with its days since the treatment."""
    linked: dict[str, list[tuple[int, Row]]] = {record["treatment_id"]: [] for record in records}
    for row in exports.follow_ups:
        for record in records_of_contact(row, row["followed_up_on"], records):
            linked[record["treatment_id"]].append(((row["followed_up_on"] - record["treated_on"]).days, row))
    return linked


def last_of(follow_ups: Iterable[tuple[int, Row]], column: str, worst: Callable[..., Any]) -> Any:
    """The value recorded last in the time of results, of several on that day the worst; None where there is none."""
    dated = [
        (day, row[column])
        for day, row in follow_ups
        if RESULTS_FROM <= day <= RESULTS_TO and row.get(column) is not None
    ]
    last = max((day for day, _ in dated), default=None)
    return None if last is None else worst(value for day, value in dated if day == last)


def ever(follow_ups: Iterable[tuple[int, Row]], column: str) -> bool | None:
    """Whether any follow-up in the time of results says so; None where none says anything."""
    said = [row.get(column) for day, row in follow_ups if RESULTS_FROM <= day <= RESULTS_TO]
    return None if all(each is None for each in said) else any(said)


def results_of_records(exports: Exports, records: list[Row]) -> dict[str, Row]:
    """What is known of the results of every record, by its id."""
    baselines = {row["treatment_id"]: points(row.get("baseline_asymmetry")) for row in exports.treatments}
    known = {}
    for treatment_id, follow_ups in dated_follow_ups(exports, records).items():
        known[treatment_id] = {
            "before": baselines[treatment_id],
            "after": points(last_of(follow_ups, "asymmetry", max)),
            "gais": last_of(follow_ups, "gais", max),
            "satisfaction": last_of(follow_ups, "satisfaction", min),
            "goal_met": last_of(follow_ups, "goal_met", all),
            "overcorrected": ever(follow_ups, "overcorrected"),
            "adjusted": ever(follow_ups, "adjusted"),
        }
    return known


def outcomes_of(result: Row, advice: str) -> dict[str, Fraction | bool | None]:
    """Every outcome of a record; None where it is not recorded."""
    is_scored = result["before"] is not None and result["after"] is not None
    change = result["after"] - result["before"] if is_scored else None
    return {
        "asymmetry_change": change,
        "asymmetry_improved": None if change is None else change <= -1,
        "asymmetry_worse": None if change is None else change > 0,
        "gais_improved": None if result["gais"] is None else result["gais"] in (1, 2, 3),
        "satisfied": None if result["satisfaction"] is None else result["satisfaction"] in (4, 5),
        "goal_met": result["goal_met"],
        "overcorrected": result["overcorrected"],
        "adjusted": result["adjusted"],
        "aftercare_followed": None if advice == "" else advice == "followed",
    }


def mean_and_limits(
    values: Mapping[str, Sequence[Fraction]], level: float
) -> tuple[float | None, float | None, float | None]:
    """The mean of all values, and its limits by the residuals that each patient leaves together."""
    every = [value for own in values.values() for value in own]
    if not every:
        return None, None, None
    mean = sum(every, Fraction(0)) / len(every)
    m = sum(bool(own) for own in values.values())
    if m == 1:
        return float(mean), None, None
    squares = sum((sum((value - mean for value in own), Fraction(0)) ** 2 for own in values.values()), Fraction(0))
    se = math.sqrt(Fraction(m, m - 1) * squares) / len(every)
    half = student(0.5 + level / 2, m - 1) * se
    return float(mean), float(mean) - half, float(mean) + half


def student(p: float, df: int) -> float:
    """The quantile of Student's t."""
    from scipy import stats

    return float(stats.t.ppf(p, df))


def outcome_row(values: Mapping[str, Sequence[Fraction | bool]], is_mean: bool, level: float) -> Row:
    """n, patients, and the share or mean of an outcome, from each patient's values of it."""
    n = sum(len(own) for own in values.values())
    occurred = sum(sum(own) for own in values.values())
    if is_mean:
        value = mean_and_limits({patient: [Fraction(v) for v in own] for patient, own in values.items()}, level)
    else:
        value = rate_and_limits(
            {patient: (int(sum(own)), len(own)) for patient, own in values.items()}, "record", level
        )
    return {
        "recorded": n,
        "patients": sum(bool(own) for own in values.values()),
        "occurred": None if is_mean else occurred,
        **dict(zip(("value", "value_low", "value_high"), value, strict=True)),
    }


def results(
    exports: Exports, selection: Selection, by: Sequence[str] = ("treatment_type",), level: float = 0.95
) -> list[Row]:
    """Every outcome of the treatment records, per group."""
    records = treatment_records(exports)
    known = results_of_records(exports, records)
    rows = []
    for group, own in sorted(groups_of_records(cohort(records, selection), by).items()):
        for outcome in OUTCOMES:
            values: dict[str, list[Any]] = {}
            for record in own:
                value = outcomes_of(known[record["treatment_id"]], record["attributes"]["aftercare"])[outcome]
                values.setdefault(record["patient_id"], []).extend([] if value is None else [value])
            rows.append(
                {
                    **dict(zip(by, group, strict=True)),
                    "outcome": outcome,
                    "treated": len(own),
                    **outcome_row(values, outcome == "asymmetry_change", level),
                }
            )
    return rows


BANDS = ((7, 14), (15, 30), (31, 60), (61, 90), (91, 180), (181, 365))


def results_over_time(
    exports: Exports, selection: Selection, by: Sequence[str] = ("treatment_type",), level: float = 0.95
) -> list[Row]:
    """Every outcome at the contacts of the records, per group and band of days since the treatment."""
    records = treatment_records(exports)
    baselines = {row["treatment_id"]: points(row.get("baseline_asymmetry")) for row in exports.treatments}
    follow_ups = dated_follow_ups(exports, records)
    rows = []
    for group, own in sorted(groups_of_records(cohort(records, selection), by).items()):
        for first, last in BANDS:
            for outcome in OUTCOMES:
                values: dict[str, list[Any]] = {}
                for record in own:
                    for day, row in follow_ups[record["treatment_id"]]:
                        result = {**row, "before": baselines[record["treatment_id"]], "after": points(row["asymmetry"])}
                        advice = {None: "", True: "followed", False: "not followed"}[row["aftercare_followed"]]
                        value = outcomes_of(result, advice)[outcome] if first <= day <= last else None
                        values.setdefault(record["patient_id"], []).extend([] if value is None else [value])
                rows.append(
                    {
                        **dict(zip(by, group, strict=True)),
                        "first_day": first,
                        "last_day": last,
                        "outcome": outcome,
                        **outcome_row(values, outcome == "asymmetry_change", level),
                    }
                )
    return rows


def result_distribution(
    exports: Exports, selection: Selection, by: Sequence[str] = ("treatment_type",), level: float = 0.95
) -> list[Row]:
    """How many records have each score of GAIS and satisfaction, per group."""
    records = treatment_records(exports)
    known = results_of_records(exports, records)
    rows = []
    for group, own in sorted(groups_of_records(cohort(records, selection), by).items()):
        for scale in ("gais", "satisfaction"):
            scored = [
                (record["patient_id"], known[record["treatment_id"]][scale])
                for record in own
                if known[record["treatment_id"]][scale] is not None
            ]
            for score in range(1, 6):
                values: dict[str, list[bool]] = {}
                for patient, its_score in scored:
                    values.setdefault(patient, []).append(its_score == score)
                rows.append(
                    {
                        **dict(zip(by, group, strict=True)),
                        "scale": scale,
                        "score": score,
                        **outcome_row(values, False, level),
                    }
                )
    return rows


def asymmetry_change(
    exports: Exports, selection: Selection, by: Sequence[str] = ("treatment_type",), level: float = 0.95
) -> list[Row]:
    """How many records went from which score to which, to half a point, and the mean change, per group."""
    records = treatment_records(exports)
    known = results_of_records(exports, records)
    rows = []
    for group, own in sorted(groups_of_records(cohort(records, selection), by).items()):
        pairs: Counter[tuple[float, float]] = Counter()
        values: dict[str, list[Fraction]] = {}
        for record in own:
            result = known[record["treatment_id"]]
            if result["before"] is None or result["after"] is None:
                continue
            pairs[half_points(result["before"]), half_points(result["after"])] += 1
            values.setdefault(record["patient_id"], []).append(result["after"] - result["before"])
        change = mean_and_limits(values, level)
        rows += [
            {
                **dict(zip(by, group, strict=True)),
                "before": before,
                "after": after,
                "records": n,
                "recorded": sum(pairs.values()),
                "patients": len(values),
                **dict(zip(("change", "change_low", "change_high"), change, strict=True)),
            }
            for (before, after), n in sorted(pairs.items())
        ]
    return rows


def half_points(score: Fraction) -> float:
    """A score rounded to half a point, quarters upwards."""
    return math.floor(2 * score + Fraction(1, 2)) / 2


# --- left against right -------------------------------------------------------------------------------------


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


# --- between two snapshots ----------------------------------------------------------------------------------

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


# --- one patient ----------------------------------------------------------------------------------------------


def patient_ids(exports: Exports) -> list[str]:
    """Everybody who was treated or of whom something is said."""
    return sorted({row["patient_id"] for row in (*exports.treatments, *exports.patients)})


def patient_overview(exports: Exports, patient_id: str) -> Row:
    """Who a patient is, and how much is recorded of them."""
    about = next((row for row in exports.patients if row["patient_id"] == patient_id), {})
    events = patient_timeline(exports, patient_id)
    days = [row["treated_on"] for row in exports.treatments if row["patient_id"] == patient_id]
    return {
        "patient_id": patient_id,
        **{name: about.get(name) for name in ("birth_year", "sex", "skin_type", "smoker", "sun_exposure")},
        "first_treated_on": min(days, default=None),
        "last_treated_on": max(days, default=None),
        "sessions": len(set(days)),
        "side_effects": sum(event["event"] == "side effect" for event in events),
        "follow_ups": sum(event["event"] == "follow-up" for event in events),
    }


def patient_timeline(exports: Exports, patient_id: str) -> list[Row]:
    """What happened to one patient, in the order in which it began: what is empty in a row is left out of it.

    Events of one kind that began on one day stand in no particular order.
    """
    known = catalogue()
    starts = {
        (course["treatment_type"], course["started_on"])
        for course in maintenance_courses(exports)
        if course["patient_id"] == patient_id
    }
    own = [row for row in exports.treatments if row["patient_id"] == patient_id]
    records = [record for record in treatment_records(exports) if record["patient_id"] == patient_id]
    ids = {record["treatment_id"] for record in records}
    events: list[tuple[date, int, Row]] = []
    for day, treatment_type in sorted({(row["treated_on"], row["treatment_type"]) for row in own}):
        together = [row for row in own if (row["treated_on"], row["treatment_type"]) == (day, treatment_type)]
        together.sort(key=lambda row: str(row["treatment_id"]))
        planned = planned_days(exports, patient_id, treatment_type, day)
        baselines = [row["baseline_asymmetry"] for row in together if row.get("baseline_asymmetry") is not None]
        visit = None
        if known.get(treatment_type, (True, 0))[0]:
            visit = "course" if (treatment_type, day) in starts else "touch-up"
        event = {
            "event": "session",
            "began_on": day,
            "treated_on": day,
            "treatment_type": treatment_type,
            "visit": visit,
            "details": "; ".join(filter(None, map(treated_area, together))),
            "products": "; ".join(sorted({row["product"] for row in together if row.get("product")})),
            "practitioners": "; ".join(sorted({row["practitioner"] for row in together if row.get("practitioner")})),
            "planned_on": None if planned is None else day + timedelta(days=planned),
            "asymmetry": sum(baselines) / len(baselines) if baselines else None,
        }
        events.append((day, 1, event))
    for record in records:
        for side_effect in record["side_effects"]:
            onset = side_effect["onset_on"]
            left, right = resolution(side_effect, record["follow_ups"], onset)
            event = {
                "event": "side effect",
                "began_on": onset,
                "treated_on": record["treated_on"],
                "treatment_type": record["attributes"]["treatment_type"],
                "details": side_effect.get("area") or record["attributes"]["area"],
                **{name: side_effect.get(name) for name in ("effect", "severity", "serious", "action")},
                "present_until": onset + timedelta(days=left),
                "gone_by": None if right is None else onset + timedelta(days=right),
                "ending": "not seen to resolve" if right is None else "resolved" if left == right else "seen gone",
            }
            events.append((onset, 2, event))
    for row in exports.follow_ups:
        if row.get("treatment_id") not in ids and (row.get("treatment_id") or row.get("patient_id") != patient_id):
            continue
        linked = [record["attributes"] for record in records_of_contact(row, row["followed_up_on"], records)]
        days = {record["treated_on"] for record in records_of_contact(row, row["followed_up_on"], records)}
        types = {attributes["treatment_type"] for attributes in linked}
        scores = ("asymmetry", "satisfaction", "gais", "goal_met", "overcorrected", "adjusted", "aftercare_followed")
        event = {
            "event": "follow-up",
            "began_on": row["followed_up_on"],
            "treated_on": min(days),
            "treatment_type": min(types) if len(types) == 1 else None,
            "details": "; ".join(sorted({attributes["area"] for attributes in linked if attributes["area"]})),
            **{name: row.get(name) for name in scores},
        }
        events.append((row["followed_up_on"], 3, event))
    events.sort(key=lambda each: each[:2])
    return [{name: value for name, value in event.items() if value not in (None, "")} for _, _, event in events]


def treated_area(record: Row) -> str:
    """Area, side, dose and unit of a record, those that are there."""
    dose = record.get("dose")
    said = [
        record.get("area"),
        f"({record['side']})" if record.get("side") else None,
        None if dose is None else f"{dose:g}",
        record.get("dose_unit"),
    ]
    return " ".join(each for each in said if each)


def patient_intervals(exports: Exports, patient_id: str) -> list[Row]:
    """The courses of one patient; the last of each type has what is usual and when the next one is due."""
    rows: list[Row] = []
    for course in maintenance_courses(exports):
        if course["patient_id"] != patient_id:
            continue
        treatment_type, started_on, plan = course["treatment_type"], course["started_on"], course["planned_days"]
        earlier = sum(row["treatment_type"] == treatment_type for row in rows)
        row = {
            "patient_id": patient_id,
            "treatment_type": treatment_type,
            "course": earlier + 1,
            "started_on": started_on,
            "planned_on": None if plan is None else started_on + timedelta(days=plan),
            "next_started_on": started_on + timedelta(days=course["days"]) if course["is_completed"] else None,
            "interval_days": course["days"],
            "is_returned": course["is_completed"],
            **dict.fromkeys(("completed", "personal_interval_days", "due_on", "overdue_days", "basis")),
        }
        if not course["is_completed"]:
            personal = personal_intervals(exports)[patient_id, treatment_type]
            row |= {name: personal[name] for name in ("completed", "personal_interval_days", "due_on", "basis")}
            row["overdue_days"] = (as_of(exports) - personal["due_on"]).days if personal["due_on"] else None
        rows.append(row)
    return rows


# --- comparing groups ---------------------------------------------------------------------------------------

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
