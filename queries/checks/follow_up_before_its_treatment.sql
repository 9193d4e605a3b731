-- A follow-up comes on or after the treatment that it belongs to.
-- action: reject
-- grain: one row per follow-up that breaks the rule
select
    source_no,
    line,
    'followed_up_on' as column_name,
    followed_up_on::varchar as value,
    'before its treatment on ' || treated_on as reason
from staged_follow_ups
join treatments using (treatment_id)
where followed_up_on < treated_on
