-- A side effect that names only its patient begins on or after a treatment of that patient.
-- action: reject
-- grain: one row per side effect that breaks the rule
with first_treatments as (select patient_id, min(treated_on) as first_treated_on from treatments group by patient_id)
select
    source_no,
    line,
    'patient_id' as column_name,
    patient_id as value,
    'no treatment on or before ' || onset_on as reason
from staged_side_effects
left join first_treatments using (patient_id)
where treatment_id is null and (first_treated_on is null or first_treated_on > onset_on)
