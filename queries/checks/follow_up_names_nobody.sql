-- A follow-up names the treatment record or the patient that it belongs to.
-- action: reject
-- grain: one row per follow-up that breaks the rule
select
    source_no,
    line,
    'treatment_id' as column_name,
    null::varchar as value,
    'neither treatment_id nor patient_id is given' as reason
from staged_follow_ups
where treatment_id is null and patient_id is null
