-- How often patients were given another product than at their session before of the same treatment type.
-- grain: product before and product after
with
    given as (
        select
            patient_no,
            treatment_type,
            treated_on,
            product,
            lag(product) over (partition by patient_no, treatment_type order by treated_on, treatment_no) as before,
        from treatment_records
        where product <> ''
    )
select before, product as after, count(*) as changes, count(distinct patient_no) as patients
from given
where before <> product
group by before, product
order by changes desc, before, after
