-- A side effect resolves on or after its onset.
-- action: reject
-- grain: one row per row that breaks the rule
select
    source_no,
    line,
    'resolved_on' as column_name,
    resolved_on::varchar as value,
    'before the onset on ' || onset_on as reason
from staged_side_effects
where resolved_on < onset_on
