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
    ),
    patients as (
        select
            {{ group }},
            outcome,
            min(distinct patient_no, $most) filter (where recorded > 0) as recorded,
            min(distinct patient_no, $most) filter (where occurred > 0) as occurred,
            min(distinct patient_no, $most) filter (where occurred < recorded) as otherwise,
            cast(sum(recorded) as bigint) as units
        from outcomes
        group by {{ group }}, outcome
    )
select
    {{ group }},
    outcome as detail,
    0 as at_least,
    units,
    unnest(
        [
            {'counted':'recorded', 'patients':recorded},
            {'counted':'occurred', 'patients':occurred},
            {'counted':'otherwise', 'patients':otherwise}
        ],
        max_depth := 2
    )
from patients
