-- A session is one patient on one day, however many areas were treated.
-- grain: patient_id, treated_on
select
    (row_number() over (order by patient_id, treated_on) - 1)::integer as session_no,
    (dense_rank() over (order by patient_id) - 1)::integer as patient_no,
    patient_id,
    treated_on
from (select distinct patient_id, treated_on from treatments)
order by session_no
