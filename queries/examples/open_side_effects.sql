-- The side effects that nobody has seen resolved, the oldest first, with the days since their onset.
-- grain: side effect
select
    sessions.patient_id,
    side_effects.effect,
    side_effects.severity,
    treatment_records.product,
    side_effects.onset_on,
    side_effects.last_present_on,
    (select max(followed_up_on) from follow_ups) - side_effects.onset_on as days_since_onset
from side_effects
join side_effect_observations using (side_effect_no)
join treatment_records using (treatment_no)
join sessions using (session_no)
where side_effect_observations.right_day is null
order by side_effects.onset_on, side_effects.side_effect_no
