-- How long side effects last: the share still unresolved, day by day.
-- at risk: side effects not yet resolved and still observed at the start of that day.
-- numerator: resolved, those that ended on that day.
-- censored: last known to be there on that day, and never recorded as gone; they count up to that day.
-- clock: days since the onset, or on demand since the treatment.
-- estimator: Kaplan-Meier. Where a side effect was only seen gone at a later contact, the middle of the time in
-- which it must have ended stands for the day, and the curve is called approximate.
-- limits: Greenwood, on the log(-log) scale.
-- grain: group and day on which something ended, and day 0
-- reference: Kaplan and Meier, J Am Stat Assoc 1958; 53: 457. Kalbfleisch and Prentice, 1980 (limits).
-- columns: day, at_risk, resolved, censored, unresolved, unresolved_low, unresolved_high, estimator
select
    {{ group }},
    end_day + case when $clock = 'treatment' then onset_days else 0 end as day,
    count(*) filter (where is_resolved) as resolved,
    count(*) filter (where not is_resolved) as censored,
    count(*) filter (where is_seen_gone) as seen_gone
from cohort_side_effects($filters)
where is_selected
group by {{ group }}, day
order by {{ group }}, day
