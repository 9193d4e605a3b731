-- What looked wrong in rows that were loaded all the same, with the line and the reason; filters do not cut it.
-- grain: warning
select import_no, file, line, "table", "column", value, reason
from import_warnings
order by import_no, file, line, "column"
