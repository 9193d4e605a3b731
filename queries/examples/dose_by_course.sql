-- The usual dose of neuromodulator at the first course, the second, and so on, by area.
-- grain: area and position of the course
select
    treatment_records.area,
    courses.position,
    count(*) as doses,
    median(treatments.dose) as median_dose,
    quantile_cont(treatments.dose, 0.25) as q1_dose,
    quantile_cont(treatments.dose, 0.75) as q3_dose
from treatment_records
join courses using (course_no)
join treatments using (treatment_no)
where courses.treatment_type = 'neuromodulator' and treatments.dose is not null
group by treatment_records.area, courses.position
order by treatment_records.area, courses.position
