-- A side effect that names only its patient names an area of that session; else it goes to the session's first
-- record.
-- action: count
-- grain: one row per side effect that breaks the rule
with
    latest_sessions as (
        select source_no, line, patient_id, staged_side_effects.area, max(treated_on) as treated_on
        from staged_side_effects
        join treatments using (patient_id)
        where staged_side_effects.treatment_id is null and treated_on <= onset_on
        group by source_no, line, patient_id, staged_side_effects.area
    )
select
    source_no,
    line,
    'area' as column_name,
    latest_sessions.area as value,
    'linked to the record with the smallest treatment_id of the session, as no area tells which' as reason
from latest_sessions
anti join
    treatments
    on treatments.patient_id = latest_sessions.patient_id
    and treatments.treated_on = latest_sessions.treated_on
    and lower(treatments.area) = lower(latest_sessions.area)
