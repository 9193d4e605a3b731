-- A dose of one treated area is rarely more than 1,500 U, 100 mL, 20 syringes or vials, 100 threads or 100 %, or
-- 1,500 of any other unit; more may be a slip of the keys, and is kept.
-- reference: 1,500 units is the most that the prescribing information of abobotulinumtoxinA allows in a session;
-- the other bounds are assumed.
-- action: warn
-- grain: one row per treatment record that breaks the rule
with
    high_doses as (select dose_unit, max(dose) as highest from staged_treatments where dose > 20 group by dose_unit),
    bounds as (
        select
            dose_unit,
            highest,
            case
                unit_of(dose_unit)
                when 'mL'
                then 100
                when 'syringe'
                then 20
                when 'vial'
                then 20
                when 'thread'
                then 100
                when '%'
                then 100
                else 1500
            end as bound
        from high_doses
    )
select
    source_no,
    line,
    'dose' as column_name,
    format('{:.15g}', dose) as value,
    'more than '
    || bound
    || coalesce(' ' || staged_treatments.dose_unit, '')
    || ' in one area: kept, but is it right?' as reason
from bounds
join staged_treatments on staged_treatments.dose_unit is not distinct from bounds.dose_unit
where highest > bound and dose > bound and source_no > 0
