-- Which lots have more side effects than the other lots of their product.
-- numerator: affected, the evaluable units exposed to the lot with at least one such side effect.
-- denominator: evaluable, those of the exposed with at least one linked follow-up or side effect.
-- unit: session (one patient on one day), record (one treated area) or patient. One with two lots counts with each.
-- window: with an onset window, units whose window has not yet elapsed at the data cut-off are pending and not
-- counted.
-- comparison: the other lots of the same product together. Records without a product or a lot are left out.
-- limits: of the rate, Wilson score, every unit for itself, as a patient seldom has several of one lot.
-- test: how probable so many affected, or more, are if the lot is like the others (p): the upper hypergeometric tail,
-- which is Fisher's exact test, one-sided. From 5 exposed, where another lot is there to compare with.
-- signal: p adjusted for all lots and effects of the answer that were tested (Benjamini-Hochberg; any effect for
-- itself) below 0.05. A reason to look at the exposed, not a finding.
-- pending: of a new lot those are evaluable first who call with a side effect, so its rate is too high at first, and
-- less so with an onset window.
-- grain: group, product, lot and effect; any is at least one side effect, whichever.
-- reference: Wilson, J Am Stat Assoc 1927; 22: 209. Fisher, Statistical Methods for Research Workers, 1934. Benjamini
-- and Hochberg, J R Stat Soc B 1995; 57:
-- 289.
-- columns: product, lot, effect, exposed, pending, evaluable, affected, rate, rate_low, rate_high, others_evaluable,
-- others_affected, others_rate, p, p_adjusted, signal, is_signal
with
    rates as ({{ affected_units with product, lot }}),
    lots as (select * from rates where product <> '' and lot <> ''),
    products as (
        select
            {{ record_group }},
            product,
            severity,
            effect,
            sum(evaluable) as product_evaluable,
            sum(affected) as product_affected
        from lots
        group by {{ record_group }}, product, severity, effect
    )
select
    {{ record_group }},
    product,
    lot,
    severity,
    effect,
    treated,
    pending,
    evaluable,
    affected,
    cast(product_evaluable - evaluable as bigint) as others_evaluable,
    cast(product_affected - affected as bigint) as others_affected
from lots
join products using ({{ record_group }}, product, severity, effect)
order by {{ record_group }}, severity, product, lot, case when effect = 'any' then 0 else 1 end, effect
