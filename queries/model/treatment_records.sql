-- A treatment record with everything that filters, groups and counts it: what the pages scan.
-- not recorded: the empty text.
-- age: the year of the treatment less the year of birth.
-- evaluable: at least one follow-up or side effect is linked to the record.
-- course: set on the records of the session and treatment type that start a course.
-- grain: treatment record
with
    followed_up as (
        select treatment_no
        from follow_up_links
        union
        select treatment_no
        from side_effect_links
    ),
    aged as (
        select patient_id, treated_on, year(treated_on) - birth_year as age
        from sessions
        left join patients using (patient_id)
    )
select
    treatments.treatment_no,
    sessions.patient_no,
    sessions.session_no,
    treatments.treated_on,
    (as_of - treatments.treated_on)::integer as days_observed,
    followed_up.treatment_no is not null as is_evaluable,
    treatments.treatment_type,
    coalesce(product, '') as product,
    coalesce(lot, '') as lot,
    coalesce(area, '') as area,
    coalesce(side, '') as side,
    coalesce(technique, '') as technique,
    coalesce(practitioner, '') as practitioner,
    coalesce(clinic, '') as clinic,
    coalesce(indication, '') as indication,
    dose::double as dose,
    case
        when age is null
        then ''
        when age < 25
        then 'under 25'
        when age < 35
        then '25-34'
        when age < 45
        then '35-44'
        when age < 55
        then '45-54'
        when age < 65
        then '55-64'
        else '65 and over'
    end as age_band,
    coalesce(sex, '') as sex,
    coalesce(skin_type, '') as skin_type,
    case when smoker then 'yes' when not smoker then 'no' else '' end as smoker,
    strftime(treatments.treated_on, '%Y-%m') as month,
    year(treatments.treated_on) || '-Q' || quarter(treatments.treated_on) as quarter,
    year(treatments.treated_on)::varchar as year,
    course_no,
    series_no,
    position,
    interval_days,
    is_returned
from treatments
join sessions using (patient_id, treated_on)
join aged using (patient_id, treated_on)
left join patients using (patient_id)
left join followed_up on followed_up.treatment_no = treatments.treatment_no
left join courses on courses.session_no = sessions.session_no and courses.treatment_type = treatments.treatment_type
cross join snapshot
order by treatments.treatment_no
