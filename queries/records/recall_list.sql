-- Who is due for their next course, or overdue: patients and treatment types whose usual interval since their
-- last course has passed, or will have within the horizon.
-- unit: days; overdue_days count to the data cut-off, and are negative for those not yet due.
-- numerator: completed, how many intervals between courses the patient has completed.
-- basis: own intervals, else the mean of the type, else the middle of the catalogue's expected interval. Where
-- none of them is known, nothing is due.
-- weights: own intervals are drawn, as logarithms, toward the mean of the type: their mean weighs between /
-- (between + within / completed), from the variances between and within patients (random effects, by the method of
-- moments).
-- biased short: usual are the intervals of those who came back; who has not had the time to is not in them.
-- long overdue: by more than two such intervals or more than two years.
-- order: who is nearest to the due day comes first; the long overdue stand at the end.
-- finished: types that the catalogue does not call maintained are not listed. A plan cannot say so: it holds at
-- least a day, or nothing.
-- filters: they select by the starting session of the last course; practitioner and clinic are those of its first
-- selected record.
-- grain: patient and treatment type
-- reference: Morris, J Am Stat Assoc 1983; 78: 47. Searle, Casella and McCulloch, Variance Components, 1992.
-- columns: patient_id, treatment_type, last_course_on, completed, personal_interval_days, due_on, overdue_days,
-- status, practitioner, clinic, basis, reason
with
    listed as (
        select
            patient_id,
            due_courses.*,
            case days_ago when 0 then 'today' when 1 then '1 day ago' else days_ago || ' days ago' end as ago,
            usual_days || case when usual_days = 1 then ' day' else ' days' end as usual
        from ({{ due_courses }}) as due_courses
        join sessions using (session_no)
    )
select
    patient_id,
    treatment_type,
    last_course_on,
    completed,
    personal_interval_days,
    due_on,
    overdue_days,
    status,
    nullif(practitioner, '') as practitioner,
    nullif(clinic, '') as clinic,
    basis,
    case
        when basis = 'own intervals'
        then 'usually every ' || usual || ', last ' || ago
        when basis = 'catalogue'
        then 'last visit ' || ago || '; the catalogue expects a return after ' || usual
        else
            case when completed = 0 then 'first visit ' else 'last visit ' end
            || ago
            || '; patients who return usually do after '
            || usual
    end as reason
from listed
order by status = 'long overdue', abs(overdue_days), patient_id, treatment_type
