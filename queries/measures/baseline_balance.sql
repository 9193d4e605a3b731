-- Who the groups that are compared are: what was recorded before the outcome, in each of them and in the reference
-- group.
-- numerator: units, the evaluable units at that level of the attribute; several is a unit whose records differ in it.
-- denominator: evaluable, the treated units with at least one linked follow-up or side effect; of a mean, units is
-- those in which a value was recorded.
-- unit: session (one patient on one day), record (one treated area) or patient.
-- window: with an onset window, units whose window has not yet elapsed at the data cut-off are not counted.
-- comparison: each group with the reference, the value that is asked for, or else the group with the most evaluable
-- units.
-- standardised difference: one per attribute, without its sign: of all its levels together by Yang's and Dalton's
-- distance, of a mean over the pooled standard deviation. Above 0.1 the groups differ (is_different). It is empty where
-- nothing varies within the groups to measure it by, such as all against none, and they differ; and where one of them
-- has no value. In small groups chance alone makes it large.
-- course: first or repeat, where the unit started a course of a treatment type that is maintained.
-- baseline asymmetry: of a unit with several scores the greatest; shown as a mean and a standard deviation.
-- grain: group (the reference among them), attribute and level
-- reference: Austin, Stat Med 2009; 28: 3083. Yang and Dalton, SAS Global Forum 2012, paper 335.
-- columns: reference, attribute, level, evaluable, patients, units, share, mean, sd, standardised_difference,
-- is_different
with
    units as (
        select
            {{ record_group }},
            patient_no,
            case
                when $unit = 'session' then session_no when $unit = 'record' then treatment_no else patient_no
            end as unit_no,
            case when min(age_band) = max(age_band) then min(age_band) end as unit_age_band,
            case when min(sex) = max(sex) then min(sex) end as unit_sex,
            case when min(skin_type) = max(skin_type) then min(skin_type) end as unit_skin_type,
            case when min(smoker) = max(smoker) then min(smoker) end as unit_smoker,
            case when min(treatment_type) = max(treatment_type) then min(treatment_type) end as unit_treatment_type,
            case when min(indication) = max(indication) then min(indication) end as unit_indication,
            case when min(area) = max(area) then min(area) end as unit_area,
            case when min(side) = max(side) then min(side) end as unit_side,
            case when min(technique) = max(technique) then min(technique) end as unit_technique,
            case when min(product) = max(product) then min(product) end as unit_product,
            case when min(dose_band) = max(dose_band) then min(dose_band) end as unit_dose_band,
            case when min(practitioner) = max(practitioner) then min(practitioner) end as unit_practitioner,
            case when min(clinic) = max(clinic) then min(clinic) end as unit_clinic,
            case
                when count(position) = 0
                then ''
                when max(position) = '1'
                then 'first'
                when min(position) > '1'
                then 'repeat'
            end as unit_course,
            max(baseline_asymmetry) as unit_baseline_asymmetry
        from cohort($filters)
        join (select treatment_no, baseline_asymmetry from treatments) using (treatment_no)
        where coalesce(days_observed >= $window_days, true)
        group by {{ record_group }}, patient_no, unit_no
        having bool_or(is_evaluable)
    ),
    groups as (
        select {{ record_group }}, count(*) as evaluable, count(distinct patient_no) as patients
        from units
        group by {{ record_group }}
    ),
    levels as (
        select
            {{ record_group }},
            case
                when grouping(unit_age_band) = 0
                then 'age_band'
                when grouping(unit_sex) = 0
                then 'sex'
                when grouping(unit_skin_type) = 0
                then 'skin_type'
                when grouping(unit_smoker) = 0
                then 'smoker'
                when grouping(unit_treatment_type) = 0
                then 'treatment_type'
                when grouping(unit_indication) = 0
                then 'indication'
                when grouping(unit_area) = 0
                then 'area'
                when grouping(unit_side) = 0
                then 'side'
                when grouping(unit_technique) = 0
                then 'technique'
                when grouping(unit_product) = 0
                then 'product'
                when grouping(unit_dose_band) = 0
                then 'dose_band'
                when grouping(unit_practitioner) = 0
                then 'practitioner'
                when grouping(unit_clinic) = 0
                then 'clinic'
                when grouping(unit_course) = 0
                then 'course'
                when grouping(unit_baseline_asymmetry) = 0
                then 'baseline_asymmetry'
            end as attribute,
            coalesce(
                cast(unit_age_band as varchar),
                cast(unit_sex as varchar),
                cast(unit_skin_type as varchar),
                cast(unit_smoker as varchar),
                cast(unit_treatment_type as varchar),
                cast(unit_indication as varchar),
                cast(unit_area as varchar),
                cast(unit_side as varchar),
                cast(unit_technique as varchar),
                cast(unit_product as varchar),
                cast(unit_dose_band as varchar),
                cast(unit_practitioner as varchar),
                cast(unit_clinic as varchar),
                cast(unit_course as varchar),
                cast(unit_baseline_asymmetry as varchar)
            ) as level,
            count(*) as units
        from units
        group by
            grouping sets (
                ({{ record_group }}, unit_age_band),
                ({{ record_group }}, unit_sex),
                ({{ record_group }}, unit_skin_type),
                ({{ record_group }}, unit_smoker),
                ({{ record_group }}, unit_treatment_type),
                ({{ record_group }}, unit_indication),
                ({{ record_group }}, unit_area),
                ({{ record_group }}, unit_side),
                ({{ record_group }}, unit_technique),
                ({{ record_group }}, unit_product),
                ({{ record_group }}, unit_dose_band),
                ({{ record_group }}, unit_practitioner),
                ({{ record_group }}, unit_clinic),
                ({{ record_group }}, unit_course),
                ({{ record_group }}, unit_baseline_asymmetry)
            )
    )
select {{ record_group }}, attribute, coalesce(level, 'several') as level, evaluable, patients, units
from levels
join groups using ({{ record_group }})
where level is not null or attribute <> 'baseline_asymmetry'
order by {{ record_group }}, attribute, level
