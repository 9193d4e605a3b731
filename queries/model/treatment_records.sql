-- A treatment record with everything that filters, groups and counts it: what the pages scan.
-- not recorded: the empty text.
-- age: the year of the treatment less the year of birth.
-- evaluable: at least one follow-up or side effect is linked to the record.
-- course: set on the records of the session and treatment type that start a course.
-- grain: treatment record
with
    people as (
        select patient_no, birth_year, sex, skin_type, smoker
        from (select distinct patient_no, patient_id from sessions)
        join patients using (patient_id)
    ),
    records as (
        select
            *,
            year(treated_on) - birth_year as age,
            treatment_no in (select treatment_no from follow_up_links)
            or treatment_no in (select treatment_no from side_effect_links) as is_evaluable
        from treatments
        left join people using (patient_no)
        cross join snapshot
    )
select
    records.treatment_no,
    records.patient_no,
    records.session_no,
    records.treated_on,
    (as_of - records.treated_on)::integer as days_observed,
    is_evaluable,
    records.treatment_type,
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
    strftime(records.treated_on, '%Y-%m') as month,
    year(records.treated_on) || '-Q' || quarter(records.treated_on) as quarter,
    year(records.treated_on)::varchar as year,
    course_no,
    series_no,
    position,
    interval_days,
    is_returned
from records
left join courses on courses.session_no = records.session_no and courses.treatment_type = records.treatment_type
order by treatment_no
