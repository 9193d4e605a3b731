-- A treatment lies on or before the data cut-off.
-- action: reject
-- grain: one row per row that breaks the rule
select source_no, line, 'treated_on' as column_name, treated_on::varchar as value, 'later than ' || $cut_off as reason
from staged_treatments
where source_no > 0 and treated_on > $cut_off::date
