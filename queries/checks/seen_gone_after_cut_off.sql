-- A side effect is seen gone on or before the data cut-off; a later day is not known yet.
-- action: empty
-- grain: one row per row that breaks the rule
select source_no, line, 'resolved_by' as column_name, resolved_by::varchar as value, 'later than ' || $cut_off as reason
from staged_side_effects
where resolved_by > $cut_off::date
