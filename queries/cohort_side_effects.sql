-- The side effects of the treatment records that the filters leave.
-- filters: those of the cohort, and effect; is_selected says whether severity and serious select the side
-- effect too.
-- grain: side effect
select
    cohort.*,
    side_effect_no,
    effect,
    severity,
    onset_days,
    left_day,
    right_day,
    (filters['severity'] is null or list_contains(filters['severity'], severity))
    and (filters['serious'] is null or list_contains(filters['serious'], serious)) as is_selected
from side_effect_observations
join cohort(filters) as cohort on cohort.treatment_no = side_effect_observations.treatment_no
where filters['effect'] is null or list_contains(filters['effect'], effect)
