-- The same outcomes by how long after the treatment they were recorded.
-- numerator: occurred, the contacts at which the outcome was found; for asymmetry_change the value is the mean of the
-- score at the contact less that before the treatment.
-- denominator: recorded, the contacts in that time at which the outcome was recorded. Who is seen late is not who is
-- seen early, as those with a complaint come back and those who are content may not. So a band tells how it was with
-- those who were seen then, and a difference between two bands is not what time does.
-- unit: a contact of a treated record, all of them and not only the last; days since the treatment.
-- limits: as of the results: Wilson score with the effective number of contacts, and for the mean the cluster-robust
-- standard error with Student's t, as the contacts of one patient are alike.
-- grain: group, band of days and outcome
-- reference: Wilson, J Am Stat Assoc 1927; 22: 209. Kish, Survey Sampling, 1965, chapter 6. Cameron and Miller, J Hum
-- Resour 2015; 50: 317.
-- columns: first_day, last_day, outcome, recorded, patients, occurred, value, value_low, value_high
with
    bands as (
        select first_day, last_day
        from (values (7, 14), (15, 30), (31, 60), (61, 90), (91, 180), (181, 365)) as days(first_day, last_day)
    ),
    records as (select {{ group }}, patient_no, treatment_no from cohort($filters)),
    groups as (select distinct {{ group }} from records),
    dates as (select treatment_no, treated_on, baseline_asymmetry::decimal(5, 3) as before from treatments),
    contacts as (
        select
            {{ group }},
            patient_no,
            date_diff('day', treated_on, followed_up_on) as day,
            asymmetry::decimal(5, 3) - before as change,
            gais,
            satisfaction,
            goal_met,
            overcorrected,
            adjusted,
            aftercare_followed
        from records
        join follow_up_links using (treatment_no)
        join follow_ups using (follow_up_no)
        join dates using (treatment_no)
        where date_diff('day', treated_on, followed_up_on) between 7 and 365
    ),
    patients as (
        select
            {{ group }},
            case
                when day < 15
                then 7
                when day < 31
                then 15
                when day < 61
                then 31
                when day < 91
                then 61
                when day < 181
                then 91
                else 181
            end as first_day,
            patient_no,
            count(change) as scored,
            cast(sum(1000 * change) as bigint) as change,
            count(*) filter (where change <= -1) as improved,
            count(*) filter (where change > 0) as worse,
            count(gais) as with_gais,
            count(*) filter (where gais <= 3) as gais_improved,
            count(satisfaction) as with_satisfaction,
            count(*) filter (where satisfaction >= 4) as satisfied,
            count(goal_met) as with_goal,
            count(*) filter (where goal_met) as goal_met,
            count(overcorrected) as with_correction,
            count(*) filter (where overcorrected) as overcorrected,
            count(adjusted) as with_adjustment,
            count(*) filter (where adjusted) as adjusted,
            count(aftercare_followed) as with_advice,
            count(*) filter (where aftercare_followed) as followed
        from contacts
        group by {{ group }}, first_day, patient_no
    ),
    outcomes as (
        select
            {{ group }},
            first_day,
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
    ),
    names as (
        select
            unnest(
                [
                    'asymmetry_change',
                    'asymmetry_improved',
                    'asymmetry_worse',
                    'gais_improved',
                    'satisfied',
                    'goal_met',
                    'overcorrected',
                    'adjusted',
                    'aftercare_followed'
                ]
            ) as outcome
    ),
    sums as (
        select
            {{ group }},
            first_day,
            outcome,
            sum(recorded) as recorded,
            count(*) as patients,
            sum(value) as value_sum,
            sum(value * value) as value_squared,
            sum(value * recorded) as value_recorded,
            sum(recorded * recorded) as recorded_squared
        from outcomes
        where recorded > 0
        group by {{ group }}, first_day, outcome
    )
select
    {{ group }},
    first_day,
    last_day,
    outcome,
    cast(coalesce(recorded, 0) as bigint) as recorded,
    coalesce(patients, 0) as patients,
    cast(coalesce(value_sum, 0) as bigint) as value_sum,
    cast(coalesce(value_squared, 0) as bigint) as value_squared,
    cast(coalesce(value_recorded, 0) as bigint) as value_recorded,
    cast(coalesce(recorded_squared, 0) as bigint) as recorded_squared
from groups
cross join bands
cross join names
left join sums using ({{ group }}, first_day, outcome)
order by {{ group }}, first_day, outcome
