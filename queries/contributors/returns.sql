-- The patients behind the counts of courses, of those with a next one, and of the others.
-- Counted are courses; completed and open, whose detail is ends. Of the patients there are the first $most by number.
-- grain: group and counted
select
    {{ group }},
    unnest(['courses', 'completed', 'open']) as counted,
    unnest(['', 'ends', 'ends']) as detail,
    unnest(
        [
            min(distinct patient_no, $most),
            min(distinct patient_no, $most) filter (where is_returned),
            min(distinct patient_no, $most) filter (where not is_returned)
        ]
    ) as patients,
    0 as at_least,
    unnest([count(*), 0, 0]) as units
from ({{ maintenance_intervals }}) as intervals
group by {{ group }}
