-- The records of one table that differ between two snapshots; a record is the same where its number is.
-- added: in the later snapshot only.
-- late: added, though its day lies before the data cut-off of the earlier snapshot.
-- edited: in both snapshots, with another value in at least one column of the contract.
-- removed: in the earlier snapshot only. A row without a number of its own is numbered by file and line, so that it
-- counts as removed and added where it comes from another file.
-- grain: record that differs
-- columns: record_id, change
with
    cut_off as (select as_of from earlier.snapshot),
    matched as (
        select
            coalesce(later.{{ id }}, earlier.{{ id }}) as record_id,
            case
                when earlier.{{ id }} is null
                then case when {{ is_late }} then 'late' else 'added' end
                when later.{{ id }} is null
                then 'removed'
                when {{ is_edited }}
                then 'edited'
            end as change
        from earlier.{{ table }} as earlier
        full join later.{{ table }} as later on earlier.{{ id }} = later.{{ id }}
        cross join cut_off
    )
select record_id, change
from matched
where change is not null
