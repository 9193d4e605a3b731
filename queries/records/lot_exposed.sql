-- The patients of the cohort who were treated with a lot: whom to call when a lot is in doubt.
-- filters: they select treatment records, and effect, severity and serious the side effects that are named; a patient
-- without any of them was exposed as well.
-- evaluable: is_followed_up, at least one follow-up or side effect is linked to one of the records with the lot.
-- grain: product, lot and patient
-- columns: product, lot, patient_id, treatment_records, first_treated_on, last_treated_on, is_followed_up, side_effects
with
    records as (select * from cohort($filters) where lot <> ''),
    effects as (
        select product, lot, patient_no, string_agg(distinct effect, ', ' order by effect) as side_effects
        from cohort_side_effects($filters)
        where is_selected and lot <> ''
        group by product, lot, patient_no
    ),
    exposed as (
        select
            product,
            lot,
            patient_no,
            count(*) as treatment_records,
            min(treated_on) as first_treated_on,
            max(treated_on) as last_treated_on,
            min(session_no) as session_no,
            bool_or(is_evaluable) as is_followed_up
        from records
        group by product, lot, patient_no
    )
select
    nullif(product::varchar, '') as product,
    lot::varchar as lot,
    patient_id,
    treatment_records,
    first_treated_on,
    last_treated_on,
    is_followed_up,
    side_effects
from exposed
join (select session_no, patient_id from sessions) as people using (session_no)
left join effects using (product, lot, patient_no)
order by product, lot, first_treated_on, patient_id
