-- How often a side effect follows a treatment, of the treatments that were followed up.
-- numerator: affected, the evaluable units with at least one such side effect (its onset within the window, if
-- there is one).
-- denominator: evaluable, the treated units with at least one linked follow-up or side effect; completeness is
-- their share of all treated.
-- unit: session (one patient on one day), record (one treated area) or patient.
-- window: with an onset window, units whose window has not yet elapsed at the data cut-off are pending and not
-- counted.
-- limits: Wilson score with the effective number of units, because units of one patient are alike; with
-- patients as units, plain Wilson. Where all units are of one patient, nothing tells how alike they are, and they
-- count as if independent.
-- unseen: had none of those not followed up been affected, the rate would be the best case; had all, the worst
-- case.
-- grain: group and effect; any is at least one side effect, whichever.
-- reference: Wilson, J Am Stat Assoc 1927; 22: 209. Effective number: Kish, Survey Sampling, 1965.
-- columns: effect, treated, pending, evaluable, affected, rate, rate_low, rate_high, completeness,
-- rate_best_case, rate_worst_case
with
    units as (
        select
            {{ record_group }},
            patient_no,
            case
                when $unit = 'session' then session_no when $unit = 'record' then treatment_no else patient_no
            end as unit_no,
            bool_or(coalesce(days_observed >= $window_days, true)) as is_treated,
            bool_or(is_evaluable and coalesce(days_observed >= $window_days, true)) as is_evaluable
        from cohort($filters)
        group by {{ record_group }}, patient_no, unit_no
    ),
    patients as (
        select
            {{ record_group }},
            patient_no,
            count(*) filter (where is_treated) as treated,
            count(*) filter (where not is_treated) as pending,
            count(*) filter (where is_evaluable) as evaluable
        from units
        group by {{ record_group }}, patient_no
    ),
    groups as (
        select
            {{ record_group }},
            sum(treated) as treated,
            sum(pending) as pending,
            sum(evaluable) as evaluable,
            count(*) filter (where evaluable > 0) as patients,
            sum(evaluable * evaluable) as evaluable_squared
        from patients
        group by {{ record_group }}
    ),
    side_effects as (
        select
            {{ record_group }},
            {{ severity }} as severity,
            effect,
            patient_no,
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
        select {{ record_group }}, severity, effect, patient_no, unit_no
        from side_effects
        where is_counted
        group by {{ record_group }}, severity, effect, patient_no, unit_no
        union all
        select {{ record_group }}, severity, 'any' as effect, patient_no, unit_no
        from side_effects
        where is_counted
        group by {{ record_group }}, severity, patient_no, unit_no
    ),
    affected_patients as (
        select {{ record_group }}, severity, effect, patient_no, count(*) as affected
        from affected_units
        group by {{ record_group }}, severity, effect, patient_no
    ),
    affected as (
        select
            {{ record_group }},
            severity,
            effect,
            sum(affected) as affected,
            sum(affected * affected) as affected_squared,
            sum(affected * evaluable) as affected_evaluable
        from affected_patients
        join patients using ({{ record_group }}, patient_no)
        group by {{ record_group }}, severity, effect
    )
select
    {{ record_group }},
    severity,
    effect,
    cast(treated as bigint) as treated,
    cast(pending as bigint) as pending,
    cast(evaluable as bigint) as evaluable,
    cast(coalesce(affected, 0) as bigint) as affected,
    cast(patients as bigint) as patients,
    cast(coalesce(affected_squared, 0) as bigint) as affected_squared,
    cast(coalesce(affected_evaluable, 0) as bigint) as affected_evaluable,
    cast(evaluable_squared as bigint) as evaluable_squared,
    $unit <> 'patient' as is_clustered
from groups
cross join severities
cross join effects
left join affected using ({{ record_group }}, severity, effect)
order by {{ record_group }}, severity, case when effect = 'any' then 0 else 1 end, effect
