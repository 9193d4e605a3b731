-- Few exports hold follow-ups from before 1990; such a day is kept.
-- action: warn
-- grain: one row per follow-up that breaks the rule
select
    source_no,
    line,
    'followed_up_on' as column_name,
    followed_up_on::varchar as value,
    'before 1990: kept, but is it right?' as reason
from staged_follow_ups
where source_no > 0 and followed_up_on < date '1990-01-01'
