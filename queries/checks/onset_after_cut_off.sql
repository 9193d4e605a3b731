-- A side effect begins on or before the data cut-off.
-- action: reject
-- grain: one row per row that breaks the rule
select source_no, line, 'onset_on' as column_name, onset_on::varchar as value, 'later than ' || $cut_off as reason
from staged_side_effects
where source_no > 0 and onset_on > $cut_off::date
