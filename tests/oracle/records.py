"""The treatment records with all that is known of them, and the cohort that filters leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.drawing import Exports


Row = dict[str, Any]
Selection = Mapping[str, Any]

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


DOSED_ALIKE = ("treatment_type", "area", "dose_unit")


def doses_alike(treatments: Iterable[Row]) -> dict[tuple[Any, ...], list[float]]:
    """The doses of all records, by what has to be the same for them to be compared."""
    alike = defaultdict(list)
    for row in treatments:
        if row.get("dose") is not None:
            alike[tuple(row.get(name) or None for name in DOSED_ALIKE)].append(row["dose"])
    return alike


def dose_band(row: Row, doses: Mapping[tuple[Any, ...], list[float]]) -> str:
    """The third in which a record's dose is among those of the same treatment type, area and unit."""
    if row.get("dose") is None:
        return ""
    alike = doses[tuple(row.get(name) or None for name in DOSED_ALIKE)]
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
    doses = doses_alike(exports.treatments)
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
        attributes["dose_band"] = dose_band(row, doses)
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


def groups_of_records(records: list[Row], by: Sequence[str]) -> dict[tuple[str, ...], list[Row]]:
    """The records of each group, a group being the values of the group columns."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for record in records:
        groups.setdefault(group_of(record, by), []).append(record)
    return groups
