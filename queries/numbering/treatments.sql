-- Treatment records are numbered by patient, day and id; a session is a patient on a day.
-- grain: treatment record; row_no is the row of the staged table.
with
    in_order as (
        select rowid as row_no, patient_id, treated_on
        from staged_treatments
        order by patient_id, treated_on, treatment_id
    ),
    compared as (
        select
            row_no,
            patient_id is distinct from lag(patient_id) over () as is_next_patient,
            treated_on is distinct from lag(treated_on) over () as is_another_day
        from in_order
    )
select
    row_no,
    (row_number() over () - 1)::integer as treatment_no,
    (
        sum((is_next_patient or is_another_day)::integer) over (rows between unbounded preceding and current row) - 1
    )::integer as session_no,
    (sum(is_next_patient::integer) over (rows between unbounded preceding and current row) - 1)::integer as patient_no
from compared
