"""Personal intervals: their variances against others' answers, what they are good for, and that no order matters."""

from __future__ import annotations

import math
import random
import shutil
import statistics
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import queries
from dashboard.store import Store, open_snapshot
from tests import oracle
from tests.conftest import SnapshotOf, import_once
from tests.drawing import Exports, on, random_exports

ALL_DAYS = 36_500

# Conception rates of 35 samples of semen from 6 bulls (Snedecor and Cochran, Statistical Methods, 6th edition 1967,
# section 10.18): mean squares 664 between and 248 within, n0 5.67, variance between 73.
BULLS = (
    (46, 31, 37, 62, 30),
    (70, 59),
    (52, 44, 57, 40, 67, 64, 70),
    (47, 21, 70, 46, 14),
    (42, 64, 50, 69, 77, 81, 87),
    (35, 68, 59, 38, 57, 76, 57, 29, 60),
)


def mean_squares(groups: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """The mean squares between and within as statsmodels has them, and n0."""
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    rows = pd.DataFrame([(place, value) for place, group in enumerate(groups) for value in group], columns=["g", "y"])
    table = anova_lm(ols("y ~ C(g)", rows).fit())
    n = len(rows)
    n0 = (n - sum(len(group) ** 2 for group in groups) / n) / (len(groups) - 1)
    return float(table["mean_sq"]["C(g)"]), float(table["mean_sq"]["Residual"]), n0


def test_the_variances_of_a_published_unbalanced_example() -> None:
    within, between = oracle.variance_components([[Fraction(rate) for rate in bull] for bull in BULLS])
    assert float(within) == pytest.approx(248, abs=0.5)
    assert float(between) == pytest.approx(73, abs=0.5)
    msb, msw, n0 = mean_squares(BULLS)
    assert (msb, msw, n0) == pytest.approx((664, 248, 5.67), rel=2e-3)
    assert (float(within), float(between)) == pytest.approx((msw, (msb - msw) / n0), rel=1e-12)


def visits(seed: int, patients: int, between: float, within: float) -> list[list[int]]:
    """The days of skincare visits of patients with intervals of their own around 60 days; two to eight of them."""
    draw = random.Random(seed)
    drawn = []
    for _ in range(patients):
        usual, days = draw.gauss(math.log(60), between), [draw.randint(0, 60)]
        for _ in range(draw.randint(2, 8)):
            days.append(days[-1] + max(1, round(math.exp(draw.gauss(usual, within)))))
        drawn.append(days)
    return drawn


def exports_of(days: Sequence[Sequence[int]]) -> Exports:
    return Exports(
        [
            {
                "treatment_id": f"t{patient}-{place}",
                "patient_id": f"p{patient}",
                "treated_on": on(day),
                "treatment_type": "skincare",
            }
            for patient, its_days in enumerate(days)
            for place, day in enumerate(its_days)
        ]
    )


def personal(store: Store) -> dict[str, float]:
    listed = store.records("recall_list", horizon_days=ALL_DAYS)
    return dict(zip(listed["patient_id"], listed["personal_interval_days"], strict=True))


def test_the_store_shrinks_by_the_variances_that_statsmodels_gives(snapshot_of: SnapshotOf) -> None:
    days = visits(1, 80, 0.3, 0.2)
    found = personal(snapshot_of(exports_of(days)))
    logs = [[float(y) for y in np.log(np.diff(its_days))] for its_days in days]
    msb, msw, n0 = mean_squares(logs)
    between = (msb - msw) / n0
    means = [statistics.fmean(own) for own in logs]
    for patient, own in enumerate(logs):
        weight = between / (between + msw / len(own))
        expected = math.exp(weight * means[patient] + (1 - weight) * statistics.fmean(means))
        assert found[f"p{patient}"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("between", "within"), [(0.35, 0.15), (0.2, 0.2)])
def test_they_foretell_the_next_visit_better_than_the_median_of_the_type(
    snapshot_of: SnapshotOf, between: float, within: float
) -> None:
    """The last visit of each patient is kept back; what is told of it is compared with when it was."""
    days = visits(2, 150, between, within)
    store = snapshot_of(exports_of([its_days[:-1] for its_days in days]))
    told, median = personal(store), float(store.measure("maintenance_summary")["median_days"].iloc[0])
    next_intervals = {f"p{patient}": its_days[-1] - its_days[-2] for patient, its_days in enumerate(days)}
    error = statistics.fmean(abs(told[patient] - days_away) for patient, days_away in next_intervals.items())
    error_of_median = statistics.fmean(abs(median - days_away) for days_away in next_intervals.values())
    assert error < 0.95 * error_of_median, (error, error_of_median)


@pytest.mark.parametrize("completed", [2, 4])
def test_where_patients_do_not_differ_they_all_get_the_mean(snapshot_of: SnapshotOf, completed: int) -> None:
    # Ann 134 days once and 90 otherwise, Bea 90 each time: whatever the number, the two mean squares are equal, and
    # nothing is left between patients but what rounding makes of it.
    ann, bea = [0, *(134 + 90 * i for i in range(completed))], [90 * i for i in range(completed + 1)]
    found = snapshot_of(exports_of([ann, bea])).records("recall_list", horizon_days=ALL_DAYS)
    assert set(found["basis"]) == {"mean of the type"}
    mean = 90 * (134 / 90) ** (1 / (2 * completed))
    assert found["personal_interval_days"].tolist() == pytest.approx([mean, mean], rel=1e-9)


def test_the_order_of_the_rows_does_not_change_a_bit(tmp_path: Path) -> None:
    exports = random_exports(3, patients=60)
    backwards = Exports(*(list(reversed(exports.table(name))) for name in ("treatments", "patients")))
    forwards = Exports(exports.treatments, exports.patients)
    one, other = (
        import_once(each, tmp_path / name).records("recall_list", horizon_days=ALL_DAYS)
        for name, each in (("forwards", forwards), ("backwards", backwards))
    )
    assert len(one)
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_the_number_of_threads_does_not_change_a_bit() -> None:
    """Over enough courses, in no order, that two threads share the work."""
    select, found = queries.read("model/personal_intervals"), set()
    with duckdb.connect() as connection:
        connection.execute(
            """
            create table courses as
            select
                (i // 3)::integer as series_no,
                'type ' || (i // 3 % 5) as treatment_type,
                i::integer as session_no,
                date '2020-01-01' + (i % 3 * 100)::integer as started_on,
                (1 + hash(i) % 400)::integer as interval_days,
                i % 3 < 2 as is_returned
            from range(400000) as numbers(i)
            order by hash(i);
            create table treatment_types as
            select 'type ' || i as code, null::integer as expected_interval_low_days,
                null::integer as expected_interval_high_days
            from range(5) as numbers(i);
            """
        )
        for threads in (1, 2, 2, 4):
            connection.execute(f"set threads = {threads}")
            summed = f"select md5(string_agg(rows::varchar, ' ' order by series_no)), count(*) from ({select}) as rows"
            found.add(connection.execute(summed).fetchone())
    assert len(found) == 1


def test_a_snapshot_of_before_they_were_stored_answers_the_same(tmp_path: Path) -> None:
    store = import_once(random_exports(4, patients=40), tmp_path)
    earlier = tmp_path / "earlier.duckdb"
    shutil.copy(next((tmp_path / "outcomes.json.d").glob("*.duckdb")), earlier)
    earlier.chmod(0o644)
    with duckdb.connect(str(earlier)) as connection:
        connection.execute("drop table personal_intervals")
    kept, derived = (each.records("recall_list", horizon_days=ALL_DAYS) for each in (store, open_snapshot(earlier)))
    assert len(kept)
    for column in kept:
        assert kept[column].astype(object).tolist() == derived[column].astype(object).tolist()
