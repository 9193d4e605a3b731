-- A line of totals is not taken for a person.
-- action: reject
-- grain: one row per row that breaks the rule
select source_no, line, 'patient_id' as column_name, patient_id as value, 'a totals line, no record' as reason
from staged_patients
where source_no > 0 and is_totals_word(patient_id)
