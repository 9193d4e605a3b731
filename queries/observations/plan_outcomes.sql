-- How every course kept its plan: early, on time, late, not returned, not yet due or without plan.
-- grain: course
select
    course_no,
    case
        when planned_interval_days is null
        then 'without plan'
        when as_of - started_on <= planned_interval_days + 14
        then 'not yet due'
        when not is_returned
        then 'not returned'
        when interval_days < planned_interval_days - 14
        then 'early'
        when interval_days > planned_interval_days + 14
        then 'late'
        else 'on time'
    end as outcome
from courses
cross join snapshot
