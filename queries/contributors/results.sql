-- The patients behind the counts of results.
-- Counted are recorded; occurred; otherwise, recorded and not occurred. The detail is the outcome. Of the patients
-- there are the first $most by number.
-- grain: group, counted and detail
with
    patients as (
        select
            {{ group }},
            patient_no,
            count(asymmetry_change) as scored,
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
        from (select {{ group }}, patient_no, treatment_no, aftercare as advice from cohort($filters)) as records
        left join results using (treatment_no)
        group by {{ group }}, patient_no
    ),
    outcomes as (
        select
            {{ group }},
            patient_no,
            unnest(
                [
                    {'outcome':'asymmetry_change', 'recorded':scored, 'occurred':scored},
                    {'outcome':'asymmetry_improved', 'recorded':scored, 'occurred':improved},
                    {'outcome':'asymmetry_worse', 'recorded':scored, 'occurred':worse},
                    {'outcome':'gais_improved', 'recorded':with_gais, 'occurred':gais_improved},
                    {'outcome':'satisfied', 'recorded':with_satisfaction, 'occurred':satisfied},
                    {'outcome':'goal_met', 'recorded':with_goal, 'occurred':goal_met},
                    {'outcome':'overcorrected', 'recorded':with_correction, 'occurred':overcorrected},
                    {'outcome':'adjusted', 'recorded':with_adjustment, 'occurred':adjusted},
                    {'outcome':'aftercare_followed', 'recorded':with_advice, 'occurred':followed}
                ],
                recursive := true
            )
        from patients
    )
select
    {{ group }},
    unnest(['recorded', 'occurred', 'otherwise']) as counted,
    outcome as detail,
    unnest(
        [
            min(patient_no, $most) filter (where recorded > 0),
            min(patient_no, $most) filter (where occurred > 0),
            min(patient_no, $most) filter (where occurred < recorded)
        ]
    ) as patients,
    0 as at_least,
    cast(sum(recorded) as bigint) as units
from outcomes
group by {{ group }}, outcome
