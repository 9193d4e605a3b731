"""For the clinician: one person's whole history, found by id, on the screen and on one page to print."""

import streamlit as st

from dashboard.access import may_see_patients
from dashboard.filters import Filters
from dashboard.patient_summary import extent
from dashboard.ui import cache, patient
from dashboard.ui.heading import heading
from dashboard.ui.wording import plain

TITLE = "Patients"
URL_PATH = "patients"
IS_OF_PATIENTS = True
MAY_OPEN = may_see_patients


def render(filters: Filters) -> None:
    heading(TITLE, "One person: what they had, what followed, and when they are due.", Filters())
    patient_id = patient.find_patient()
    scope = cache.records_scope()
    if scope.is_cut or not filters.is_empty:
        st.caption(plain(extent(scope)))
    if patient_id is None:
        return
    of_one = cache.patient(patient_id)
    patient.overview(of_one)
    patient.timeline(of_one)
    patient.intervals(of_one)
    patient.asymmetry(of_one)
    patient.tables(of_one)
