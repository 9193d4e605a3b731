"""Everything about one patient."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from tests.oracle.maintenance import catalogue, maintenance_courses, planned_days
from tests.oracle.recall import personal_intervals
from tests.oracle.records import Row, as_of, records_of_contact, treatment_records
from tests.oracle.resolution import resolution

if TYPE_CHECKING:
    from tests.drawing import Exports


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
