-- Left against right, in the same patient on the same day: how much oftener a side effect follows on the left.
-- numerator: of the pairs, those with the side effect on both sides, on the left only, on the right only, on neither.
-- denominator: pairs, the left and the right of one patient, day, treatment type and area, both selected and followed
-- up
-- at least once. Where one side has several records, one with the side effect is enough.
-- comparison: difference is the share on the left less that on the right. p is the McNemar mid-p, for which every
-- patient counts once, as left or right by the side that had it in more of the pairs; it is empty under 20
-- pairs. Of several p-values some are small by chance: they are not adjusted here.
-- limits: Newcombe's for a paired difference (method 10), with the effective number of pairs, because pairs of one
-- patient are alike; where all pairs are of one patient, they count as if independent.
-- grain: group and effect; any is at least one side effect, whichever.
-- reference: Newcombe, Stat Med 1998; 17: 2635. Fagerland, Lydersen and Laake, BMC Med Res Methodol 2013; 13: 91.
-- columns: effect, pairs, patients, both, left_only, right_only, neither, difference, difference_low, difference_high,
-- patients_left, patients_right, p
with
    records as (
        select
            {{ record_group }},
            patient_no,
            session_no,
            treatment_type as pair_type,
            area as pair_area,
            side as pair_side
        from cohort($filters)
        where side in ('left', 'right') and is_evaluable
    ),
    pairs as (
        select {{ record_group }}, patient_no, session_no, pair_type, pair_area
        from records
        group by {{ record_group }}, patient_no, session_no, pair_type, pair_area
        having count(distinct pair_side) = 2
    ),
    patients as (
        select {{ record_group }}, patient_no, count(*) as pairs from pairs group by {{ record_group }}, patient_no
    ),
    groups as (select distinct {{ record_group }} from cohort($filters)),
    paired as (
        select {{ record_group }}, sum(pairs) as pairs, count(*) as patients, sum(pairs * pairs) as pairs_squared
        from patients
        group by {{ record_group }}
    ),
    side_effects as (
        select
            {{ record_group }},
            {{ severity }} as severity,
            effect,
            patient_no,
            session_no,
            treatment_type as pair_type,
            area as pair_area,
            side as pair_side,
            is_selected
        from cohort_side_effects($filters)
        where side in ('left', 'right')
    ),
    effects as (
        select distinct effect
        from side_effects
        union
        select 'any' as effect
    ),
    severities as (
        select distinct severity
        from side_effects
        union
        select 'any' as severity
    ),
    affected as (
        select
            {{ record_group }},
            severity,
            unnest([effect::varchar, 'any']) as effect,
            patient_no,
            session_no,
            pair_type,
            pair_area,
            pair_side
        from side_effects
        where is_selected
    ),
    affected_pairs as (
        select
            {{ record_group }},
            severity,
            effect,
            patient_no,
            session_no,
            pair_type,
            pair_area,
            bool_or(pair_side = 'left') as is_left,
            bool_or(pair_side = 'right') as is_right
        from affected
        join pairs using ({{ record_group }}, patient_no, session_no, pair_type, pair_area)
        group by {{ record_group }}, severity, effect, patient_no, session_no, pair_type, pair_area
    ),
    affected_patients as (
        select
            {{ record_group }},
            severity,
            effect,
            patient_no,
            count(*) filter (where is_left and is_right) as "both",
            count(*) filter (where is_left and not is_right) as left_only,
            count(*) filter (where is_right and not is_left) as right_only
        from affected_pairs
        group by {{ record_group }}, severity, effect, patient_no
    ),
    sums as (
        select
            {{ record_group }},
            severity,
            effect,
            sum("both") as "both",
            sum(left_only) as left_only,
            sum(right_only) as right_only,
            sum((left_only - right_only) * (left_only - right_only)) as difference_squared,
            sum((left_only - right_only) * pairs) as difference_pairs,
            count(*) filter (where left_only > right_only) as patients_left,
            count(*) filter (where right_only > left_only) as patients_right
        from affected_patients
        join patients using ({{ record_group }}, patient_no)
        group by {{ record_group }}, severity, effect
    )
select
    {{ record_group }},
    severity,
    effect,
    cast(coalesce(pairs, 0) as bigint) as pairs,
    coalesce(patients, 0) as patients,
    cast(coalesce("both", 0) as bigint) as "both",
    cast(coalesce(left_only, 0) as bigint) as left_only,
    cast(coalesce(right_only, 0) as bigint) as right_only,
    coalesce(patients_left, 0) as patients_left,
    coalesce(patients_right, 0) as patients_right,
    cast(coalesce(difference_squared, 0) as bigint) as difference_squared,
    cast(coalesce(difference_pairs, 0) as bigint) as difference_pairs,
    cast(coalesce(pairs_squared, 0) as bigint) as pairs_squared
from groups
cross join severities
cross join effects
left join paired using ({{ record_group }})
left join sums using ({{ record_group }}, severity, effect)
order by {{ record_group }}, severity, case when effect = 'any' then 0 else 1 end, effect
