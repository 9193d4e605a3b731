"""The patients as recorded."""

from __future__ import annotations

from data.sampling.drawing.patients import Patients
from data.sampling.drawing.random import Draw
from data.sampling.parameters.patients import SEX_SHARES, SKIN_SHARES, SUN_SHARES
from data.sampling.recording.text import BOOLEANS, Columns, Ids, numbers, vocabulary, words

_SEXES = vocabulary(list(SEX_SHARES))
_SKIN_TYPES = vocabulary(list(SKIN_SHARES))
_SUN_EXPOSURES = vocabulary(list(SUN_SHARES))


def patient_columns(draw: Draw, ids: Ids, patients: Patients) -> Columns:
    """The columns of patients.csv."""
    return {
        "patient_id": ids.every("patients", len(patients)),
        "birth_year": numbers(draw.recorded("birth_year", patients.birth_year)),
        "sex": words(_SEXES, draw.recorded("sex", patients.sex)),
        "skin_type": words(_SKIN_TYPES, draw.recorded("skin_type", patients.skin_type)),
        "smoker": words(BOOLEANS, draw.recorded("smoker", patients.smoker)),
        "sun_exposure": words(_SUN_EXPOSURES, draw.recorded("sun_exposure", patients.sun_exposure)),
    }
