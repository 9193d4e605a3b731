-- Asymmetry is scored from 0 to 10.
-- action: empty
-- column: asymmetry
-- grain: one row per follow-up that breaks the rule
select
    source_no,
    line,
    'asymmetry' as column_name,
    format('{:.15g}', asymmetry) as value,
    case when asymmetry < $low then 'below ' || $low else 'above ' || $high end as reason
from staged_follow_ups
where asymmetry < $low or asymmetry > $high
