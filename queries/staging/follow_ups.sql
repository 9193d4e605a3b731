-- The rows of the follow_ups exports, typed.
-- unread: whether a value of the row is there and cannot be read, or is none that the contract allows; it is empty.
-- grain: one row per row of an export file (source_no, line); line is the one that the row begins on.
with
    typed as (
        select
            source_no,
            line,
            coalesce(follow_up_id, made_id) as follow_up_id,
            treatment_id,
            patient_id,
            date_of(followed_up_on) as followed_up_on,
            number_of(satisfaction, decimal_mark('satisfaction', source_no)) as satisfaction,
            number_of(gais, decimal_mark('gais', source_no)) as gais,
            number_of(asymmetry, decimal_mark('asymmetry', source_no)) as asymmetry,
            boolean_of(goal_met) as goal_met,
            boolean_of(overcorrected) as overcorrected,
            boolean_of(adjusted) as adjusted,
            boolean_of(aftercare_followed) as aftercare_followed,
            followed_up_on as followed_up_on_text,
            satisfaction as satisfaction_text,
            gais as gais_text,
            asymmetry as asymmetry_text,
            goal_met as goal_met_text,
            overcorrected as overcorrected_text,
            adjusted as adjusted_text,
            aftercare_followed as aftercare_followed_text
        from text_follow_ups
    )
select
    source_no,
    line,
    follow_up_id,
    treatment_id,
    patient_id,
    followed_up_on,
    whole(satisfaction) as satisfaction,
    whole(gais) as gais,
    finite(asymmetry) as asymmetry,
    goal_met,
    overcorrected,
    adjusted,
    aftercare_followed,
    (followed_up_on is null and followed_up_on_text is not null)
    or (whole(satisfaction) is null and satisfaction_text is not null)
    or (whole(gais) is null and gais_text is not null)
    or (finite(asymmetry) is null and asymmetry_text is not null)
    or (goal_met is null and goal_met_text is not null)
    or (overcorrected is null and overcorrected_text is not null)
    or (adjusted is null and adjusted_text is not null)
    or (aftercare_followed is null and aftercare_followed_text is not null) as is_unread
from typed
