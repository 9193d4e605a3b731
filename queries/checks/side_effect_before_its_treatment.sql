-- A side effect begins on or after the treatment that it belongs to.
-- action: reject
-- grain: one row per side effect that breaks the rule
select
    source_no,
    line,
    'onset_on' as column_name,
    onset_on::varchar as value,
    'before its treatment on ' || its_treated_on as reason
from staged_side_effects
where onset_on < its_treated_on
