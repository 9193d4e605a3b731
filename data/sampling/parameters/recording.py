"""How much of what happens is written down, and for whom. Assumed throughout."""

from __future__ import annotations

from collections.abc import Mapping

SYNTHETIC_PREFIX = "SYN-"  # of every id

# fmt: off
# Share not recorded, by column.
NOT_RECORDED: Mapping[str, float] = {
    # patients
    "birth_year": 0.02, "sex": 0.01, "skin_type": 0.08, "smoker": 0.07, "sun_exposure": 0.14,
    # treatments
    "product": 0.02, "lot": 0.06, "area": 0.02, "side": 0.05, "dose": 0.04, "technique": 0.04, "practitioner": 0.005,
    "indication": 0.08, "baseline_asymmetry": 0.18, "planned_interval_days": 0.25,
    # follow_ups
    "satisfaction": 0.12, "gais": 0.15, "asymmetry": 0.20, "goal_met": 0.20, "overcorrected": 0.18, "adjusted": 0.05,
    "aftercare_followed": 0.25,
    # side_effects
    "severity": 0.04, "serious": 0.08, "action": 0.25,
}
# fmt: on

SIDE_EFFECT_AT_CONTACT = 0.97  # a side effect that the patient has had by a contact is recorded
SIDE_EFFECT_BY_MESSAGE: tuple[float, ...] = (0.06, 0.2, 0.4)  # by severity: told without a contact on record
DAY_KNOWN = 0.46  # the patient can tell the day it was gone
DAY_KNOWN_BY_MESSAGE = 0.35
PRESENCE_NOTED = 0.9

# Rows that name the patient and not the treatment record.
FOLLOW_UP_OF_PATIENT = 0.6
SIDE_EFFECT_OF_PATIENT = 0.15
SIDE_EFFECT_WITHOUT_AREA = 0.1
