-- What treatment came to: asymmetry before and after, GAIS, satisfaction and goals, corrections, and aftercare.
-- numerator: occurred, the records in which the outcome did. asymmetry_improved is a score at least 1 point lower than
-- before, asymmetry_worse any higher one; gais_improved is 1 to 3, satisfied 4 or 5; overcorrected and adjusted are so
-- at any follow-up of that time. For asymmetry_change there is none: its value is the mean of after less before, in
-- points, so that less than nought is more symmetrical.
-- denominator: recorded, the treated records for which the outcome was recorded from day 7 to day 180 after the
-- treatment (asymmetry: also before it; aftercare: at whichever follow-up). Who has no such follow-up is not in it.
-- unit: record, as a score is one of an area; of several follow-ups the last in that time counts.
-- limits: of shares, Wilson score with the effective number of records, because records of one patient are alike; of
-- the mean, the cluster-robust standard error with patients as clusters and Student's t with patients - 1 degrees of
-- freedom. Where all records are of one patient, nothing tells how alike they are: shares count them as if
-- independent, and the mean has no limits.
-- grain: group and outcome
-- reference: Wilson, J Am Stat Assoc 1927; 22: 209. The effective number and the standard error of a mean over clusters
-- of unequal size, Kish, Survey Sampling, 1965, chapter 6. Student's t for few clusters: Cameron and Miller, J Hum
-- Resour 2015; 50: 317.
-- columns: outcome, treated, recorded, patients, occurred, value, value_low, value_high
select
    {{ group }},
    outcome,
    cast(sum(treated) as bigint) as treated,
    cast(sum(recorded) as bigint) as recorded,
    count(*) filter (where recorded > 0) as patients,
    cast(coalesce(sum(value), 0) as bigint) as value_sum,
    cast(coalesce(sum(value * value), 0) as bigint) as value_squared,
    cast(coalesce(sum(value * recorded), 0) as bigint) as value_recorded,
    cast(sum(recorded * recorded) as bigint) as recorded_squared
from ({{ patient_outcomes }}) as outcomes
group by {{ group }}, outcome
order by {{ group }}, outcome
