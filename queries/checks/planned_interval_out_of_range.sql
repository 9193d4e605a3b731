-- A planned interval is at least a day and at most a hundred years.
-- action: empty
-- column: planned_interval_days
-- grain: one row per treatment record that breaks the rule
select
    source_no,
    line,
    'planned_interval_days' as column_name,
    planned_interval_days::varchar as value,
    case when planned_interval_days < $low then 'below ' || $low else 'above ' || $high end as reason
from staged_treatments
where planned_interval_days < $low or planned_interval_days > $high
