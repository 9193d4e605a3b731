-- What was edited in the records of one table that two snapshots share: every value that differs, as it was and as it
-- is.
-- edited: in both snapshots, with another value in this column.
-- grain: record and column
-- columns: record_id, column, earlier, later
with
    edited as (select record_id from compared_{{ table }} where change = 'edited'),
    earlier_texts as (
        select {{ id }} as record_id, {{ texts }}
        from earlier.{{ table }}
        where {{ id }} in (select record_id from edited)
    ),
    later_texts as (
        select {{ id }} as record_id, {{ texts }}
        from later.{{ table }}
        where {{ id }} in (select record_id from edited)
    ),
    earlier_values as (
        select record_id, "column", earlier
        from earlier_texts unpivot include nulls(earlier for "column" in ({{ columns }}))
    ),
    later_values as (
        select record_id, "column", later from later_texts unpivot include nulls(later for "column" in ({{ columns }}))
    )
select record_id, "column", earlier, later
from earlier_values
join later_values using (record_id, "column")
where earlier is distinct from later
order by record_id, "column"
