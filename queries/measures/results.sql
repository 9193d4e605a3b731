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
with
    records as (select {{ group }}, patient_no, treatment_no, aftercare as advice from cohort($filters)),
    patients as (
        select
            {{ group }},
            patient_no,
            count(*) as treated,
            count(asymmetry_change) as scored,
            cast(sum(1000 * asymmetry_change) as bigint) as change,
            count(*) filter (where asymmetry_change <= -1) as improved,
            count(*) filter (where asymmetry_change > 0) as worse,
            count(gais) as with_gais,
            count(*) filter (where gais <= 3) as gais_improved,
            count(satisfaction) as with_satisfaction,
            count(*) filter (where satisfaction >= 4) as satisfied,
            count(is_goal_met) as with_goal,
            count(*) filter (where is_goal_met) as goal_met,
            count(is_overcorrected) as with_correction,
            count(*) filter (where is_overcorrected) as overcorrected,
            count(is_adjusted) as with_adjustment,
            count(*) filter (where is_adjusted) as adjusted,
            count(*) filter (where advice <> '') as with_advice,
            count(*) filter (where advice = 'followed') as followed
        from records
        left join results using (treatment_no)
        group by {{ group }}, patient_no
    ),
    outcomes as (
        select
            {{ group }},
            treated,
            unnest(
                [
                    {'outcome':'asymmetry_change', 'recorded':scored, 'value':change},
                    {'outcome':'asymmetry_improved', 'recorded':scored, 'value':improved},
                    {'outcome':'asymmetry_worse', 'recorded':scored, 'value':worse},
                    {'outcome':'gais_improved', 'recorded':with_gais, 'value':gais_improved},
                    {'outcome':'satisfied', 'recorded':with_satisfaction, 'value':satisfied},
                    {'outcome':'goal_met', 'recorded':with_goal, 'value':goal_met},
                    {'outcome':'overcorrected', 'recorded':with_correction, 'value':overcorrected},
                    {'outcome':'adjusted', 'recorded':with_adjustment, 'value':adjusted},
                    {'outcome':'aftercare_followed', 'recorded':with_advice, 'value':followed}
                ],
                recursive := true
            )
        from patients
    )
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
from outcomes
group by {{ group }}, outcome
order by {{ group }}, outcome
