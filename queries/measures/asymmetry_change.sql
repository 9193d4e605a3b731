-- Asymmetry before and after: how many records went from which score to which, and the mean of after less before.
-- numerator: records, those that went from this score to that one, both rounded to half a point.
-- denominator: recorded, the treated records with a score before and one from day 7 to day 180 after the treatment, of
-- which the last counts.
-- unit: points of asymmetry from 0, symmetrical, to 10; a change below nought is more symmetrical. The change is that
-- of the scores as they were, not rounded.
-- limits: of the mean, the cluster-robust standard error with patients as clusters and Student's t with patients - 1
-- degrees of freedom; none for one patient.
-- grain: group, score before and score after
-- reference: Kish, Survey Sampling, 1965, chapter 6. Cameron and Miller, J Hum Resour 2015; 50: 317.
-- columns: before, after, records, recorded, patients, change, change_low, change_high
with
    records as (
        select {{ group }}, patient_no, asymmetry_before, asymmetry_after, asymmetry_change
        from cohort($filters)
        join results using (treatment_no)
        where asymmetry_change is not null
    ),
    pairs as (
        select
            {{ group }},
            round(2 * asymmetry_before) / 2 as before,
            round(2 * asymmetry_after) / 2 as after,
            count(*) as records
        from records
        group by {{ group }}, before, after
    ),
    patients as (
        select {{ group }}, patient_no, count(*) as recorded, cast(sum(1000 * asymmetry_change) as bigint) as value
        from records
        group by {{ group }}, patient_no
    ),
    groups as (
        select
            {{ group }},
            cast(sum(recorded) as bigint) as recorded,
            count(*) as patients,
            cast(sum(value) as bigint) as value_sum,
            cast(sum(value * value) as bigint) as value_squared,
            cast(sum(value * recorded) as bigint) as value_recorded,
            cast(sum(recorded * recorded) as bigint) as recorded_squared
        from patients
        group by {{ group }}
    )
select
    {{ group }},
    cast(before as double) as before,
    cast(after as double) as after,
    records,
    recorded,
    patients,
    value_sum,
    value_squared,
    value_recorded,
    recorded_squared
from pairs
join groups using ({{ group }})
order by {{ group }}, before, after
