-- A treatment record with everything that filters, groups and counts it: what the pages scan.
-- not recorded: the empty text.
-- age: the year of the treatment less the year of birth.
-- dose band: the third of the doses given of the same treatment type, area and unit that the record's dose is in, by
-- how many were smaller.
-- aftercare: followed, where a follow-up of the record says so and none says otherwise.
-- evaluable: at least one follow-up or side effect is linked to the record.
-- course: set on the records of the session and treatment type that start a course.
-- plan: how that of the course was kept by the data cut-off (plan_outcome); on time is within 14 days of it.
-- order: by clinic, so that of one clinic's records few others are scanned; patients stay together within it.
-- grain: treatment record
with
    people as (
        select patient_no, birth_year, sex, skin_type, smoker
        from (select distinct patient_no, patient_id from sessions)
        join patients using (patient_id)
    ),
    doses as (
        select
            treatment_type,
            area,
            dose_unit,
            dose,
            sum(count(*)) over (partition by treatment_type, area, dose_unit) as given,
            sum(count(*)) over (partition by treatment_type, area, dose_unit order by dose) - count(*) as given_below
        from treatments
        where dose is not null
        group by treatment_type, area, dose_unit, dose
    ),
    dose_bands as (
        select
            treatment_type,
            area,
            dose_unit,
            dose,
            case
                when 3 * given_below < given
                then 'lower third'
                when 3 * given_below < 2 * given
                then 'middle third'
                else 'upper third'
            end as dose_band
        from doses
    ),
    advice as (
        select treatment_no, bool_and(aftercare_followed) as is_followed
        from follow_up_links
        join follow_ups using (follow_up_no)
        where aftercare_followed is not null
        group by treatment_no
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
    coalesce(records.area, '') as area,
    coalesce(side, '') as side,
    coalesce(technique, '') as technique,
    coalesce(practitioner, '') as practitioner,
    coalesce(clinic, '') as clinic,
    coalesce(indication, '') as indication,
    records.dose::double as dose,
    coalesce(dose_band, '') as dose_band,
    case when is_followed then 'followed' when not is_followed then 'not followed' else '' end as aftercare,
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
    is_returned,
    case
        when course_no is null
        then null
        when courses.planned_interval_days is null
        then 'without plan'
        when as_of - records.treated_on <= courses.planned_interval_days + 14
        then 'not yet due'
        when not is_returned
        then 'not returned'
        when interval_days < courses.planned_interval_days - 14
        then 'early'
        when interval_days > courses.planned_interval_days + 14
        then 'late'
        else 'on time'
    end as plan_outcome
from records
left join advice using (treatment_no)
left join
    dose_bands
    on dose_bands.treatment_type = records.treatment_type
    and dose_bands.area is not distinct from records.area
    and dose_bands.dose_unit is not distinct from records.dose_unit
    and dose_bands.dose = records.dose
left join courses on courses.session_no = records.session_no and courses.treatment_type = records.treatment_type
order by clinic, treatment_no
