-- A side effect resolves on or before the data cut-off; a later day is not known yet.
-- action: empty
-- grain: one row per row that breaks the rule
select source_no, line, 'resolved_on' as column_name, resolved_on::varchar as value, 'later than ' || $cut_off as reason
from staged_side_effects
where resolved_on > $cut_off::date
