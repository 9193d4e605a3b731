-- What is known of how long a side effect lasted.
-- exact: the day it resolved is known, and both left_day and right_day.
-- seen gone: only a contact at which it was gone is known; it ended after left_day and by right_day.
-- censored: no right_day; last seen present on that day, else at the last follow-up of the record on or after the onset
-- (nobody recorded it as gone there), else known on the day of onset only.
-- unit: days since onset; onset_days are days from the treatment to the onset.
-- grain: side effect
with
    last_follow_ups as (
        select treatment_no, max(followed_up_on) as last_follow_up_on
        from follow_up_links
        join follow_ups using (follow_up_no)
        where treatment_no in (select treatment_no from side_effect_links)
        group by treatment_no
    ),
    known as (
        select
            side_effect_no,
            treatment_no,
            effect,
            coalesce(severity, '') as severity,
            case when serious then 'yes' when not serious then 'no' else '' end as serious,
            (onset_on - treated_on)::integer as onset_days,
            case
                when resolved_on is not null
                then resolved_on
                when resolved_by is not null or last_present_on is not null
                then coalesce(last_present_on, onset_on)
                when last_follow_up_on >= onset_on
                then last_follow_up_on
                else onset_on
            end
            - onset_on as left_day,
            coalesce(resolved_on, resolved_by) - onset_on as right_day
        from side_effects
        join side_effect_links using (side_effect_no)
        join treatments using (treatment_no)
        left join last_follow_ups using (treatment_no)
    )
select
    side_effect_no,
    treatment_no,
    effect,
    severity,
    serious,
    onset_days,
    left_day::integer as left_day,
    right_day::integer as right_day
from known
order by treatment_no, side_effect_no
