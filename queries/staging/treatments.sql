-- The rows of the treatments exports, typed.
-- unread: whether a value of the row is there and cannot be read, or is none that the contract allows; it is empty.
-- grain: one row per row of an export file (source_no, line); line is the one that the row begins on.
with
    written as (select *, dose_number(dose) as dose_number, dose_word(dose) as dose_word from text_treatments),
    typed as (
        select
            source_no,
            line,
            treatment_id,
            patient_id,
            date_of(treated_on) as treated_on,
            coalesce(code, treatment_type) as treatment_type,
            product,
            lot,
            area,
            side_of(side) as side,
            dose_of(dose_number, dose_word, dose_unit, decimal_mark('dose', source_no)) as dose,
            dose_unit,
            dose_word,
            technique,
            practitioner,
            clinic,
            indication,
            number_of(baseline_asymmetry, decimal_mark('baseline_asymmetry', source_no)) as baseline_asymmetry,
            number_of(planned_interval_days, decimal_mark('planned_interval_days', source_no)) as planned_interval_days,
            treated_on as treated_on_text,
            side as side_text,
            dose as dose_text,
            baseline_asymmetry as baseline_asymmetry_text,
            planned_interval_days as planned_interval_days_text
        from written
        left join treatment_types on lower(code) = lower(treatment_type)
    )
select
    source_no,
    line,
    treatment_id,
    patient_id,
    treated_on,
    treatment_type,
    product,
    lot,
    area,
    side,
    finite(dose) as dose,
    case when dose_unit is not null or finite(dose) is null then dose_unit else unit_of(dose_word) end as dose_unit,
    technique,
    practitioner,
    clinic,
    indication,
    finite(baseline_asymmetry) as baseline_asymmetry,
    whole(planned_interval_days) as planned_interval_days,
    (treated_on is null and treated_on_text is not null)
    or (side is null and side_text is not null)
    or (finite(dose) is null and dose_text is not null)
    or (finite(baseline_asymmetry) is null and baseline_asymmetry_text is not null)
    or (whole(planned_interval_days) is null and planned_interval_days_text is not null) as is_unread
from typed
