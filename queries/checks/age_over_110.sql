-- Few people are treated at more than 110 years of age; such a year of birth is kept.
-- action: warn
-- grain: one row per person that breaks the rule
with
    old as (
        select source_no, line, patient_id, birth_year
        from staged_patients
        where source_no > 0 and birth_year < (select year(max(treated_on)) from treatments) - 110
    )
select
    source_no,
    line,
    'birth_year' as column_name,
    birth_year::varchar as value,
    (year(max(treated_on)) - birth_year) || ' years old at a treatment: kept, but is it right?' as reason
from old
join treatments using (patient_id)
where year(treated_on) - birth_year > 110
group by source_no, line, birth_year
