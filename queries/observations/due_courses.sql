-- Whose next course is due within the horizon, or overdue, as queries/records/recall_list.sql says it.
-- grain: patient and treatment type
with
    last_courses as (
        select
            series_no,
            min(days_observed) as days_ago,
            arg_min(practitioner, treatment_no)::varchar as practitioner,
            arg_min(clinic, treatment_no)::varchar as clinic
        from cohort($filters)
        where not is_returned
        group by series_no
    ),
    due as (
        select
            personal_intervals.*,
            cast(date_diff('day', last_course_on, due_on) as integer) as usual_days,
            days_ago,
            cast(days_ago - date_diff('day', last_course_on, due_on) as integer) as overdue_days,
            practitioner,
            clinic
        from last_courses
        join personal_intervals using (series_no)
        where days_ago - date_diff('day', last_course_on, due_on) >= - $horizon_days
    )
select
    *,
    case
        when overdue_days > 730 or overdue_days > 2 * usual_days
        then 'long overdue'
        when overdue_days > 0
        then 'overdue'
        else 'due'
    end as status
from due
