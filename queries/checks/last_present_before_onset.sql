-- A side effect is last seen present on or after its onset.
-- action: reject
-- grain: one row per row that breaks the rule
select
    source_no,
    line,
    'last_present_on' as column_name,
    last_present_on::varchar as value,
    'before the onset on ' || onset_on as reason
from staged_side_effects
where last_present_on < onset_on
