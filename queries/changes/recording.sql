-- How many records of one table lack the value of a column: those of the earlier snapshot, those of the later one, and
-- those that were added since.
-- column: those that may be empty; of the ends of side effects, and of what links a contact, an empty one says nothing.
-- numerator: not recorded (earlier_missing, later_missing, added_missing), the records without a value.
-- denominator: records (earlier_records, later_records, added_records), all of them.
-- share: missing of records; empty where there is no record. shift is how far that of the later snapshot, or of the
-- added, lies from that of the earlier one, whichever is further.
-- grain: column
-- columns: column, earlier_records, earlier_missing, later_records, later_missing, added_records, added_missing,
-- earlier_share, later_share, added_share, shift
with
    earlier_rows as (select {{ recorded }} from earlier.{{ table }}),
    later_rows as (select {{ recorded }} from later.{{ table }}),
    added_rows as (
        select {{ recorded }}
        from later.{{ table }}
        where {{ id }} in (select record_id from compared_{{ table }} where change in ('added', 'late'))
    ),
    earlier_counts as (select count(columns(*)) from earlier_rows),
    later_counts as (select count(columns(*)) from later_rows),
    added_counts as (select count(columns(*)) from added_rows),
    earlier_known as (select "column", known from earlier_counts unpivot (known for "column" in ({{ recorded }}))),
    later_known as (select "column", known from later_counts unpivot (known for "column" in ({{ recorded }}))),
    added_known as (select "column", known from added_counts unpivot (known for "column" in ({{ recorded }}))),
    records as (
        select
            (select count(*) from earlier_rows) as earlier_records,
            (select count(*) from later_rows) as later_records,
            (select count(*) from added_rows) as added_records
    ),
    counted as (
        select
            "column",
            earlier_records,
            earlier_records - earlier_known.known as earlier_missing,
            later_records,
            later_records - later_known.known as later_missing,
            added_records,
            added_records - added_known.known as added_missing
        from records
        cross join earlier_known
        join later_known using ("column")
        join added_known using ("column")
    ),
    shared as (
        select
            *,
            earlier_missing / nullif(earlier_records, 0) as earlier_share,
            later_missing / nullif(later_records, 0) as later_share,
            added_missing / nullif(added_records, 0) as added_share
        from counted
    )
select
    "column",
    earlier_records,
    earlier_missing,
    later_records,
    later_missing,
    added_records,
    added_missing,
    earlier_share,
    later_share,
    added_share,
    greatest(abs(later_share - earlier_share), abs(added_share - earlier_share)) as shift
from shared
order by "column"
