-- Side effects are numbered by day and id.
-- grain: side effect; row_no is the row of the staged table.
select row_no, (row_number() over () - 1)::integer as side_effect_no
from (select rowid as row_no from staged_side_effects order by onset_on, side_effect_id)
