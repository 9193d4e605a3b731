-- A follow-up that names only its patient comes on or after a treatment of that patient.
-- action: reject
-- grain: one row per follow-up that breaks the rule
select
    source_no,
    line,
    'patient_id' as column_name,
    staged_follow_ups.patient_id as value,
    'no treatment on or before ' || followed_up_on as reason
from staged_follow_ups
anti join treatments on treatments.patient_id = staged_follow_ups.patient_id and treatments.treated_on <= followed_up_on
where staged_follow_ups.treatment_id is null
