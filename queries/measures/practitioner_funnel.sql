-- Whose side-effect rate differs from that of all together by more than chance and the usual spread explain.
-- numerator: affected, the evaluable units with at least one such side effect.
-- denominator: evaluable, the treated units with at least one linked follow-up or side effect.
-- unit: session (one patient on one day), record (one treated area) or patient.
-- window: with an onset window, units whose window has not yet elapsed at the data cut-off are pending and not
-- counted.
-- comparison: the rate of the whole cohort, every unit once.
-- limits: exact binomial, 95 % and 99.8 % whatever level is asked for, widened by the variance between groups
-- (additive over-dispersion, 10 % winsorised, never narrower than without). That units of one patient are alike is
-- part of this variance. Of few groups, one that differs widens the limits by itself.
-- signal: above or below the 99.8 % limits, which is a reason to look at who is treated and how it is recorded, and
-- says neither good nor bad; and no follow-ups, where none of the treated is evaluable (told once, with any effect).
-- grain: group and effect; any is at least one side effect, whichever.
-- reference: Spiegelhalter, Stat Med 2005; 24: 1185.
-- columns: effect, treated, pending, evaluable, affected, rate, overall_rate, overdispersion, between_groups_sd,
-- funnel_95_low, funnel_95_high, funnel_998_low, funnel_998_high, signal, is_signal
with
    rates as ({{ affected_units }}),
    overall as (
        select severity, effect, affected as overall_affected, evaluable as overall_evaluable
        from ({{ affected_units by total }})
    )
select {{ record_group }}, severity, effect, treated, pending, evaluable, affected, overall_affected, overall_evaluable
from rates
join overall using (severity, effect)
order by {{ record_group }}, severity, case when effect = 'any' then 0 else 1 end, effect
