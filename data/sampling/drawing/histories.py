"""All that happens to one stream of patients."""

from __future__ import annotations

from dataclasses import dataclass

from data.sampling.drawing.contacts import draw_contacts
from data.sampling.drawing.patients import Patients, draw_patients
from data.sampling.drawing.practice import Practice
from data.sampling.drawing.random import Draw
from data.sampling.drawing.rows import Ints
from data.sampling.drawing.side_effects import SideEffects, draw_side_effects
from data.sampling.drawing.treatments import Records, Sessions, draw_treatments
from data.sampling.drawing.visits import draw_visits

_PATIENTS_PER_STREAM = 8192


@dataclass(frozen=True)
class Histories:
    """The tables of a stream; one names a row of another by its place."""

    patients: Patients
    sessions: Sessions
    records: Records
    side_effects: SideEffects
    contacts: Ints  # sessions x kinds of contact: days from the session


def draw_histories(draw: Draw, practice: Practice, most_records: int) -> Histories:
    """The histories of a stream of patients, cut off after so many treatment records."""
    patients = draw_patients(draw, practice, _PATIENTS_PER_STREAM)
    sessions, records = draw_treatments(draw, practice, patients, draw_visits(draw, patients))
    records = records.at(slice(most_records))
    sessions = sessions.at(slice(int(records.session[-1]) + 1))
    patients = patients.at(slice(int(records.patient[-1]) + 1))
    side_effects = draw_side_effects(draw, patients, sessions, records)
    contacts = draw_contacts(draw, patients, sessions, records, side_effects)
    return Histories(patients, sessions, records, side_effects, contacts)
