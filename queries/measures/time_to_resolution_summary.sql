-- How long side effects last, in figures: the days by which a quarter, half and three quarters have resolved.
-- median: the first day on which the share still unresolved is at or below a half; empty where that is not
-- reached.
-- share resolved: by day 1, 3, 7, 14, 30 and 90, with limits; empty beyond the last day observed.
-- restricted mean: the mean number of days with the side effect, out of the first 90; empty where observation
-- ends sooner.
-- comparison: the log-rank test of all groups shown, on demand within strata. It needs one day for each side
-- effect, so that one which was only seen gone counts there on the middle of the time in which it must have
-- resolved, rounded up to a whole day.
-- clock: days since the onset, or on demand since the treatment.
-- estimator: that of the curve, Kaplan-Meier or Turnbull.
-- limits: those of the curve, clustered by patient; on demand greenwood (Kaplan-Meier only) or none.
-- grain: group
-- reference: Brookmeyer and Crowley, Biometrics 1982; 38: 29. Mantel, Cancer Chemother Rep 1966; 50: 163; with
-- strata, Peto and others, Br J Cancer 1977; 35: 1.
-- columns: side_effects, resolved, censored, median_days, median_low, median_high, q1_days, q3_days,
-- resolved_by_1, resolved_by_3, resolved_by_7, resolved_by_14, resolved_by_30, resolved_by_90, logrank_chi2,
-- logrank_df, logrank_p, restricted_mean_days, estimator, limits, resolved_by_1_low, resolved_by_1_high,
-- resolved_by_3_low, resolved_by_3_high, resolved_by_7_low, resolved_by_7_high, resolved_by_14_low,
-- resolved_by_14_high, resolved_by_30_low, resolved_by_30_high, resolved_by_90_low, resolved_by_90_high
select {{ group }}, left_day, right_day, side_effects
from ({{ time_to_resolution }}) as pairs
order by {{ group }}, left_day, right_day
