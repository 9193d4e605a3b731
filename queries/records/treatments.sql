-- The treatment records of the cohort, as they were exported: one row per treated area per session.
-- grain: treatment record
select
    treatments.treatment_id,
    treatments.patient_id,
    treatments.treated_on,
    treatments.treatment_type,
    treatments.product,
    treatments.lot,
    treatments.area,
    treatments.side,
    treatments.dose,
    treatments.dose_unit,
    treatments.technique,
    treatments.practitioner,
    treatments.clinic,
    treatments.indication,
    treatments.baseline_asymmetry,
    treatments.planned_interval_days
from treatments
join cohort($filters) as cohort using (treatment_no)
order by treatments.treated_on, treatment_no
