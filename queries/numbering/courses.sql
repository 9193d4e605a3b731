-- Courses are numbered by patient, treatment type and session; those of a patient and type are a series.
-- grain: course; row_no is the row of the staged table.
select
    rowid as row_no,
    (row_number() over (order by patient_no, treatment_type, session_no) - 1)::integer as course_no,
    (dense_rank() over (order by patient_no, treatment_type) - 1)::integer as series_no
from staged_courses
