-- Satisfaction and asymmetry after treatment, by practitioner, of the records for which they were recorded.
-- grain: practitioner
select
    practitioner,
    count(satisfaction) as scored,
    round(avg(satisfaction), 2) as mean_satisfaction,
    count(results.asymmetry_change) as with_both_scores,
    round(avg(results.asymmetry_change), 2) as mean_asymmetry_change
from results
join treatment_records using (treatment_no)
group by practitioner
order by practitioner
