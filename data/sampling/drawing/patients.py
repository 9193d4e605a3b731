"""Who comes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.sampling.drawing.catalogue import IS_SURGICAL, TYPE
from data.sampling.drawing.lookup import day_table, mean_one_table, normal_table, share_table
from data.sampling.drawing.practice import Practice
from data.sampling.drawing.random import Draw
from data.sampling.drawing.rows import Chances, Ints, Rows, starts
from data.sampling.parameters import patients as parameters
from data.sampling.parameters.practice import EARLIER_CLINIC_SHARE, FIRST_DAY

# The treatment types of a profile follow one another from its start.
PROFILE_LENGTH = np.array([len(types) for _, types in parameters.PROFILES])
PROFILE_START = starts(PROFILE_LENGTH)
PROFILE_TYPES = np.array([TYPE[name] for _, types in parameters.PROFILES for name in types])

_PROFILES = share_table([share for share, _ in parameters.PROFILES])
_AGES = normal_table(parameters.AGE_MEAN, parameters.AGE_SPREAD)
_SEXES = share_table(list(parameters.SEX_SHARES.values()))
_SEXES_SURGERY = share_table(list(parameters.SEX_SHARES_SURGERY.values()))
_SKIN_TYPES = share_table(list(parameters.SKIN_SHARES.values()))
_SUN_EXPOSURES = share_table(list(parameters.SUN_SHARES.values()))
_ASYMMETRIES = day_table(parameters.ASYMMETRY_TRAIT)
_FRAILTIES = mean_one_table(parameters.FRAILTY_SPREAD, parameters.FRAILTY_HIGHEST)


@dataclass
class Patients(Rows):
    """One row per patient."""

    birth_year: Ints
    sex: Ints
    skin_type: Ints
    smoker: Ints
    sun_exposure: Ints
    profile: Ints
    clinic: Ints
    regular: Ints  # step, of the regular practitioner among those of the clinic
    weaker_side: Ints
    asymmetry: Ints  # tenths of a point
    frailty: Ints  # thousandths
    answers: Chances  # the factor on planned contacts
    follows_aftercare: Chances


def draw_patients(draw: Draw, practice: Practice, count: int) -> Patients:
    """So many patients of the practice."""
    profile = draw.pick(_PROFILES, count)
    surgical = IS_SURGICAL[PROFILE_TYPES[PROFILE_START[profile]]]
    age = draw.pick(_AGES, count) - parameters.AGE_YOUNGER_FOR_SURGERY * surgical
    sex = np.where(surgical, draw.pick(_SEXES_SURGERY, count), draw.pick(_SEXES, count))
    clinic, other = draw.below(len(practice.clinics), count), draw.below(len(practice.clinics), count)
    clinic = np.where(draw.chance(EARLIER_CLINIC_SHARE, count), np.minimum(clinic, other), clinic)
    silent = draw.chance(parameters.SILENT_SHARE, count)
    return Patients(
        birth_year=FIRST_DAY.year + 1 - np.clip(age, parameters.AGE_LOW, parameters.AGE_HIGH),
        sex=sex,
        skin_type=draw.pick(_SKIN_TYPES, count),
        smoker=draw.chance(parameters.SMOKER_SHARE, count).astype(np.int64),
        sun_exposure=draw.pick(_SUN_EXPOSURES, count),
        profile=profile,
        clinic=clinic,
        regular=draw.steps(count),
        weaker_side=draw.below(2, count),
        asymmetry=draw.pick(_ASYMMETRIES, count),
        frailty=draw.pick(_FRAILTIES, count),
        answers=np.where(silent, parameters.SILENT_ANSWERS, parameters.ANSWERS),
        follows_aftercare=np.where(
            draw.chance(parameters.AFTERCARE_SHARE, count), parameters.AFTERCARE_USUALLY, parameters.AFTERCARE_RARELY
        ),
    )
