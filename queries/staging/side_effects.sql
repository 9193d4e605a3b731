-- The rows of the side_effects exports, typed; a value that cannot be read is empty, and its text stands beside
-- it.
-- grain: one row per row of an export file (source_no, line); line is the one that the row begins on.
select
    source_no,
    line,
    coalesce(side_effect_id, made_id) as side_effect_id,
    treatment_id,
    patient_id,
    effect,
    lower(severity) as severity,
    date_of(onset_on) as onset_on,
    date_of(resolved_on) as resolved_on,
    date_of(resolved_by) as resolved_by,
    date_of(last_present_on) as last_present_on,
    boolean_of(serious) as serious,
    action,
    area,
    severity as severity_text,
    onset_on as onset_on_text,
    resolved_on as resolved_on_text,
    resolved_by as resolved_by_text,
    last_present_on as last_present_on_text,
    serious as serious_text
from text_side_effects
