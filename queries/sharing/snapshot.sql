-- What is true of all records that several sources share.
-- as_of is the earliest of their data cut-offs: up to it the months of all are complete. What happened to a record is
-- known up to the cut-off of its own source.
-- grain: one row
select
    min(as_of) as as_of,
    max(created_at) as created_at,
    max(program_version) as program_version,
    max(format_version) as format_version,
    bool_or(is_synthetic) as is_synthetic,
    cast(null as varchar) as limited_to
from snapshots
