-- How many areas were treated each month, and in how many patients, by treatment type.
-- grain: month and treatment type
select month, treatment_type, count(*) as treatment_records, count(distinct patient_no) as patients
from treatment_records
group by month, treatment_type
order by month, treatment_type
