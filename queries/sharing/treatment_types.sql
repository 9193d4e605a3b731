-- The treatment types of several sources; of one that several catalogues have, what the latest snapshot says.
-- grain: treatment type
with
    types as (
        select *, row_number() over (partition by code order by created_at desc, place, label) as age from catalogues
    )
select
    code,
    label,
    category,
    is_maintained,
    touch_up_window_days,
    expected_interval_low_days,
    expected_interval_high_days,
    colour
from types
where age = 1
order by place, code
