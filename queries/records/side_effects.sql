-- The side effects of the cohort's treatment records, as they were exported; filters on side effects cut them
-- too.
-- grain: side effect
select
    side_effect_id,
    treatment_id,
    patient_id,
    effect,
    severity,
    onset_on,
    resolved_on,
    resolved_by,
    last_present_on,
    serious,
    action,
    area
from side_effects
where side_effect_no in (select side_effect_no from cohort_side_effects($filters) where is_selected)
order by onset_on, side_effect_no
