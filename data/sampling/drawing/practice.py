"""The practice: its clinics, and who works where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.sampling.drawing.rows import Ints, starts
from data.sampling.parameters import practice as parameters


@dataclass(frozen=True)
class Practice:
    """The clinics and practitioners of a sample; a clinic's practitioners follow one another."""

    clinics: tuple[str, ...]
    practitioners: tuple[str, ...]
    first_practitioner: Ints
    practitioner_count: Ints


def practice_for(treatments: int) -> Practice:
    """The practice of a sample of so many treatment records."""
    wanted = max(treatments // parameters.RECORDS_PER_CLINIC, parameters.FEWEST_CLINICS)
    clinics = parameters.CLINIC_NAMES[:wanted]
    counts = np.array([3 if clinic % 3 == 2 else 4 for clinic in range(len(clinics))])
    places = [place for count in counts for place in range(count)]
    names = tuple(_practitioner(number, place) for number, place in enumerate(places))
    return Practice(clinics, names, starts(counts), counts)


def _practitioner(number: int, place: int) -> str:
    """The name of a practitioner; in every clinic the first two are doctors. An initial and surname never recur."""
    surnames, initials = parameters.PRACTITIONER_SURNAMES, parameters.PRACTITIONER_INITIALS
    initial = initials[(number + number // len(surnames)) % len(initials)]
    return f"{'Dr' if place < 2 else 'Nurse'} {initial}. {surnames[number % len(surnames)]}"
