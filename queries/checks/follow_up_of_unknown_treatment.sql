-- A follow-up that names a treatment record names one that there is.
-- action: reject
-- grain: one row per follow-up that breaks the rule
select
    source_no,
    line,
    'treatment_id' as column_name,
    treatment_id as value,
    'no treatment record ''' || treatment_id || '''' as reason
from staged_follow_ups
where treatment_id is not null and its_treatment_no is null
