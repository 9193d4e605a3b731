-- How many days lie between one affected session and the next, for side effects that are too rare for monthly rates.
-- numerator: an event is an evaluable session with at least one such side effect, on its day of treatment; events of
-- one day are 0 days apart.
-- window: with an onset window, sessions whose window has not yet elapsed at the data cut-off are not counted.
-- rare: fewer than 1 event per month with evaluable sessions, in the months that are over, with the
-- onset window of their last day, at the data cut-off.
-- Others have a monthly rate instead, and are not here.
-- centre: the mean of the transformed days, as days again.
-- limits: t-chart, the days to the power 1/3.6, which is nearly normal for events at a constant rate; 3 sigma by the
-- moving ranges; below nought is nought. They take no account of how many were treated between.
-- signal: below the lower limit is closer together, above the upper one further apart; the same runs as of the monthly
-- rates. None before 12 times between events. A signal is a reason to look, not a finding.
-- grain: group, effect and event; any is at least one side effect, whichever.
-- reference: Nelson, J Qual Technol 1994; 26: 239. Montgomery, Introduction to Statistical Quality Control, chapter 7.
-- columns: effect, event, treated_on, days, centre_days, limit_low_days, limit_high_days, signal, is_signal
with
    complete as (
        select strftime(as_of + 1 - coalesce($window_days, 0), '%Y-%m') as first_incomplete_month from snapshot
    ),
    affected as (
        select distinct
            {{ record_group }},
            {{ severity }} as severity,
            effect,
            session_no,
            treated_on,
            month < first_incomplete_month as is_in_complete_month
        from cohort_side_effects($filters)
        cross join complete
        where is_selected and coalesce(onset_days <= $window_days and days_observed >= $window_days, true)
    ),
    events as (
        select *
        from affected
        union
        select {{ record_group }}, severity, 'any' as effect, session_no, treated_on, is_in_complete_month
        from affected
    ),
    months as (
        select {{ record_group }}, count(distinct month) as months
        from cohort($filters)
        cross join complete
        where is_evaluable and coalesce(days_observed >= $window_days, true) and month < first_incomplete_month
        group by {{ record_group }}
    ),
    rare as (
        select {{ record_group }}, severity, effect
        from events
        left join months using ({{ record_group }})
        group by {{ record_group }}, severity, effect, months
        having months is null or count(*) filter (where is_in_complete_month) < months
    )
select {{ record_group }}, severity, effect, treated_on
from events
join rare using ({{ record_group }}, severity, effect)
order by {{ record_group }}, severity, case when effect = 'any' then 0 else 1 end, effect, treated_on
