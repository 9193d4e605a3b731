"""Exports of twelve clinics that share patients; every text, ids of patients apart, names the clinic that it is of."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from tests.drawing import Exports, Row, random_exports
from tests.oracle.records import record_of_side_effect, records_of_contact, treatment_records

CLINICS = tuple(f"<C{number:02}>" for number in range(1, 13))
MARK = re.compile(r"<C\d\d>")
PATIENT = re.compile(r"pat-\d+")
_OF_RECORDS = ("product", "lot", "area", "dose_unit", "technique", "practitioner", "indication", "treatment_id")


@cache
def of_clinics(seed: int = 5, patients: int = 90) -> Exports:
    """Random exports of the twelve: a session is at one clinic, one patient in two comes to several.

    Every contact has an id, and a side effect says which record it is of.
    """
    exports, draw = random_exports(seed, patients), random.Random(f"clinics {seed}")
    home = {row["patient_id"]: draw.choice(CLINICS) for row in exports.treatments}
    movers = {patient for patient in home if draw.random() < 0.5}
    places: dict[object, str] = {}
    renamed: dict[str, str] = {}
    treatments = []
    for row in exports.treatments:
        patient = row["patient_id"]
        session = (patient, row["treated_on"])
        place = places.setdefault(session, draw.choice(CLINICS) if patient in movers else home[patient])
        marked = {name: _marked(row[name], place) for name in _OF_RECORDS}
        renamed[row["treatment_id"]] = f"{row['treatment_id']} {place}"
        if row["treatment_type"].startswith("Laser"):
            marked["treatment_type"] = _marked(row["treatment_type"], place)
        treatments.append({**row, **marked, "clinic": place})
    records = treatment_records(Exports(treatments))
    follow_ups, side_effects = [], []
    for number, row in enumerate(exports.follow_ups):
        row = {**row, "treatment_id": renamed.get(row["treatment_id"])}
        place = records_of_contact(row, row["followed_up_on"], records)[0]["attributes"]["clinic"]
        follow_ups.append({**row, "follow_up_id": f"f{number} {place}"})
    for number, row in enumerate(exports.side_effects):
        row = {**row, "treatment_id": renamed.get(row["treatment_id"])}
        linked = records_of_contact(row, row["onset_on"], records)
        place = linked[0]["attributes"]["clinic"]
        row["area"] = _marked(row["area"], place)
        row["treatment_id"] = record_of_side_effect(row, linked)["treatment_id"]
        marked = {name: _marked(row[name], place) for name in ("effect", "action")}
        side_effects.append({**row, **marked, "side_effect_id": f"s{number} {place}"})
    return Exports(treatments, exports.patients, follow_ups, side_effects)


def _marked(value: str | None, place: str) -> str | None:
    return None if value is None else f"{value} {place}"


def only(exports: Exports, clinics: Iterable[str]) -> Exports:
    """The exports as these clinics alone would have written them, with the patients that they treated."""
    kept = set(clinics)
    records = treatment_records(exports)
    clinic_of = {record["treatment_id"]: record["attributes"]["clinic"] for record in records}

    def is_kept(row: Row, day: str) -> bool:
        return any(clinic_of[one["treatment_id"]] in kept for one in records_of_contact(row, row[day], records))

    treatments = [row for row in exports.treatments if row["clinic"] in kept]
    treated = {row["patient_id"] for row in treatments}
    return replace(
        exports,
        treatments=treatments,
        patients=[row for row in exports.patients if row["patient_id"] in treated],
        follow_ups=[row for row in exports.follow_ups if is_kept(row, "followed_up_on")],
        side_effects=[row for row in exports.side_effects if is_kept(row, "onset_on")],
    )
