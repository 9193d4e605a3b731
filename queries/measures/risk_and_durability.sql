-- Risk against durability: how often a side effect follows, beside how long patients stay away.
-- numerator: affected, the evaluable units with at least one side effect; rate is their share.
-- denominator: evaluable, the treated units with at least one linked follow-up or side effect. For the median:
-- courses, of so many patients.
-- median: the first day on which half have returned for the next course; empty where that is not reached, or where the
-- treatment is none that is maintained.
-- unit: session (one patient on one day), record (one treated area) or patient; for the median, course.
-- limits: of the rate, Wilson score with the effective number of units; of the median, infinitesimal jackknife with
-- patients as clusters, on the log(-log) scale, and none for one patient.
-- comparison: it puts two figures side by side and does not say that one comes from the other. Time between treatments
-- is not the duration of the effect.
-- grain: group
-- reference: those of the side-effect rates and the maintenance intervals.
-- columns: treated, evaluable, affected, rate, rate_low, rate_high, patients, courses, completed, median_days,
-- median_low, median_high
select 'rate' as figure, *
from ({{ side_effect_rates }}) as rates
where effect = 'any' and severity = 'any'
union all by name
select 'median' as figure, *
from ({{ maintenance_summary }}) as intervals
