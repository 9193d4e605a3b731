-- What became of every course of the cohort: after how long the patient came back, if so, and how the plan was kept.
-- grain: group and treatment record of the session that starts the course
select {{ group }}, course_no, series_no, patient_no, interval_days, is_returned, plan_outcome
from cohort($filters)
where course_no is not null
