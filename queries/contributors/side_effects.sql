-- The patients behind the counts of sessions treated, of those followed up, and of those affected.
-- Counted are treated; evaluable; unseen, not evaluable; affected; unaffected, evaluable and not affected. The detail
-- of the last two is the effect, any being at least one; that of unseen is unseen. Of the patients there are the first
-- $most by number, and where they are not listed at_least says how many there are, which is never less than $most.
-- grain: group, counted and detail
with
    sessions as (
        select {{ group }}, patient_no, session_no, bool_or(is_evaluable) as is_evaluable
        from cohort($filters)
        group by {{ group }}, patient_no, session_no
    ),
    groups as (
        select
            {{ group }},
            min(distinct patient_no, $most) as treated,
            min(distinct patient_no, $most) filter (where is_evaluable) as evaluable,
            min(distinct patient_no, $most) filter (where not is_evaluable) as unseen,
            count(*) as treated_sessions,
            count(*) filter (where is_evaluable) as evaluable_sessions,
            count(*) filter (where not is_evaluable) as unseen_sessions,
            count(distinct patient_no) filter (where is_evaluable) as evaluable_patients
        from sessions
        group by {{ group }}
    ),
    affected_sessions as (
        select {{ group }}, effect, patient_no, session_no
        from cohort_side_effects($filters)
        where is_selected
        group by {{ group }}, effect, patient_no, session_no
        union all
        select {{ group }}, 'any' as effect, patient_no, session_no
        from cohort_side_effects($filters)
        where is_selected
        group by {{ group }}, patient_no, session_no
    ),
    affected as (
        select
            {{ group }},
            effect,
            min(distinct patient_no, $most) as patients,
            count(distinct patient_no) as affected_patients,
            count(*) as affected_sessions
        from affected_sessions
        group by {{ group }}, effect
    ),
    effects as (select distinct effect from affected),
    unaffected as (
        select
            {{ group }},
            effect,
            evaluable_patients - coalesce(affected_patients, 0) as at_least,
            evaluable_sessions - coalesce(affected_sessions, 0) as unaffected_sessions
        from groups
        cross join effects
        left join affected using ({{ group }}, effect)
    ),
    few_unaffected as (
        select {{ group }}, effect, min(distinct patient_no, $most) as patients
        from (select {{ group }}, effect from unaffected where at_least < $most and unaffected_sessions > 0) as few
        join sessions using ({{ group }})
        left join
            (select {{ group }}, effect, session_no, true as is_affected from affected_sessions) as affected using (
                {{ group }}, effect, session_no
            )
        where is_evaluable and is_affected is null
        group by {{ group }}, effect
    )
select
    {{ group }},
    0 as at_least,
    unnest(
        [
            {'counted':'treated', 'detail':'', 'patients':treated, 'units':treated_sessions},
            {'counted':'evaluable', 'detail':'', 'patients':evaluable, 'units':evaluable_sessions},
            {'counted':'unseen', 'detail':'unseen', 'patients':unseen, 'units':unseen_sessions}
        ],
        max_depth := 2
    )
from groups
union all
select {{ group }}, 0 as at_least, 'affected' as counted, effect as detail, patients, affected_sessions as units
from affected
union all
select
    {{ group }},
    case when at_least < $most then 0 else at_least end as at_least,
    'unaffected' as counted,
    effect as detail,
    patients,
    unaffected_sessions as units
from unaffected
left join few_unaffected using ({{ group }}, effect)
