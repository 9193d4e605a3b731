-- A line of totals is not taken for a side effect.
-- action: reject
-- grain: one row per row that breaks the rule
select
    source_no,
    line,
    case
        when is_totals_word(side_effect_id)
        then 'side_effect_id'
        when is_totals_word(treatment_id)
        then 'treatment_id'
        when is_totals_word(patient_id)
        then 'patient_id'
    end as column_name,
    case
        when is_totals_word(side_effect_id)
        then side_effect_id
        when is_totals_word(treatment_id)
        then treatment_id
        when is_totals_word(patient_id)
        then patient_id
    end as value,
    'a totals line, no record' as reason
from staged_side_effects
where source_no > 0 and (is_totals_word(side_effect_id) or is_totals_word(treatment_id) or is_totals_word(patient_id))
