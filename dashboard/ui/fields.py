"""The contract's tables and columns in the words of a practice."""

from __future__ import annotations

import re

from dashboard.charts.style import words
from dashboard.ui import cache

TABLES = {
    "treatments": "Treatments",
    "patients": "Patients",
    "follow_ups": "Follow-ups",
    "side_effects": "Side effects",
}
ONE_ROW_IS = {
    "treatments": "one treated area of one session",
    "patients": "one person",
    "follow_ups": "one contact after a treatment",
    "side_effects": "one side effect",
}

_FIELDS: dict[str, tuple[str, str]] = {
    "treatment_id": ("Treatment number", "The system's own number of the treatment, different in every row."),
    "patient_id": ("Patient number", "A number or code of the person that never changes. No names."),
    "treated_on": ("Day of treatment", ""),
    "treatment_type": ("Treatment", "What was done, such as the name of the service."),
    "product": ("Product", "Brand or device."),
    "lot": ("Lot", "Lot or batch number."),
    "area": ("Area", "The part of the face."),
    "side": ("Side", "Left, right, both or midline."),
    "dose": ("Dose", "The amount given, a number."),
    "dose_unit": ("Unit of the dose", "U, mL, ..."),
    "technique": ("Technique", "Needle, cannula, surgical, ..."),
    "practitioner": ("Practitioner", "Who treated."),
    "clinic": ("Clinic", "Where."),
    "indication": ("Indication", "Lines, volume, asymmetry, ..."),
    "baseline_asymmetry": ("Asymmetry before", "A score from 0 (symmetric) to 10."),
    "planned_interval_days": ("Planned interval", "Days until the next session, as agreed."),
    "birth_year": ("Year of birth", "Four digits."),
    "sex": ("Sex", ""),
    "skin_type": ("Skin type", "Fitzpatrick I to VI."),
    "smoker": ("Smoker", "Yes or no."),
    "sun_exposure": ("Sun exposure", "Low, moderate or high."),
    "follow_up_id": ("Follow-up number", "The system's own number of the contact."),
    "followed_up_on": ("Day of follow-up", ""),
    "satisfaction": ("Satisfaction", "1 to 5; 5 is very satisfied."),
    "gais": ("Improvement (GAIS)", "1 (very much improved) to 5 (worse)."),
    "asymmetry": ("Asymmetry", "A score from 0 (symmetric) to 10."),
    "goal_met": ("Goal met", "Yes or no."),
    "overcorrected": ("Overcorrected", "Yes or no."),
    "adjusted": ("Adjusted", "A touch-up was made or booked: yes or no."),
    "aftercare_followed": ("Aftercare followed", "Yes or no."),
    "side_effect_id": ("Side-effect number", "The system's own number of the side effect."),
    "effect": ("Side effect", "Bruising, swelling, ..."),
    "severity": ("Severity", "Mild, moderate or severe."),
    "onset_on": ("First day", "The day on which it began."),
    "resolved_on": ("Resolved on", "The day it was gone, where that day is known."),
    "resolved_by": ("Seen gone on", "The first contact at which it was seen to be gone."),
    "last_present_on": ("Last seen on", "The last day on which it was seen still there."),
    "serious": ("Serious", "Yes or no."),
    "action": ("Action", "What was done about it."),
}


def field(column: str) -> str:
    """What people call a column of the contract."""
    return _FIELDS[column][0] if column in _FIELDS else words(column)


def meaning(column: str) -> str:
    """What belongs into a column of the contract, in a few words; "" where its name says it."""
    return _FIELDS[column][1] if column in _FIELDS else ""


def table_name(table: str) -> str:
    """What people call a table of the contract."""
    return TABLES.get(table, words(table))


def called(column: str, value: str) -> str:
    """What people call a value of a column, where it is a code."""
    if column == "treatment_type":
        return cache.treatment_types().get(value, value) if cache.readable_store()[0] else words(value)
    return words(value) if column in ("area", "effect", "side", "severity", "sex") else value


def in_words(reason: str) -> str:
    """A reason with the contract's columns called as people call them."""
    return _COLUMN.sub(lambda found: f'"{_FIELDS[found[0]][0]}"', reason)


_COLUMN = re.compile(rf"(?<![\w'])(?:{'|'.join(name for name in _FIELDS if '_' in name)})(?![\w'])")
