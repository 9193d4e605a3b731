-- The patients behind the counts of courses, of those with a next one, and of the others.
-- Counted are courses; completed and open, whose detail is ends. Of the patients there are the first $most by number.
-- grain: group and counted
with
    patients as (
        select
            {{ group }},
            min(distinct patient_no, $most) as everybody,
            min(distinct patient_no, $most) filter (where is_returned) as completed,
            min(distinct patient_no, $most) filter (where not is_returned) as open,
            count(distinct course_no) as units
        from ({{ maintenance_intervals }}) as intervals
        group by {{ group }}
    )
select
    {{ group }},
    0 as at_least,
    unnest(
        [
            {'counted':'courses', 'detail':'', 'patients':everybody, 'units':units},
            {'counted':'completed', 'detail':'ends', 'patients':completed, 'units':0},
            {'counted':'open', 'detail':'ends', 'patients':open, 'units':0}
        ],
        max_depth := 2
    )
from patients
