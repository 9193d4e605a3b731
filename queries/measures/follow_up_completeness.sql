-- How many of the treatments were followed up at least once.
-- numerator: evaluable, the treated units with at least one linked follow-up or side effect.
-- denominator: treated, the units of the cohort (with an onset window, those whose window has elapsed).
-- unit: session (one patient on one day), record (one treated area) or patient.
-- limits: Wilson score with the effective number of units, because units of one patient are alike; with
-- patients as units, plain Wilson. Where all units are of one patient, nothing tells how alike they are, and they
-- count as if independent.
-- grain: group
-- reference: Wilson, J Am Stat Assoc 1927; 22: 209. Effective number: Kish, Survey Sampling, 1965.
-- columns: treated, pending, evaluable, completeness, completeness_low, completeness_high
with
    units as (
        select
            {{ group }},
            patient_no,
            case
                when $unit = 'session' then session_no when $unit = 'record' then treatment_no else patient_no
            end as unit_no,
            bool_or(coalesce(days_observed >= $window_days, true)) as is_treated,
            bool_or(is_evaluable and coalesce(days_observed >= $window_days, true)) as is_evaluable
        from cohort($filters)
        group by {{ group }}, patient_no, unit_no
    ),
    patients as (
        select
            {{ group }},
            patient_no,
            count(*) filter (where is_treated) as treated,
            count(*) filter (where not is_treated) as pending,
            count(*) filter (where is_evaluable) as evaluable
        from units
        group by {{ group }}, patient_no
    )
select
    {{ group }},
    cast(sum(treated) as bigint) as treated,
    cast(sum(pending) as bigint) as pending,
    cast(sum(evaluable) as bigint) as evaluable,
    cast(count(*) filter (where treated > 0) as bigint) as patients,
    cast(sum(evaluable * evaluable) as bigint) as evaluable_squared,
    cast(sum(evaluable * treated) as bigint) as evaluable_treated,
    cast(sum(treated * treated) as bigint) as treated_squared,
    $unit <> 'patient' as is_clustered
from patients
group by {{ group }}
order by {{ group }}
