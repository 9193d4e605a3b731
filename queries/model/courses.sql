-- A course is a session with its touch-ups; its maintenance interval runs to the start of the patient's next
-- course of the same treatment type, and is cut off at the data cut-off where there is none yet.
-- touch-up: a session no more than the type's touch-up window after the patient's previous session of that
-- type.
-- unit: days from one start to the next; position counts the courses of one patient and type from 1.
-- grain: patient, treatment type and course; only types that the catalogue says are maintained.
with
    maintained_types as (
        select code as treatment_type, touch_up_window_days, row_number() over (order by code) as type_no
        from treatment_types
        where is_maintained
    ),
    type_sessions as (
        select type_no, patient_no, session_no, treated_on, min(planned_interval_days) as planned_interval_days
        from treatments
        join maintained_types using (treatment_type)
        group by type_no, patient_no, session_no, treated_on
    ),
    gaps as (
        select *, treated_on - lag(treated_on) over patient_and_type as days_since_previous
        from type_sessions
        window patient_and_type as (partition by patient_no, type_no order by session_no)
    ),
    starts as (
        select gaps.*, treatment_type
        from gaps
        join maintained_types using (type_no)
        where days_since_previous is null or days_since_previous > touch_up_window_days
    ),
    intervals as (
        select
            starts.*,
            row_number() over patient_and_type as position,
            lead(treated_on) over patient_and_type as next_started_on
        from starts
        window patient_and_type as (partition by patient_no, type_no order by session_no)
    )
select
    (row_number() over (order by patient_no, type_no, session_no) - 1)::integer as course_no,
    (dense_rank() over (order by patient_no, type_no) - 1)::integer as series_no,
    patient_no,
    treatment_type,
    session_no,
    case when position > 5 then '6+' else position::varchar end as position,
    treated_on as started_on,
    (coalesce(next_started_on, as_of) - treated_on)::integer as interval_days,
    next_started_on is not null as is_returned,
    planned_interval_days
from intervals
cross join snapshot
order by course_no
