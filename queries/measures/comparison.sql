-- How often side effects follow in one group against a reference group: the difference and the ratio of the rates.
-- numerator: affected, the evaluable units with at least one such side effect (its onset within the window, if
-- there is one).
-- denominator: evaluable, the treated units with at least one linked follow-up or side effect; completeness is their
-- share of all treated.
-- unit: session (one patient on one day), record (one treated area) or patient.
-- window: with an onset window, units whose window has not yet elapsed at the data cut-off are not counted.
-- comparison: each group with the reference, the value that is asked for, or else the group with the most evaluable
-- units. Which groups there are follows from the filter on the column that is compared.
-- limits: of a difference Newcombe's method 10, made of the Wilson limits of the two rates; of a ratio Katz's on the
-- log
-- scale, with 0.5 added to every cell where one is 0 (is_corrected). Units of one patient are alike, so the effective
-- numbers of units stand in all of these and in the tests, and the variances within strata are multiplied by how much
-- that widens the crude figure. With patients as units everything is the plain formula. A patient with units in both
-- groups counts as two people, which mostly makes the limits too wide.
-- test: chi-square without continuity correction, or Fisher's exact where fewer than 5 are expected in a cell;
-- p_adjusted is Benjamini-Hochberg over the effects of a group. Neither is given where a group has fewer than 20
-- evaluable units (is_small).
-- strata: on demand the groups are compared within strata, by Mantel-Haenszel's difference with Sato's variance and
-- ratio with Greenland's and Robins's. A unit with several values in its group has them all together as its stratum.
-- Strata that lack one of the two groups tell nothing; they are counted, and named with the largest first.
-- association: what differs between the groups besides is not taken into account, unless strata say so.
-- grain: group other than the reference, and effect; any is at least one side effect, whichever.
-- reference: Newcombe, Stat Med 1998; 17: 873. Katz and others, Biometrics 1978; 34: 469. Benjamini and Hochberg, J R
-- Stat Soc B 1995; 57: 289. Sato, Biometrics 1989; 45: 1323. Greenland and Robins, Biometrics 1985; 41: 55. Kish,
-- Survey Sampling, 1965 (effective number, design effect).
-- columns: reference, effect, evaluable, affected, rate, rate_low, rate_high, completeness, reference_evaluable,
-- reference_affected, reference_rate, reference_rate_low, reference_rate_high, reference_completeness,
-- risk_difference, risk_difference_low, risk_difference_high, risk_ratio, risk_ratio_low, risk_ratio_high,
-- is_corrected, test, p, p_adjusted, is_small, adjusted_risk_difference, adjusted_risk_difference_low,
-- adjusted_risk_difference_high, adjusted_risk_ratio, adjusted_risk_ratio_low, adjusted_risk_ratio_high, strata,
-- strata_without_both, evaluable_without_both, named_without_both
with
    units as (
        select
            {{ record_group }},
            patient_no,
            case
                when $unit = 'session' then session_no when $unit = 'record' then treatment_no else patient_no
            end as unit_no,
            bool_or(is_evaluable) as is_evaluable,
            {{ stratum }} as stratum
        from cohort($filters)
        where coalesce(days_observed >= $window_days, true)
        group by {{ record_group }}, patient_no, unit_no
    ),
    patients as (
        select {{ record_group }}, patient_no, count(*) as treated, count(*) filter (where is_evaluable) as evaluable
        from units
        group by {{ record_group }}, patient_no
    ),
    groups as (
        select
            {{ record_group }},
            sum(treated) as treated,
            sum(evaluable) as evaluable,
            count(*) filter (where evaluable > 0) as patients,
            sum(evaluable * evaluable) as evaluable_squared
        from patients
        group by {{ record_group }}
    ),
    side_effects as (
        select
            {{ record_group }},
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
    affected_units as (
        select {{ record_group }}, effect, patient_no, unit_no
        from side_effects
        where is_counted
        group by {{ record_group }}, effect, patient_no, unit_no
        union all
        select {{ record_group }}, 'any' as effect, patient_no, unit_no
        from side_effects
        where is_counted
        group by {{ record_group }}, patient_no, unit_no
    ),
    affected_patients as (
        select {{ record_group }}, effect, patient_no, count(*) as affected
        from affected_units
        group by {{ record_group }}, effect, patient_no
    ),
    affected as (
        select
            {{ record_group }},
            effect,
            sum(affected) as affected,
            sum(affected * affected) as affected_squared,
            sum(affected * evaluable) as affected_evaluable
        from affected_patients
        join patients using ({{ record_group }}, patient_no)
        group by {{ record_group }}, effect
    )
select
    {{ record_group }},
    effect,
    cast(null as varchar) as stratum,
    cast(treated as bigint) as treated,
    cast(evaluable as bigint) as evaluable,
    cast(coalesce(affected, 0) as bigint) as affected,
    cast(patients as bigint) as patients,
    cast(coalesce(affected_squared, 0) as bigint) as affected_squared,
    cast(coalesce(affected_evaluable, 0) as bigint) as affected_evaluable,
    cast(evaluable_squared as bigint) as evaluable_squared,
    $unit <> 'patient' as is_clustered
from groups
cross join effects
left join affected using ({{ record_group }}, effect)
union all by name
select {{ record_group }}, stratum, count(*) as evaluable
from units
where is_evaluable
group by {{ record_group }}, stratum
union all by name
select {{ record_group }}, effect, stratum, count(*) as affected
from affected_units
join units using ({{ record_group }}, patient_no, unit_no)
group by {{ record_group }}, effect, stratum
order by {{ record_group }}, case when effect = 'any' then 0 else 1 end, effect, stratum
