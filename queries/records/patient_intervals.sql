-- The courses of one patient, how long they stayed away after each, and when the next one is due; filters do not
-- cut it.
-- unit: days. interval_days runs to the start of the next course, or to the data cut-off where there is none yet.
-- due: on the last course of each type; overdue_days count to the data cut-off, and are negative before the day.
-- basis: own intervals, drawn toward the mean of the type, else the mean of the type, else the catalogue; where it
-- is none, nothing is due.
-- grain: patient, treatment type and course; only types that the catalogue says are maintained.
-- columns: patient_id, treatment_type, course, started_on, planned_on, next_started_on, interval_days, is_returned,
-- completed, personal_interval_days, due_on, overdue_days, basis
with
    own_courses as (
        select *, cast(row_number() over (partition by series_no order by course_no) as bigint) as course
        from courses
        where patient_no in (select patient_no from sessions where patient_id = $patient_id)
    )
select
    $patient_id as patient_id,
    own_courses.treatment_type,
    course,
    started_on,
    started_on + planned_interval_days as planned_on,
    case when is_returned then started_on + interval_days end as next_started_on,
    interval_days,
    is_returned,
    completed,
    personal_interval_days,
    due_on,
    date_diff('day', due_on, started_on + interval_days) as overdue_days,
    basis
from own_courses
left join personal_intervals on personal_intervals.series_no = own_courses.series_no and not is_returned
order by own_courses.treatment_type, started_on
