-- What treatment came to, by patient: in how many records each outcome was recorded, and in how many it occurred.
-- grain: group, patient and outcome; of asymmetry_change the value is the sum of the changes, in thousandths of a point
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
    )
select
    {{ group }},
    patient_no,
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
