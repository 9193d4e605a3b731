-- A side effect names the treatment record or the patient that it belongs to.
-- action: reject
-- grain: one row per side effect that breaks the rule
select
    source_no,
    line,
    'treatment_id' as column_name,
    null::varchar as value,
    'neither treatment_id nor patient_id is given' as reason
from staged_side_effects
where treatment_id is null and patient_id is null
