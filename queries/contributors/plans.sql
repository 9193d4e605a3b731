-- The patients behind the counts of how plans were kept.
-- Counted are courses; due; kept, whose detail is how the plan was. Of the patients there are the first $most by
-- number.
-- grain: group, counted and detail
with
    selected_courses as (
        select distinct {{ group }}, patient_no, course_no from cohort($filters) where course_no is not null
    ),
    kept as (
        select {{ group }}, patient_no, outcome
        from selected_courses
        join ({{ plan_outcomes }}) as outcomes using (course_no)
    )
select
    {{ group }},
    'courses' as counted,
    '' as detail,
    min(distinct patient_no, $most) as patients,
    0 as at_least,
    count(*) as units
from kept
group by {{ group }}
union all
select
    {{ group }},
    'due' as counted,
    '' as detail,
    min(distinct patient_no, $most) as patients,
    0 as at_least,
    count(*) as units
from kept
where outcome not in ('without plan', 'not yet due')
group by {{ group }}
union all
select
    {{ group }},
    'kept' as counted,
    outcome as detail,
    min(distinct patient_no, $most) as patients,
    0 as at_least,
    count(*) as units
from kept
group by {{ group }}, outcome
