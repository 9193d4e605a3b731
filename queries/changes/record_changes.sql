-- How many records of one table were added, added late, edited or removed between two snapshots.
-- numerator: records, those of each kind of change; a record is the same where its number is.
-- late: added, though its day lies before the data cut-off of the earlier snapshot.
-- edited: in both snapshots, with another value in at least one column of the contract.
-- removed: in the earlier snapshot only. A row without a number of its own is numbered by file and line, so that it
-- counts as removed and added where it comes from another file.
-- grain: kind of change
-- columns: change, records
select change, count(*) as records from compared_{{ table }} group by change order by change
