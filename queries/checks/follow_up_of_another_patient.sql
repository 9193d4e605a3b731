-- A follow-up that names both names the patient of its treatment record; where they differ, the record counts.
-- action: warn
-- grain: one row per follow-up that breaks the rule
select
    source_no,
    line,
    'patient_id' as column_name,
    patient_id as value,
    'treatment record ''' || treatment_id || ''' is of patient ''' || its_patient_id || ''', who counts' as reason
from staged_follow_ups
where source_no > 0 and patient_id <> its_patient_id
