-- The rejected rows of one file of one import as they stood in it, each once, with all that is wrong with it.
-- grain: line
select line, string_agg(distinct reason, ' and ' order by reason) as reasons, any_value(raw) as raw
from rejects
where import_no = $import_no and file = $file and line is not null and raw is not null
group by line
order by line
