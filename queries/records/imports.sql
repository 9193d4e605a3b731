-- What became of every row of every imported file; filters do not cut it.
-- grain: import, file and table
select
    import_no,
    imported_at,
    file,
    "table",
    rows_read,
    rows_loaded,
    rows_duplicate,
    rows_skipped,
    rows_rejected,
    rows_replaced,
    warnings,
    sha256
from imports
order by import_no, file, "table"
