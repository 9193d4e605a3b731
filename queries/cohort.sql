-- The treatment records that the filters leave.
-- filters: one struct; a field that is null does not restrict; a list keeps the values it holds, '' being "not
-- recorded"; both ends of the period and of the dose range are included.
-- grain: treatment record
select
    treatment_no,
    patient_no,
    session_no,
    treated_on,
    days_observed,
    is_evaluable,
    treatment_type,
    product,
    lot,
    area,
    side,
    technique,
    practitioner,
    clinic,
    indication,
    dose_band,
    aftercare,
    age_band,
    sex,
    skin_type,
    smoker,
    month,
    quarter,
    year,
    'total'::enum('total') as total,
    course_no,
    series_no,
    position,
    interval_days,
    is_returned,
    plan_outcome
from treatment_records
where
    (filters['treated_from'] is null or treated_on >= filters['treated_from'])
    and (filters['treated_to'] is null or treated_on <= filters['treated_to'])
    and (filters['dose_from'] is null or dose >= filters['dose_from'])
    and (filters['dose_to'] is null or dose <= filters['dose_to'])
    and (filters['treatment_type'] is null or list_contains(filters['treatment_type'], treatment_type))
    and (filters['product'] is null or list_contains(filters['product'], product))
    and (filters['lot'] is null or list_contains(filters['lot'], lot))
    and (filters['area'] is null or list_contains(filters['area'], area))
    and (filters['side'] is null or list_contains(filters['side'], side))
    and (filters['technique'] is null or list_contains(filters['technique'], technique))
    and (filters['practitioner'] is null or list_contains(filters['practitioner'], practitioner))
    and (filters['clinic'] is null or list_contains(filters['clinic'], clinic))
    and (filters['indication'] is null or list_contains(filters['indication'], indication))
    and (filters['dose_band'] is null or list_contains(filters['dose_band'], dose_band))
    and (filters['aftercare'] is null or list_contains(filters['aftercare'], aftercare))
    and (filters['age_band'] is null or list_contains(filters['age_band'], age_band))
    and (filters['sex'] is null or list_contains(filters['sex'], sex))
    and (filters['skin_type'] is null or list_contains(filters['skin_type'], skin_type))
    and (filters['smoker'] is null or list_contains(filters['smoker'], smoker))
