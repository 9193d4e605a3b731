-- How many rows of each file were rejected, by the rule that says so, the most frequent first.
-- grain: import, file, table, column and rule (what varies in its words stands as an ellipsis)
with
    ruled as (
        select
            import_no,
            file,
            "table",
            "column",
            line,
            value,
            regexp_replace(reason, '''[^'']*''|[0-9]{4}-[0-9]{2}-[0-9]{2}', '…', 'g') as rule
        from rejects
    )
select
    import_no,
    file,
    "table",
    "column",
    rule,
    count(*) as rejected,
    min(line) as first_line,
    array_to_string(
        list_slice(list_sort(list(distinct value) filter (where value is not null)), 1, 3), ', '
    ) as examples
from ruled
group by import_no, file, "table", "column", rule
order by import_no desc, file, rejected desc, "table", "column", rule
