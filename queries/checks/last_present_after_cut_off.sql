-- A side effect is last seen present on or before the data cut-off; a later day is not known yet.
-- action: empty
-- grain: one row per row that breaks the rule
select
    source_no,
    line,
    'last_present_on' as column_name,
    last_present_on::varchar as value,
    'later than ' || $cut_off as reason
from staged_side_effects
where last_present_on > $cut_off::date
