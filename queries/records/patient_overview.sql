-- Who a patient is, and how much is recorded of them; filters do not cut it.
-- numerator: sessions, side_effects and follow_ups are counts over the patient's whole history.
-- grain: patient; no row where nobody has that id
-- columns: patient_id, birth_year, sex, skin_type, smoker, sun_exposure, first_treated_on, last_treated_on,
-- sessions, side_effects, follow_ups
with
    asked as (
        select patient_id
        from sessions
        where patient_id = $patient_id
        union
        select patient_id
        from patients
        where patient_id = $patient_id
    ),
    own_sessions as (
        select min(treated_on) as first_treated_on, max(treated_on) as last_treated_on, count(*) as sessions
        from sessions
        where patient_id = $patient_id
    ),
    own_records as (select treatment_no from treatments where patient_id = $patient_id),
    own_side_effects as (
        select count(*) as side_effects
        from side_effect_observations
        where treatment_no in (select treatment_no from own_records)
    ),
    own_follow_ups as (
        select count(distinct follow_up_no) as follow_ups
        from follow_up_links
        where treatment_no in (select treatment_no from own_records)
    )
select
    patient_id,
    birth_year,
    sex,
    skin_type,
    smoker,
    sun_exposure,
    first_treated_on,
    last_treated_on,
    sessions,
    side_effects,
    follow_ups
from asked
left join patients using (patient_id)
cross join own_sessions
cross join own_side_effects
cross join own_follow_ups
