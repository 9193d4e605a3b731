-- The rows that an import could not take, verbatim, with the line and the reason; filters do not cut them.
-- grain: rejected row
select import_no, file, line, "table", "column", value, reason, raw from rejects order by import_no, file, line
