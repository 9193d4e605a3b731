-- A side effect is seen gone on or after the day on which it resolved.
-- action: reject
-- grain: one row per row that breaks the rule
select
    source_no,
    line,
    'resolved_by' as column_name,
    resolved_by::varchar as value,
    'seen gone before it resolved on ' || resolved_on as reason
from staged_side_effects
where resolved_by < resolved_on
