-- Which treatment records a follow-up belongs to: the one it names, else every record of the patient's latest
-- session on or before the day of the follow-up.
-- grain: follow-up and treatment record
with
    latest_sessions as (
        select follow_up_no, max(session_no) as session_no
        from follow_ups
        join sessions using (patient_id)
        where its_treatment_no is null and treated_on <= followed_up_on
        group by follow_up_no
    )
select follow_up_no, its_treatment_no as treatment_no
from follow_ups
where its_treatment_no is not null
union all
select follow_up_no, treatment_no
from latest_sessions
join treatments using (session_no)
order by follow_up_no, treatment_no
