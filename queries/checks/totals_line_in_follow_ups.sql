-- A line of totals is not taken for a follow-up.
-- action: reject
-- grain: one row per row that breaks the rule
select
    source_no,
    line,
    case
        when is_totals_word(follow_up_id)
        then 'follow_up_id'
        when is_totals_word(treatment_id)
        then 'treatment_id'
        when is_totals_word(patient_id)
        then 'patient_id'
    end as column_name,
    case
        when is_totals_word(follow_up_id)
        then follow_up_id
        when is_totals_word(treatment_id)
        then treatment_id
        when is_totals_word(patient_id)
        then patient_id
    end as value,
    'a totals line, no record' as reason
from staged_follow_ups
where source_no > 0 and (is_totals_word(follow_up_id) or is_totals_word(treatment_id) or is_totals_word(patient_id))
