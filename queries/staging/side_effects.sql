-- The rows of the side_effects exports, typed.
-- unread: whether a value of the row is there and cannot be read, or is none that the contract allows; it is empty.
-- grain: one row per row of an export file (source_no, line); line is the one that the row begins on.
with
    typed as (
        select
            source_no,
            line,
            coalesce(side_effect_id, made_id) as side_effect_id,
            treatment_id,
            patient_id,
            effect,
            severity_of(severity) as severity,
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
    )
select
    source_no,
    line,
    side_effect_id,
    treatment_id,
    patient_id,
    effect,
    severity,
    onset_on,
    resolved_on,
    resolved_by,
    last_present_on,
    serious,
    action,
    area,
    (severity is null and severity_text is not null)
    or (onset_on is null and onset_on_text is not null)
    or (resolved_on is null and resolved_on_text is not null)
    or (resolved_by is null and resolved_by_text is not null)
    or (last_present_on is null and last_present_on_text is not null)
    or (serious is null and serious_text is not null) as is_unread
from typed
