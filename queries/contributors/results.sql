-- The patients behind the counts of results.
-- Counted are recorded; occurred; otherwise, recorded and not occurred. The detail is the outcome. Of the patients
-- there are the first $most by number.
-- grain: group, counted and detail
with
    outcomes as (
        select
            {{ group }},
            patient_no,
            outcome,
            recorded,
            case when outcome = 'asymmetry_change' then recorded else value end as occurred
        from ({{ patient_outcomes }}) as patient_outcomes
    )
select
    {{ group }},
    unnest(['recorded', 'occurred', 'otherwise']) as counted,
    outcome as detail,
    unnest(
        [
            min(patient_no, $most) filter (where recorded > 0),
            min(patient_no, $most) filter (where occurred > 0),
            min(patient_no, $most) filter (where occurred < recorded)
        ]
    ) as patients,
    0 as at_least,
    cast(sum(recorded) as bigint) as units
from outcomes
group by {{ group }}, outcome
