-- How many in ten of our patients' side effects were gone by a given day: what a patient may be told.
-- numerator: resolved, the share of side effects gone by the end of that day.
-- denominator: side_effects, of so many patients.
-- clock: days since the onset, or on demand since the treatment.
-- estimator: that of time_to_resolution, whose curve this reads on days 1, 3, 7, 14, 30 and 90; empty beyond
-- the last day observed.
-- grain: group and day
-- columns: day, patients, side_effects, resolved, resolved_low, resolved_high, estimator, limits
select {{ group }}, count(distinct patient_no) as patients
from ({{ resolution_observations }}) as observations
group by {{ group }}
order by {{ group }}
