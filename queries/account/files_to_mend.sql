-- The files whose rejected rows can be had as a file again, to be mended and read.
-- grain: import and file
select import_no, file, any_value(shape) as shape
from imports
where shape is not null and rows_rejected > 0
group by import_no, file
order by import_no desc, file
