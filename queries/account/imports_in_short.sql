-- Every import with what became of its rows, all files together.
-- grain: import
select
    import_no,
    max(imported_at) as imported_at,
    count(distinct file) as files,
    cast(sum(rows_read) as bigint) as rows_read,
    cast(sum(rows_loaded) as bigint) as rows_loaded,
    cast(sum(case when "table" = 'treatments' then rows_loaded else 0 end) as bigint) as treatments,
    cast(sum(case when "table" = 'follow_ups' then rows_loaded else 0 end) as bigint) as follow_ups,
    cast(sum(case when "table" = 'side_effects' then rows_loaded else 0 end) as bigint) as side_effects,
    cast(sum(case when "table" = 'patients' then rows_loaded else 0 end) as bigint) as patients,
    cast(sum(rows_duplicate) as bigint) as rows_duplicate,
    cast(sum(rows_skipped) as bigint) as rows_skipped,
    cast(sum(rows_rejected) as bigint) as rows_rejected,
    cast(sum(rows_replaced) as bigint) as rows_replaced,
    cast(sum(warnings) as bigint) as warnings
from imports
group by import_no
order by import_no desc
