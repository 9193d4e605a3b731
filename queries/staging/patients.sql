-- The rows of the patients exports, typed.
-- unread: whether a value of the row is there and cannot be read, or is none that the contract allows; it is empty.
-- grain: one row per row of an export file (source_no, line); line is the one that the row begins on.
with
    typed as (
        select
            source_no,
            line,
            patient_id,
            number_of(birth_year, decimal_mark('birth_year', source_no)) as birth_year,
            sex_of(sex) as sex,
            skin_type_of(skin_type) as skin_type,
            boolean_of(smoker) as smoker,
            sun_exposure_of(sun_exposure) as sun_exposure,
            birth_year as birth_year_text,
            sex as sex_text,
            skin_type as skin_type_text,
            smoker as smoker_text,
            sun_exposure as sun_exposure_text
        from text_patients
    )
select
    source_no,
    line,
    patient_id,
    whole(birth_year) as birth_year,
    sex,
    skin_type,
    smoker,
    sun_exposure,
    (whole(birth_year) is null and birth_year_text is not null)
    or (sex is null and sex_text is not null)
    or (skin_type is null and skin_type_text is not null)
    or (smoker is null and smoker_text is not null)
    or (sun_exposure is null and sun_exposure_text is not null) as is_unread
from typed
