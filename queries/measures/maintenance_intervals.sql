-- How soon people come back: the share not yet returned for the next course, day by day. This is the time
-- between treatments, not how long the effect lasts.
-- at risk: courses without a next one at the start of that day, weighted.
-- numerator: returned, the weighted courses whose next one started on that day.
-- censored: the last course of a patient who has come back before is left out; that of a patient who never did
-- counts up to the data cut-off.
-- weights: every patient and treatment type counts once, each of its K completed intervals as 1/K, so that
-- those who come often do not count more.
-- limits: infinitesimal jackknife with patients as clusters, on the log(-log) scale; none for one patient, who tells
-- nothing of how patients differ.
-- unit: days from the start of a course to the start of the next; touch-ups belong to their course.
-- grain: group and day on which something ended, and day 0
-- reference: Wang and Chang, J Am Stat Assoc 1999; 94: 146.
-- columns: day, at_risk, returned, not_returned, not_returned_low, not_returned_high
select {{ group }}, course_no, series_no, patient_no, interval_days as day, is_returned
from ({{ course_outcomes }}) as outcomes
