-- A session is one patient on one day, however many areas were treated.
-- grain: patient_id, treated_on
select session_no, patient_no, patient_id, treated_on
from treatments
qualify session_no is distinct from lag(session_no) over (order by treatment_no)
order by session_no
