-- Which treatment record a side effect belongs to: the one it names, else one of the patient's latest session
-- on or before its onset, which is the record of its own area, or else the one with the smallest treatment_id.
-- grain: side effect
with
    latest_sessions as (
        select side_effect_no, side_effects.area, max(session_no) as session_no
        from side_effects
        join sessions using (patient_id)
        where its_treatment_no is null and treated_on <= onset_on
        group by side_effect_no, side_effects.area
    ),
    candidates as (
        select
            side_effect_no,
            treatment_no,
            row_number() over (
                partition by side_effect_no
                order by case when lower(latest_sessions.area) = lower(treatments.area) then 0 else 1 end, treatment_no
            ) as preference
        from latest_sessions
        join treatments using (session_no)
    )
select side_effect_no, its_treatment_no as treatment_no
from side_effects
where its_treatment_no is not null
union all
select side_effect_no, treatment_no
from candidates
where preference = 1
order by side_effect_no
