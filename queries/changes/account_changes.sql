-- What became of the rows that were read for each table: in the imports of the earlier snapshot, and in those since.
-- numerator: rows_rejected, the rows that were not loaded; beside them warnings, the values that look wrong or were
-- left empty.
-- denominator: rows_read, the rows of the files.
-- grain: table, and whether its files were read since
-- columns: table, is_since, rows_read, rows_rejected, rejected_share, warnings
with
    since as (
        select later.*
        from later.imports as later
        anti join
            earlier.imports as earlier
            on earlier.import_no = later.import_no
            and earlier.imported_at = later.imported_at
            and earlier.file = later.file
            and earlier."table" = later."table"
    ),
    files as (
        select "table", rows_read, rows_rejected, warnings, false as is_since
        from earlier.imports
        union all
        select "table", rows_read, rows_rejected, warnings, true as is_since
        from since
    )
select
    "table",
    is_since,
    cast(sum(rows_read) as bigint) as rows_read,
    cast(sum(rows_rejected) as bigint) as rows_rejected,
    sum(rows_rejected) / nullif(sum(rows_read), 0) as rejected_share,
    cast(sum(warnings) as bigint) as warnings
from files
where "table" is not null
group by "table", is_since
order by "table", is_since
