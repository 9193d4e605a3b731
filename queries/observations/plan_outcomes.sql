-- How every course of the cohort kept its plan: early, on time, late, not returned, not yet due or without plan.
-- grain: group and course
with
    selected_courses as (
        select {{ group }}, patient_no, course_no, days_observed
        from cohort($filters)
        where course_no is not null
        group by {{ group }}, patient_no, course_no, days_observed
    )
select
    {{ group }},
    patient_no,
    case
        when planned_interval_days is null
        then 'without plan'
        when days_observed <= planned_interval_days + 14
        then 'not yet due'
        when not is_returned
        then 'not returned'
        when interval_days < planned_interval_days - 14
        then 'early'
        when interval_days > planned_interval_days + 14
        then 'late'
        else 'on time'
    end as outcome
from selected_courses
join (select course_no, planned_interval_days, interval_days, is_returned from courses) as plans using (course_no)
