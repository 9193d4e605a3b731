-- The patients behind the counts of side effects, of those that were seen to resolve, and of the others.
-- Counted are side effects; resolved and censored, whose detail is ends. Of the patients there are the first $most by
-- number.
-- grain: group and counted
with
    side_effects as (
        select {{ group }}, patient_no, right_day is not null as is_resolved
        from cohort_side_effects($filters)
        where is_selected
    ),
    patients as (
        select
            {{ group }},
            min(distinct patient_no, $most) as everybody,
            min(distinct patient_no, $most) filter (where is_resolved) as resolved,
            min(distinct patient_no, $most) filter (where not is_resolved) as censored,
            count(*) as units
        from side_effects
        group by {{ group }}
    )
select
    {{ group }},
    0 as at_least,
    unnest(
        [
            {'counted':'side effects', 'detail':'', 'patients':everybody, 'units':units},
            {'counted':'resolved', 'detail':'ends', 'patients':resolved, 'units':0},
            {'counted':'censored', 'detail':'ends', 'patients':censored, 'units':0}
        ],
        max_depth := 2
    )
from patients
