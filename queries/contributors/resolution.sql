-- The patients behind the counts of side effects, of those that were seen to resolve, and of the others.
-- Counted are side effects; resolved and censored, whose detail is ends. Of the patients there are the first $most by
-- number.
-- grain: group and counted
with
    side_effects as (
        select {{ group }}, patient_no, right_day is not null as is_resolved
        from cohort_side_effects($filters)
        where is_selected
    )
select
    {{ group }},
    unnest(['side effects', 'resolved', 'censored']) as counted,
    unnest(['', 'ends', 'ends']) as detail,
    unnest(
        [
            min(distinct patient_no, $most),
            min(distinct patient_no, $most) filter (where is_resolved),
            min(distinct patient_no, $most) filter (where not is_resolved)
        ]
    ) as patients,
    0 as at_least,
    unnest([count(*), 0, 0]) as units
from side_effects
group by {{ group }}
