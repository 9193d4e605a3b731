-- The follow-ups linked to a treatment record of the cohort, as they were exported.
-- grain: follow-up
select
    follow_up_id,
    treatment_id,
    patient_id,
    followed_up_on,
    satisfaction,
    gais,
    asymmetry,
    goal_met,
    overcorrected,
    adjusted,
    aftercare_followed
from follow_ups
where follow_up_no in (select follow_up_no from follow_up_links join cohort($filters) as cohort using (treatment_no))
order by followed_up_on, follow_up_no
