-- A side effect that names both names the patient of its treatment record; where they differ, the record
-- counts.
-- action: warn
-- grain: one row per side effect that breaks the rule
select
    source_no,
    line,
    'patient_id' as column_name,
    staged_side_effects.patient_id as value,
    'treatment record '''
    || treatment_id
    || ''' is of patient '''
    || treatments.patient_id
    || ''', who counts' as reason
from staged_side_effects
join treatments using (treatment_id)
where staged_side_effects.patient_id <> treatments.patient_id
