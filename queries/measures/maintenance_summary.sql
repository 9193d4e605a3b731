-- How soon people come back, in figures: the days by which a quarter, half and three quarters have returned.
-- median: the first day on which the share not yet returned is at or below a half; empty where that is not reached.
-- share returned: by day 90, 120, 180, 270 and 365, with limits; empty beyond the last day observed.
-- biased short: completed_median_days looks only at those who have already come back, and says too few days.
-- weights: every patient and treatment type counts once, each of its K completed intervals as 1/K.
-- limits: infinitesimal jackknife with patients as clusters, on the log(-log) scale.
-- grain: group
-- reference: Wang and Chang, J Am Stat Assoc 1999; 94: 146.
-- columns: patients, courses, completed, median_days, median_low, median_high, q1_days, q3_days, returned_by_90,
-- returned_by_120, returned_by_180, returned_by_270, returned_by_365, completed_median_days, returned_by_90_low,
-- returned_by_90_high, returned_by_120_low, returned_by_120_high, returned_by_180_low, returned_by_180_high,
-- returned_by_270_low, returned_by_270_high, returned_by_365_low, returned_by_365_high
select {{ group }}, patient_no, day, is_returned, returned_in_series
from ({{ maintenance_intervals }}) as intervals
