-- Few exports hold side effects from before 1990; such a day is kept.
-- action: warn
-- grain: one row per side effect that breaks the rule
select
    source_no,
    line,
    'onset_on' as column_name,
    onset_on::varchar as value,
    'before 1990: kept, but is it right?' as reason
from staged_side_effects
where source_no > 0 and onset_on < date '1990-01-01'
