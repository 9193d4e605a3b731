-- Follow-ups are numbered by day and id.
-- grain: follow-up; row_no is the row of the staged table.
select row_no, (row_number() over () - 1)::integer as follow_up_no
from (select rowid as row_no from staged_follow_ups order by followed_up_on, follow_up_id)
