-- How GAIS and satisfaction are spread: every score of its scale, with how many records had it last.
-- numerator: occurred, the records whose last score from day 7 to day 180 after the treatment was this one.
-- denominator: recorded, the treated records with a score of that scale in that time.
-- unit: record. GAIS runs from 1, very much improved, to 5, worse, with 4 for no change; satisfaction from 1 to 5, 5
-- being best.
-- limits: Wilson score with the effective number of records, because records of one patient are alike; where all are
-- of one patient, nothing tells how alike they are, and they count as if independent.
-- grain: group, scale and score; a score that nobody had is 0 of n
-- reference: Wilson, J Am Stat Assoc 1927; 22: 209. Effective number: Kish, Survey Sampling, 1965.
-- columns: scale, score, recorded, patients, occurred, value, value_low, value_high
with
    records as (
        select {{ group }}, patient_no, gais, satisfaction from cohort($filters) join results using (treatment_no)
    ),
    patient_scores as (
        select {{ group }}, patient_no, 'gais' as scale, gais as score, count(*) as value
        from records
        where gais is not null
        group by {{ group }}, patient_no, score
        union all
        select {{ group }}, patient_no, 'satisfaction' as scale, satisfaction as score, count(*) as value
        from records
        where satisfaction is not null
        group by {{ group }}, patient_no, score
    ),
    patients as (
        select {{ group }}, scale, patient_no, sum(value) as recorded
        from patient_scores
        group by {{ group }}, scale, patient_no
    ),
    groups as (select distinct {{ group }} from cohort($filters)),
    scales as (select unnest(['gais', 'satisfaction']) as scale),
    scored as (
        select
            {{ group }},
            scale,
            sum(recorded) as recorded,
            count(*) as patients,
            sum(recorded * recorded) as recorded_squared
        from patients
        group by {{ group }}, scale
    ),
    scores as (
        select
            {{ group }},
            scale,
            score,
            sum(value) as value_sum,
            sum(value * value) as value_squared,
            sum(value * recorded) as value_recorded
        from patient_scores
        join patients using ({{ group }}, scale, patient_no)
        group by {{ group }}, scale, score
    ),
    levels as (select unnest([1, 2, 3, 4, 5]) as score)
select
    {{ group }},
    scale,
    score,
    cast(coalesce(recorded, 0) as bigint) as recorded,
    coalesce(patients, 0) as patients,
    cast(coalesce(value_sum, 0) as bigint) as value_sum,
    cast(coalesce(value_squared, 0) as bigint) as value_squared,
    cast(coalesce(value_recorded, 0) as bigint) as value_recorded,
    cast(coalesce(recorded_squared, 0) as bigint) as recorded_squared
from groups
cross join scales
cross join levels
left join scored using ({{ group }}, scale)
left join scores using ({{ group }}, scale, score)
order by {{ group }}, scale, score
