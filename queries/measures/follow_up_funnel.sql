-- Who was followed up much less than the others: the share followed up of each group against that of all together,
-- with the limits within which chance and the usual spread between groups leave it.
-- numerator: evaluable, the treated units with at least one linked follow-up or side effect.
-- denominator: treated, the units of the cohort (with an onset window, those whose window has elapsed).
-- unit: session (one patient on one day), record (one treated area) or patient.
-- comparison: the share of the whole cohort, every unit once; little followed up means below the lower 99.8 % limit,
-- where a low side-effect rate says little.
-- limits: exact binomial, 95 % and 99.8 % whatever level is asked for, widened by the variance between groups
-- (additive over-dispersion, 10 % winsorised, never narrower than without). That units of one patient are alike is
-- part of this variance. Of few groups, one that differs widens the limits by itself.
-- grain: group
-- reference: Spiegelhalter, Stat Med 2005; 24: 1185.
-- columns: treated, pending, evaluable, completeness, overall_completeness, overdispersion, between_groups_sd,
-- funnel_95_low, funnel_95_high, funnel_998_low, funnel_998_high, is_little_followed_up
with
    units as (
        select
            {{ group }},
            case
                when $unit = 'session' then session_no when $unit = 'record' then treatment_no else patient_no
            end as unit_no,
            bool_or(coalesce(days_observed >= $window_days, true)) as is_treated,
            bool_or(is_evaluable and coalesce(days_observed >= $window_days, true)) as is_evaluable
        from cohort($filters)
        group by {{ group }}, unit_no
    ),
    units_once as (
        select unit_no, bool_or(is_treated) as is_treated, bool_or(is_evaluable) as is_evaluable
        from units
        group by unit_no
    ),
    overall as (
        select
            count(*) filter (where is_treated) as overall_treated,
            count(*) filter (where is_evaluable) as overall_evaluable
        from units_once
    )
select
    {{ group }},
    count(*) filter (where is_treated) as treated,
    count(*) filter (where not is_treated) as pending,
    count(*) filter (where is_evaluable) as evaluable,
    overall_treated,
    overall_evaluable
from units
cross join overall
group by {{ group }}, overall_treated, overall_evaluable
order by {{ group }}
