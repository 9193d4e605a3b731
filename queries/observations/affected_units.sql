-- How many units were affected by which side effect, of how many: the counts of side-effect rates, without the
-- patients.
-- unit: session (one patient on one day), record (one treated area) or patient.
-- window: with an onset window, units whose window has not yet elapsed at the data cut-off are pending and not
-- counted.
-- grain: group, severity and effect; any is at least one side effect, whichever.
with
    units as (
        select
            {{ record_group }},
            case
                when $unit = 'session' then session_no when $unit = 'record' then treatment_no else patient_no
            end as unit_no,
            bool_or(coalesce(days_observed >= $window_days, true)) as is_treated,
            bool_or(is_evaluable and coalesce(days_observed >= $window_days, true)) as is_evaluable
        from cohort($filters)
        group by {{ record_group }}, unit_no
    ),
    groups as (
        select
            {{ record_group }},
            count(*) filter (where is_treated) as treated,
            count(*) filter (where not is_treated) as pending,
            count(*) filter (where is_evaluable) as evaluable
        from units
        group by {{ record_group }}
    ),
    side_effects as (
        select
            {{ record_group }},
            {{ severity }} as severity,
            effect,
            case
                when $unit = 'session' then session_no when $unit = 'record' then treatment_no else patient_no
            end as unit_no,
            is_selected and coalesce(onset_days <= $window_days and days_observed >= $window_days, true) as is_counted
        from cohort_side_effects($filters)
    ),
    effects as (
        select distinct effect
        from side_effects
        union
        select 'any' as effect
    ),
    severities as (
        select distinct severity
        from side_effects
        union
        select 'any' as severity
    ),
    affected_units as (
        select distinct {{ record_group }}, severity, effect, unit_no from side_effects where is_counted
    ),
    affected as (
        select {{ record_group }}, severity, effect, count(*) as affected
        from affected_units
        group by {{ record_group }}, severity, effect
        union all
        select {{ record_group }}, severity, 'any' as effect, count(distinct unit_no) as affected
        from affected_units
        group by {{ record_group }}, severity
    )
select {{ record_group }}, severity, effect, treated, pending, evaluable, coalesce(affected, 0) as affected
from groups
cross join severities
cross join effects
left join affected using ({{ record_group }}, severity, effect)
