-- A dose is not negative.
-- action: empty
-- column: dose
-- grain: one row per treatment record that breaks the rule
select source_no, line, 'dose' as column_name, format('{:.15g}', dose) as value, 'below ' || $low as reason
from staged_treatments
where dose < $low
