-- The products of which at least 30 sessions were followed up, by how often a side effect followed.
-- grain: product
select product, evaluable, affected, rate, rate_low, rate_high
from side_effect_rates_by_product
where effect = 'any' and evaluable >= 30
order by rate desc
