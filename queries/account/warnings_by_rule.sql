-- How many values look wrong or were left empty, by the rule that says so, the most frequent first.
-- grain: table, column and rule (what varies in its words stands as an ellipsis)
with
    counted as (
        select
            "table",
            "column",
            file,
            line,
            value,
            coalesce(try_cast(regexp_extract(reason, '^([0-9]+) rows?: ', 1) as bigint), 1) as warnings,
            regexp_replace(
                regexp_replace(reason, '^[0-9]+ rows?: ', ''), '''[^'']*''|[0-9]{4}-[0-9]{2}-[0-9]{2}', '…', 'g'
            ) as rule
        from import_warnings
        where cast($import_no as integer) is null or import_no = $import_no
    )
select
    "table",
    "column",
    rule,
    cast(sum(warnings) as bigint) as warnings,
    arg_min(file, line) as file,
    min(line) as first_line,
    array_to_string(list_slice(list_sort(list(distinct value) filter (where line is not null)), 1, 3), ', ') as examples
from counted
group by "table", "column", rule
order by warnings desc, "table", "column", rule
