-- A follow-up comes on or after the treatment that it belongs to.
-- action: reject
-- grain: one row per follow-up that breaks the rule
select
    source_no,
    line,
    'followed_up_on' as column_name,
    followed_up_on::varchar as value,
    'before its treatment on ' || its_treated_on as reason
from staged_follow_ups
where followed_up_on < its_treated_on
