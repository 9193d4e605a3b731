-- How the side-effect rate goes from month to month, and which months are further from the usual rate than chance
-- explains.
-- numerator: affected, the evaluable units treated in the month with at least one such side effect.
-- denominator: evaluable, the units treated in the month with at least one linked follow-up or side effect. A month
-- without any has no rate and is no point of the chart.
-- unit: session (one patient on one day), record (one treated area) or patient.
-- window: with an onset window, units whose window has not yet elapsed at the data cut-off are pending and not
-- counted.
-- centre: affected of evaluable over all complete months together, those with a signal too.
-- limits: p-chart, 3 sigma around the centre by the month's evaluable units, cut to 0 and 1. Where the months vary
-- more than chance has it (sigma_z, from the moving ranges, above 1) they are sigma_z times as wide (p', Laney). As
-- normal approximations they are crossed upward by chance more often than 1 in 700 where few a month are affected.
-- rare: fewer than 1 affected per month with evaluable units: no limits here, but days between events (chart t).
-- signal: above or below the limits; two of three in a row beyond 2 sigma on one side; eight in a row on one side; six
-- in a row rising or falling. None before 12 months, and none for a month that is not over, with the onset window of
-- its
-- last day, at the data cut-off: it is no part of centre and runs either. A signal is a reason to look, not a finding.
-- pending: the latest months change while their follow-ups come in; who calls with a side effect is evaluable first,
-- so their rates are too high at first, and less so with an onset window.
-- grain: group, effect and month; any is at least one side effect, whichever.
-- reference: Montgomery, Introduction to Statistical Quality Control, chapter 7. Laney, Qual Eng 2002; 14: 531.
-- Nelson, J Qual Technol 1984; 16: 237.
-- columns: effect, month, treated, pending, evaluable, affected, rate, centre, limit_low, limit_high, chart, sigma_z,
-- signal, is_signal, is_complete
with rates as ({{ affected_units with month }})
select
    {{ record_group }},
    severity,
    effect,
    month,
    treated,
    pending,
    evaluable,
    affected,
    month < strftime(as_of + 1 - coalesce($window_days, 0), '%Y-%m') as is_complete
from rates
cross join snapshot
order by {{ record_group }}, severity, case when effect = 'any' then 0 else 1 end, effect, month
