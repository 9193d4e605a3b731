-- The side effects that the resolution curves are drawn from, each with its patient: it resolved after left_day and by
-- right_day.
-- exact: right_day is left_day: it resolved on that day.
-- censored: no right_day: it was not seen to resolve, and last known to be there on left_day.
-- clock: days since the onset, or on demand since the treatment.
-- grain: side effect
select
    {{ group }},
    patient_no,
    left_day + case when $clock = 'treatment' then onset_days else 0 end as left_day,
    right_day + case when $clock = 'treatment' then onset_days else 0 end as right_day
from cohort_side_effects($filters)
where is_selected
