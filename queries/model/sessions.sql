-- A session is one patient on one day, however many areas were treated.
-- grain: patient_id, treated_on
select session_no, patient_no, patient_id, treated_on
from treatments
where treatment_no in (select min(treatment_no) from treatments group by session_no)
order by session_no
