-- The rows of the treatments exports, typed; a value that cannot be read is empty, and its text stands beside
-- it.
-- grain: one row per row of an export file (source_no, line); line is the one that the row begins on.
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
    lower(side) as side,
    decimal_of(dose) as dose,
    dose_unit,
    technique,
    practitioner,
    clinic,
    indication,
    decimal_of(baseline_asymmetry) as baseline_asymmetry,
    integer_of(planned_interval_days) as planned_interval_days,
    treated_on as treated_on_text,
    side as side_text,
    dose as dose_text,
    baseline_asymmetry as baseline_asymmetry_text,
    planned_interval_days as planned_interval_days_text
from text_treatments
left join treatment_types on lower(code) = lower(treatment_type)
