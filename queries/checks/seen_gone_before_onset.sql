-- A side effect is seen gone on or after its onset.
-- action: reject
-- grain: one row per row that breaks the rule
select
    source_no,
    line,
    'resolved_by' as column_name,
    resolved_by::varchar as value,
    'before the onset on ' || onset_on as reason
from staged_side_effects
where resolved_by < onset_on
