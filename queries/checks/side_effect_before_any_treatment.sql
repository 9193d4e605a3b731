-- A side effect that names only its patient begins on or after a treatment of that patient.
-- action: reject
-- grain: one row per side effect that breaks the rule
select
    source_no,
    line,
    'patient_id' as column_name,
    staged_side_effects.patient_id as value,
    'no treatment on or before ' || onset_on as reason
from staged_side_effects
anti join treatments on treatments.patient_id = staged_side_effects.patient_id and treatments.treated_on <= onset_on
where staged_side_effects.treatment_id is null
