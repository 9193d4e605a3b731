-- Which treatment records a follow-up belongs to: the one it names, else every record of the patient's latest
-- session on or before the day of the follow-up.
-- grain: follow-up and treatment record
with
    latest_sessions as (
        select follow_up_no, patient_id, max(treated_on) as treated_on
        from follow_ups
        join (select distinct patient_id, treated_on from treatments) as sessions using (patient_id)
        where treatment_id is null and treated_on <= followed_up_on
        group by follow_up_no, patient_id
    )
select follow_up_no, treatment_no
from follow_ups
join treatments using (treatment_id)
union all
select follow_up_no, treatment_no
from latest_sessions
join treatments using (patient_id, treated_on)
order by follow_up_no, treatment_no
