-- How long side effects last: the share not yet surely resolved, day by day.
-- at risk: side effects not yet resolved and still observed at the start of that day; one that was only seen gone
-- counts up to the day on which it was seen gone.
-- numerator: resolved, those that resolved on that day, or were first seen gone on it.
-- censored: last known to be there on that day, and never recorded as gone; they count up to that day.
-- clock: days since the onset, or on demand since the treatment.
-- estimator: Kaplan-Meier where every day of resolution is known, or known to be later than the last contact. Turnbull
-- where a side effect was only seen gone, and so resolved at some time after it was last known to be there, and by
-- then. What is not known of that time is left open, and the curve falls at its end.
-- limits: clustered, as a patient may have several side effects: for Kaplan-Meier by the infinitesimal jackknife with
-- patients as clusters, on the log(-log) scale; for Turnbull from 500 resamples of patients, percentiles. On demand
-- greenwood (Kaplan-Meier only; the limits of a Turnbull curve are then left empty) or none. One patient gives no
-- clustered limits.
-- grain: group and day on which something ended, and day 0
-- reference: Turnbull, J R Stat Soc B 1976; 38: 290. Kaplan and Meier, J Am Stat Assoc 1958; 53: 457. Efron, Ann
-- Stat 1979; 7: 1 (resamples). Kalbfleisch and Prentice, 1980 (log(-log) limits).
-- columns: day, at_risk, resolved, censored, unresolved, unresolved_low, unresolved_high, estimator, limits
select {{ group }}, left_day, right_day, count(*) as side_effects
from ({{ resolution_observations }}) as observations
group by {{ group }}, left_day, right_day
order by {{ group }}, left_day, right_day
