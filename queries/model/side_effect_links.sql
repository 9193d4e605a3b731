-- Which treatment record a side effect belongs to: the one it names, else one of the patient's latest session
-- on or before its onset, which is the record of its own area, or else the one with the smallest treatment_id.
-- grain: side effect
with
    latest_sessions as (
        select side_effect_no, patient_id, side_effects.area, max(treated_on) as treated_on
        from side_effects
        join (select distinct patient_id, treated_on from treatments) as sessions using (patient_id)
        where treatment_id is null and treated_on <= onset_on
        group by side_effect_no, patient_id, side_effects.area
    ),
    candidates as (
        select
            side_effect_no,
            treatment_no,
            row_number() over (
                partition by side_effect_no
                order by case when lower(latest_sessions.area) = lower(treatments.area) then 0 else 1 end, treatment_id
            ) as preference
        from latest_sessions
        join treatments using (patient_id, treated_on)
    )
select side_effect_no, treatment_no
from side_effects
join treatments using (treatment_id)
union all
select side_effect_no, treatment_no
from candidates
where preference = 1
order by side_effect_no
