-- No side effect is called any: that is the name of "at least one side effect, whichever".
-- action: reject
-- grain: one row per row that breaks the rule
select
    source_no, line, 'effect' as column_name, effect as value, 'a name that is taken: say which side effect' as reason
from staged_side_effects
where lower(effect) = 'any'
