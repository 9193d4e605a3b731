-- The rows of the patients exports, typed; a value that cannot be read is empty, and its text stands beside it.
-- grain: one row per row of an export file (source_no, line); line is the one that the row begins on.
select
    source_no,
    line,
    patient_id,
    integer_of(birth_year, decimal_mark('birth_year', source_no)) as birth_year,
    lower(sex) as sex,
    upper(skin_type) as skin_type,
    boolean_of(smoker) as smoker,
    lower(sun_exposure) as sun_exposure,
    birth_year as birth_year_text,
    sex as sex_text,
    skin_type as skin_type_text,
    smoker as smoker_text,
    sun_exposure as sun_exposure_text
from text_patients
