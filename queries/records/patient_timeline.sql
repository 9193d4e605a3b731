-- Everything that is recorded of one patient, in the order in which it began; filters do not cut it.
-- event: a session (for each of its treatment types), a side effect, or a follow-up. treated_on is the day of the
-- session that it belongs to.
-- visit: whether a session starts a course of a maintained type or is a touch-up; empty for other types.
-- details: the areas of a session, with side and dose; the area of a side effect; those that a follow-up is about.
-- plan: planned_on is the day on which the records of a session plan the next one of its type.
-- seen gone: present_until is the last day on which a side effect was known to be there, gone_by the first on
-- which it was known to be gone.
-- censored: where there is no gone_by; present_until is then the last contact, and the ending is not seen to
-- resolve. It is resolved where the two are one day.
-- asymmetry: of a session, the mean of what its records say of the time before; of a follow-up, as it was found.
-- grain: session and treatment type, side effect, follow-up
-- columns: patient_id, event, began_on, treated_on, treatment_type, visit, details, products, practitioners,
-- planned_on, effect, severity, serious, action, present_until, gone_by, ending, asymmetry, satisfaction, gais,
-- goal_met, overcorrected, adjusted, aftercare_followed
with
    own_records as (select * from treatments where patient_id = $patient_id),
    treated_types as (
        select
            session_no,
            treated_on,
            treatment_type,
            string_agg(
                nullif(
                    concat_ws(
                        ' ', area, '(' || side || ')', regexp_replace(cast(dose as varchar), '[.]0$', ''), dose_unit
                    ),
                    ''
                ),
                '; '
                order by treatment_no
            ) as details,
            string_agg(distinct product, '; ' order by product) as products,
            string_agg(distinct practitioner, '; ' order by practitioner) as practitioners,
            treated_on + min(planned_interval_days) as planned_on,
            avg(baseline_asymmetry) as asymmetry
        from own_records
        group by session_no, treated_on, treatment_type
    ),
    session_events as (
        select
            1 as kind,
            'session' as event,
            cast(row_number() over (order by session_no, treatment_type) as bigint) as number,
            treated_on as began_on,
            treated_on,
            treatment_type,
            case when course_no is not null then 'course' when is_maintained then 'touch-up' end as visit,
            details,
            products,
            practitioners,
            planned_on,
            cast(null as varchar) as effect,
            cast(null as varchar) as severity,
            cast(null as boolean) as serious,
            cast(null as varchar) as action,
            cast(null as date) as present_until,
            cast(null as date) as gone_by,
            cast(null as varchar) as ending,
            asymmetry,
            cast(null as integer) as satisfaction,
            cast(null as integer) as gais,
            cast(null as boolean) as goal_met,
            cast(null as boolean) as overcorrected,
            cast(null as boolean) as adjusted,
            cast(null as boolean) as aftercare_followed
        from treated_types
        join treatment_types on code = treatment_type
        left join courses using (session_no, treatment_type)
    ),
    side_effect_events as (
        select
            2 as kind,
            'side effect' as event,
            side_effect_no as number,
            onset_on as began_on,
            treated_on,
            treatment_type,
            coalesce(side_effects.area, own_records.area) as details,
            side_effects.effect,
            side_effects.severity,
            side_effects.serious,
            action,
            onset_on + left_day as present_until,
            onset_on + right_day as gone_by,
            case
                when right_day is null
                then 'not seen to resolve'
                when left_day = right_day
                then 'resolved'
                else 'seen gone'
            end as ending
        from side_effect_observations
        join own_records using (treatment_no)
        join side_effects using (side_effect_no)
    ),
    followed_up_records as (
        select
            follow_up_no,
            treated_on,
            case when count(distinct treatment_type) = 1 then any_value(treatment_type) end as treatment_type,
            string_agg(distinct area, '; ' order by area) as details
        from follow_up_links
        join own_records using (treatment_no)
        group by follow_up_no, treated_on
    ),
    follow_up_events as (
        select
            3 as kind,
            'follow-up' as event,
            follow_up_no as number,
            followed_up_on as began_on,
            treated_on,
            treatment_type,
            details,
            asymmetry,
            satisfaction,
            gais,
            goal_met,
            overcorrected,
            adjusted,
            aftercare_followed
        from followed_up_records
        join follow_ups using (follow_up_no)
    ),
    events as (
        select *
        from session_events
        union all by name
        select *
        from side_effect_events
        union all by name
        select *
        from follow_up_events
    )
select
    $patient_id as patient_id,
    event,
    began_on,
    treated_on,
    treatment_type,
    visit,
    details,
    products,
    practitioners,
    planned_on,
    effect,
    severity,
    serious,
    action,
    present_until,
    gone_by,
    ending,
    asymmetry,
    satisfaction,
    gais,
    goal_met,
    overcorrected,
    adjusted,
    aftercare_followed
from events
order by began_on, kind, number
