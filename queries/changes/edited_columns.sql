-- In which columns the records of one table were edited, with the first record as an example.
-- numerator: edited, the records with another value in this column; filled, those of them that had none; emptied,
-- those that have none any more.
-- edited: in both snapshots, with another value in this column.
-- grain: column
-- columns: column, edited, filled, emptied, example_id, example_earlier, example_later
select
    "column",
    count(*) as edited,
    count(*) filter (where earlier is null) as filled,
    count(*) filter (where later is null) as emptied,
    min(record_id) as example_id,
    arg_min_null(earlier, record_id) as example_earlier,
    arg_min_null(later, record_id) as example_later
from ({{ edits }}) as edits
group by "column"
order by edited desc, "column"
