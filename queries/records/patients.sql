-- The people with a treatment record in the cohort; only those of whom the export says something.
-- grain: patient
select patient_id, birth_year, sex, skin_type, smoker, sun_exposure
from patients
where patient_id in (select patient_id from sessions join cohort($filters) as cohort using (session_no))
order by patient_id
