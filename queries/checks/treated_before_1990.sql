-- Few exports hold treatments from before 1990; such a day is kept.
-- action: warn
-- grain: one row per treatment record that breaks the rule
select
    source_no,
    line,
    'treated_on' as column_name,
    treated_on::varchar as value,
    'before 1990: kept, but is it right?' as reason
from staged_treatments
where source_no > 0 and treated_on < date '1990-01-01'
