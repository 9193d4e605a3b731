-- Nobody is treated before the year of birth.
-- action: empty
-- grain: one row per person that breaks the rule
with
    young as (
        select source_no, line, patient_id, birth_year
        from staged_patients
        where birth_year > (select year(min(treated_on)) from treatments)
    )
select
    source_no,
    line,
    'birth_year' as column_name,
    birth_year::varchar as value,
    'treated before birth, on ' || min(treated_on) as reason
from young
join treatments using (patient_id)
where year(treated_on) < birth_year
group by source_no, line, birth_year
