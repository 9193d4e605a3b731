-- The Global Aesthetic Improvement Scale runs from 1 to 5.
-- action: empty
-- column: gais
-- grain: one row per follow-up that breaks the rule
select
    source_no,
    line,
    'gais' as column_name,
    gais::varchar as value,
    case when gais < $low then 'below ' || $low else 'above ' || $high end as reason
from staged_follow_ups
where gais < $low or gais > $high
