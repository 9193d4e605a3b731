-- How long a patient usually stays away between courses of a treatment type, and so when the next one is due.
-- unit: days. The completed intervals are taken as logarithms; a patient's mean of them is drawn toward the
-- mean of the type, the more so the fewer there are and the less patients differ from one another. In the mean of
-- the type every patient who has come back counts once.
-- weights: of a patient's own mean, between / (between + within / completed), from the variances of a one-way
-- random-effects model with unequal numbers of intervals, by the method of moments: within patients it is the mean
-- square within, between them (mean square between - mean square within) / n0, or 0 where that is not positive, to
-- within a billionth.
-- basis: own intervals, as above, else the mean of the type (for a patient without a completed interval, where
-- fewer than two patients have two of them, and where patients of the type do not differ), else the catalogue, the
-- middle of its expected interval, else none, and then nothing is due.
-- biased short: only completed intervals tell, so those who have not come back yet, or never will, are not in them.
-- due: the start of the last course and the interval, rounded to a day.
-- exactness: logarithms are held as whole numbers of 1e-12, so that sums depend on no order of the rows.
-- grain: patient and treatment type, of the types that the catalogue says are maintained
-- reference: Searle, Casella and McCulloch, Variance Components, 1992, chapter 3. Morris, J Am Stat Assoc 1983;
-- 78: 47 (the weight).
with
    logs as (
        select
            series_no,
            treatment_type,
            session_no,
            started_on,
            case when is_returned then cast(round(ln(greatest(interval_days, 1)) * 1e12) as hugeint) end as log_days
        from courses
    ),
    series as (
        select
            series_no,
            treatment_type,
            max(session_no) as session_no,
            max(started_on) as last_course_on,
            count(log_days) as completed,
            sum(log_days) as log_sum,
            sum(log_days * log_days) as square_sum
        from logs
        group by series_no, treatment_type
    ),
    sums as (
        select
            treatment_type,
            count(*) as patients,
            count(*) filter (where completed > 1) as patients_with_two,
            sum(completed) as intervals,
            sum(completed * completed) as intervals_squared,
            sum(log_sum) as log_sum,
            sum(divide(log_sum, completed)) as mean_sum,
            sum(divide(log_sum * log_sum, completed)) as squares_of_series,
            sum(divide(completed * square_sum - log_sum * log_sum, completed)) as squares_within
        from series
        where completed > 0
        group by treatment_type
    ),
    squares as (
        select
            *,
            log_sum * divide(log_sum, intervals) + divide(log_sum % intervals * log_sum, intervals) as square_of_type,
            (intervals - intervals_squared / intervals) / (patients - 1) as n0
        from sums
    ),
    mean_squares as (
        select
            treatment_type,
            mean_sum / patients / 1e12 as mean_of_type,
            patients_with_two > 1 as is_known,
            n0,
            squares_within / 1e24 / (intervals - patients) as mean_square_within,
            (squares_of_series - square_of_type) / 1e24 / (patients - 1) as mean_square_between
        from squares
    ),
    types as (
        select
            treatment_type,
            mean_of_type,
            mean_square_within as variance_within,
            case
                when is_known and mean_square_between > mean_square_within * (1 + 1e-9)
                then (mean_square_between - mean_square_within) / n0
            end as variance_between
        from mean_squares
    ),
    intervals as (
        select
            series_no,
            session_no,
            series.treatment_type,
            last_course_on,
            completed,
            variance_between is not null and completed > 0 as is_own,
            log_sum / completed / 1e12 as own_mean,
            mean_of_type,
            variance_between / (variance_between + variance_within / completed) as weight,
            (expected_interval_low_days + expected_interval_high_days) / 2 as expected_days
        from series
        join treatment_types on code = series.treatment_type
        left join types on types.treatment_type = series.treatment_type
    ),
    personal as (
        select
            *,
            case
                when is_own
                then exp(weight * own_mean + (1 - weight) * mean_of_type)
                else coalesce(exp(mean_of_type), expected_days)
            end as personal_interval_days,
            case
                when is_own
                then 'own intervals'
                when mean_of_type is not null
                then 'mean of the type'
                when expected_days is not null
                then 'catalogue'
                else 'none'
            end as basis
        from intervals
    )
select
    series_no,
    session_no,
    treatment_type,
    last_course_on,
    completed::integer as completed,
    personal_interval_days,
    last_course_on + round(personal_interval_days)::integer as due_on,
    basis
from personal
order by series_no
