"""The treatment records as recorded."""

from __future__ import annotations

import numpy as np

from data.sampling.drawing.catalogue import LOTS_PER_PRODUCT, PRODUCT
from data.sampling.drawing.practice import Practice
from data.sampling.drawing.random import Draw
from data.sampling.drawing.treatments import Records, Sessions
from data.sampling.parameters import treatments as parameters
from data.sampling.recording.text import DATES, TENTHS, Columns, Ids, numbers, vocabulary, words

_TYPES = vocabulary(parameters.TYPES)
_PRODUCTS = vocabulary(list(PRODUCT))
_LOTS = vocabulary(
    [parameters.lot_code(product, lot) for product in PRODUCT.values() for lot in range(LOTS_PER_PRODUCT)]
)
_AREAS = vocabulary(parameters.AREAS)
_SIDES = vocabulary(parameters.SIDES)
_DOSES = vocabulary([f"{tenths / 10:g}" for tenths in range(6000)])
_UNITS = vocabulary([parameters.DOSE_UNITS.get(name, "mL") for name in parameters.TYPES])
_TECHNIQUES = vocabulary(parameters.TECHNIQUES)
_INDICATIONS = vocabulary(parameters.INDICATIONS)


def treatment_columns(draw: Draw, ids: Ids, practice: Practice, sessions: Sessions, records: Records) -> Columns:
    """The columns of treatments.csv."""
    clinic = np.searchsorted(practice.first_practitioner, records.practitioner, side="right") - 1
    asymmetry = draw.recorded("baseline_asymmetry", sessions.asymmetry)[records.session]
    product = draw.recorded("product", records.product)
    dose = draw.recorded("dose", records.dose)
    return {
        "treatment_id": ids.every("treatments", len(records)),
        "patient_id": ids.of("patients", records.patient),
        "treated_on": words(DATES, records.day),
        "treatment_type": words(_TYPES, records.treatment_type),
        "product": words(_PRODUCTS, product),
        "lot": words(_LOTS, draw.recorded("lot", records.lot)),
        "area": words(_AREAS, np.where(records.area_recorded, records.area, -1)),
        "side": words(_SIDES, draw.recorded("side", records.side)),
        "dose": words(_DOSES, dose),
        "dose_unit": words(_UNITS, np.where(dose < 0, -1, records.treatment_type)),
        "technique": words(_TECHNIQUES, draw.recorded("technique", records.technique)),
        "practitioner": words(vocabulary(practice.practitioners), draw.recorded("practitioner", records.practitioner)),
        "clinic": words(vocabulary(practice.clinics), clinic),
        "indication": words(_INDICATIONS, draw.recorded("indication", records.indication)),
        "baseline_asymmetry": words(TENTHS, asymmetry),
        "planned_interval_days": numbers(records.plan),
    }
