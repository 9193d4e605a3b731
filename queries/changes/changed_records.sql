-- The records of one table that were added late, edited or removed between two snapshots.
-- late: added, though its day lies before the data cut-off of the earlier snapshot.
-- edited: in both snapshots, with another value in at least one column of the contract.
-- removed: in the earlier snapshot only; its patient and day are those it had.
-- grain: record
-- columns: record_id, change, patient_id, happened_on
with
    listed as (select record_id, change from compared_{{ table }} where change <> 'added'),
    told as (
        select record_id, change, {{ patient_id }} as patient_id, {{ day }} as happened_on
        from listed
        join later.{{ table }} as records on records.{{ id }} = record_id
        union all
        select record_id, change, {{ patient_id }} as patient_id, {{ day }} as happened_on
        from listed
        join earlier.{{ table }} as records on records.{{ id }} = record_id
        where change = 'removed'
    )
select record_id, change, patient_id, happened_on
from told
order by change, happened_on, record_id
