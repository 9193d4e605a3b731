-- A side effect resolves on or after the day on which it was last seen present.
-- action: reject
-- grain: one row per row that breaks the rule
select
    source_no,
    line,
    'resolved_on' as column_name,
    resolved_on::varchar as value,
    'resolved before it was last present on ' || last_present_on as reason
from staged_side_effects
where resolved_on < last_present_on
