-- Satisfaction is scored from 1 to 5.
-- action: empty
-- column: satisfaction
-- grain: one row per follow-up that breaks the rule
select
    source_no,
    line,
    'satisfaction' as column_name,
    satisfaction::varchar as value,
    case when satisfaction < $low then 'below ' || $low else 'above ' || $high end as reason
from staged_follow_ups
where satisfaction < $low or satisfaction > $high
