-- What a treatment record came to: the results recorded at its follow-ups from day 7 to day 180 after the treatment.
-- numerator: of asymmetry, GAIS, satisfaction and goal met, the last one recorded in that time; overcorrected and
-- adjusted are true where any follow-up in that time says so, false where one says the contrary and none says so.
-- order: of several follow-ups on one day the least favourable counts.
-- unit: points of asymmetry from 0 to 10, to a thousandth. before is the baseline of the treatment, after the last
-- score in that time, of asymmetry_day; change is after less before, and empty where either is.
-- grain: treatment record with at least one of these recorded in that time
with
    contacts as (
        select
            treatment_no,
            (followed_up_on - treated_on)::smallint as day,
            asymmetry,
            baseline_asymmetry,
            gais,
            satisfaction,
            goal_met,
            overcorrected,
            adjusted
        from follow_up_links
        join follow_ups using (follow_up_no)
        join treatments using (treatment_no)
        where followed_up_on - treated_on between 7 and 180
    ),
    last_results as (
        select
            treatment_no,
            max(case when asymmetry is not null then day end) as asymmetry_day,
            any_value(baseline_asymmetry) as before,
            arg_max(asymmetry, day * 16 + asymmetry) as after,
            arg_max(gais, day * 8 + gais) as gais,
            arg_max(satisfaction, day * 8 - satisfaction) as satisfaction,
            arg_max(goal_met, day * 2 - goal_met::integer) as is_goal_met,
            bool_or(overcorrected) as is_overcorrected,
            bool_or(adjusted) as is_adjusted
        from contacts
        group by treatment_no
    )
select
    treatment_no,
    asymmetry_day,
    before::decimal(5, 3) as asymmetry_before,
    after::decimal(5, 3) as asymmetry_after,
    (after::decimal(5, 3) - before::decimal(5, 3))::decimal(5, 3) as asymmetry_change,
    gais::tinyint as gais,
    satisfaction::tinyint as satisfaction,
    is_goal_met,
    is_overcorrected,
    is_adjusted
from last_results
where
    coalesce(asymmetry_day, gais, satisfaction) is not null
    or coalesce(is_goal_met, is_overcorrected, is_adjusted) is not null
order by treatment_no
