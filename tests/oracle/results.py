"""What treatment came to: asymmetry, GAIS, satisfaction, goals."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.oracle.rates import rate_and_limits
from tests.oracle.records import Row, Selection, cohort, groups_of_records, records_of_contact, treatment_records

if TYPE_CHECKING:
    from tests.drawing import Exports


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
