-- The asymmetry before a treatment is scored from 0 to 10.
-- action: empty
-- column: baseline_asymmetry
-- grain: one row per treatment record that breaks the rule
select
    source_no,
    line,
    'baseline_asymmetry' as column_name,
    format('{:.15g}', baseline_asymmetry) as value,
    case when baseline_asymmetry < $low then 'below ' || $low else 'above ' || $high end as reason
from staged_treatments
where baseline_asymmetry < $low or baseline_asymmetry > $high
