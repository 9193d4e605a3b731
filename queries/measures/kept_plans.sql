-- Whether patients come back when their plan says: early, on time, late, or not yet though it is time.
-- numerator: early, late (by more than 14 days), on time (within 14 days either way), and not returned.
-- denominator: due, the courses with a planned interval that had passed, and 14 days more, by the data cut-off.
-- pending: not_yet_due, the courses with a plan that have not come so far; they are not counted, whether patients
-- have come back or not, or those who come early would count more. without_plan have no planned interval.
-- unit: course, by the smallest interval that was planned at its start; courses are all of them.
-- limits: Wilson score with the effective number of courses, because courses of one patient are alike.
-- grain: group
-- reference: Wilson, J Am Stat Assoc 1927; 22: 209. Effective number: Kish, Survey Sampling, 1965.
-- columns: courses, without_plan, not_yet_due, due, early, on_time, late, not_returned, early_share,
-- early_share_low, early_share_high, on_time_share, on_time_share_low, on_time_share_high, late_share,
-- late_share_low, late_share_high, not_returned_share, not_returned_share_low, not_returned_share_high
with
    patients as (
        select
            {{ group }},
            patient_no,
            count(*) as courses,
            count(*) filter (where outcome = 'without plan') as without_plan,
            count(*) filter (where outcome = 'not yet due') as not_yet_due,
            count(*) filter (where outcome not in ('without plan', 'not yet due')) as due,
            count(*) filter (where outcome = 'early') as early,
            count(*) filter (where outcome = 'on time') as on_time,
            count(*) filter (where outcome = 'late') as late,
            count(*) filter (where outcome = 'not returned') as not_returned
        from ({{ plan_outcomes }}) as outcomes
        group by {{ group }}, patient_no
    )
select
    {{ group }},
    cast(sum(courses) as bigint) as courses,
    cast(sum(without_plan) as bigint) as without_plan,
    cast(sum(not_yet_due) as bigint) as not_yet_due,
    cast(sum(due) as bigint) as due,
    cast(sum(early) as bigint) as early,
    cast(sum(on_time) as bigint) as on_time,
    cast(sum(late) as bigint) as late,
    cast(sum(not_returned) as bigint) as not_returned,
    cast(count(*) filter (where due > 0) as bigint) as patients,
    cast(sum(due * due) as bigint) as due_squared,
    cast(sum(early * early) as bigint) as early_squared,
    cast(sum(early * due) as bigint) as early_due,
    cast(sum(on_time * on_time) as bigint) as on_time_squared,
    cast(sum(on_time * due) as bigint) as on_time_due,
    cast(sum(late * late) as bigint) as late_squared,
    cast(sum(late * due) as bigint) as late_due,
    cast(sum(not_returned * not_returned) as bigint) as not_returned_squared,
    cast(sum(not_returned * due) as bigint) as not_returned_due,
    true as is_clustered
from patients
group by {{ group }}
order by {{ group }}
