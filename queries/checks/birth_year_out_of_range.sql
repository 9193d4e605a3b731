-- Nobody is born before 1900, or later than can be; that nobody is born after the data cut-off is a rule of its own.
-- action: empty
-- column: birth_year
-- grain: one row per person that breaks the rule
select
    source_no,
    line,
    'birth_year' as column_name,
    birth_year::varchar as value,
    case when birth_year < $low then 'below ' || $low else 'above ' || $high end as reason
from staged_patients
where birth_year < $low or birth_year > $high
