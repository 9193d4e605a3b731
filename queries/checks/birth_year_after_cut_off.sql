-- Nobody is born after the year of the data cut-off.
-- action: empty
-- grain: one row per person who breaks the rule
select source_no, line, 'birth_year' as column_name, birth_year::varchar as value, 'later than ' || $cut_off as reason
from staged_patients
where birth_year > year($cut_off::date)
