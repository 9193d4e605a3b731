-- A follow-up lies on or before the data cut-off.
-- action: reject
-- grain: one row per row that breaks the rule
select
    source_no,
    line,
    'followed_up_on' as column_name,
    followed_up_on::varchar as value,
    'later than ' || $cut_off as reason
from staged_follow_ups
where source_no > 0 and followed_up_on > $cut_off::date
