-- The patients behind the counts of how plans were kept.
-- Counted are courses; due; kept, whose detail is how the plan was. Of the patients there are the first $most by
-- number.
-- grain: group, counted and detail
with kept as (select distinct {{ group }}, patient_no, course_no, plan_outcome from ({{ course_outcomes }}) as outcomes)
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
where plan_outcome not in ('without plan', 'not yet due')
group by {{ group }}
union all
select
    {{ group }},
    'kept' as counted,
    plan_outcome as detail,
    min(distinct patient_no, $most) as patients,
    0 as at_least,
    count(*) as units
from kept
group by {{ group }}, plan_outcome
