"""Monthly rates and their control charts: against the oracle on random exports, planted signals, and chance alone."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from dashboard.store import Store
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import Exports, Row
from tests.measures.agreement import SEEDS, agrees, agrees_on_random_cases, column_of, only


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("rates_over_time", seed, *random_snapshot(seed))


def by_month(
    counts: Sequence[tuple[int, int]], effect: str = "bruising", is_over: bool = True, first_year: int = 2024
) -> Exports:
    """So many affected of so many patients per month from January on, one session each, all followed up.

    The data end with the last month, or the day before.
    """
    treatments: list[Row] = []
    follow_ups: list[Row] = []
    side_effects: list[Row] = []
    for place, (affected, evaluable) in enumerate(counts):
        day = date(first_year + place // 12, place % 12 + 1, 5)
        last_day = monthrange(day.year, day.month)[1] - (0 if is_over else 1)
        for i in range(evaluable):
            key = f"{place}-{i}"
            treatments.append({"treatment_id": key, "patient_id": key, "treated_on": day, "treatment_type": "skincare"})
            follow_ups.append({"treatment_id": key, "followed_up_on": day.replace(day=last_day)})
            if i < affected:
                side_effects.append({"treatment_id": key, "effect": effect, "onset_on": day})
    return Exports(treatments, [], follow_ups, side_effects)


def signals_of(store: Store, effect: str = "bruising") -> list[str]:
    rates = store.measure("rates_over_time", by=())
    return [str(signal) for signal in rates[rates["effect"] == effect]["signal"]]


HIGH = by_month([*[(8, 100), (12, 100)] * 4, *[(11, 100)] * 9])
RISING = by_month([*[(10, 100), (9, 100)] * 4, *[(8 + i, 100) for i in range(6)]])
# 13 months of 10 in 100, one of 30 in 100, one more: 170 of 1,500 = .1133; 3 sigma = .0951.
PLANTED = by_month([*[(10, 100)] * 13, (30, 100), (10, 100)])


def test_a_planted_signal_is_found(snapshot_of: SnapshotOf) -> None:
    rates = snapshot_of(PLANTED).measure("rates_over_time", by=())
    row = only(rates, effect="bruising", month="2025-02")
    centre = 170 / 1500
    sigma = (centre * (1 - centre) / 100) ** 0.5
    assert (row["affected"], row["evaluable"], row["rate"], row["centre"]) == (30, 100, 0.3, pytest.approx(centre))
    # The moving ranges: twice .2 among 14.
    sigma_z = 0.4 / 14 / sigma / 1.128
    assert row["sigma_z"] == pytest.approx(sigma_z, rel=1e-12)
    assert (row["chart"], sigma_z < 1) == ("p", True)
    assert (row["limit_low"], row["limit_high"]) == pytest.approx((centre - 3 * sigma, centre + 3 * sigma), rel=1e-12)
    assert (row["signal"], row["is_signal"]) == ("above limit", True)


def test_signals_agree_with_the_naive_implementation(snapshot_of: SnapshotOf) -> None:
    chance = np.random.default_rng(4)
    shares = [0.1] * 14 + [0.3] * 3 + [0.2] * 9 + [0.12 + 0.03 * i for i in range(7)] + [0.05] * 4
    drawn = [(int(chance.binomial(n, p)), int(n)) for p, n in zip(shares, chance.integers(60, 120, 37), strict=True)]
    found: set[str] = set()
    for exports in (PLANTED, HIGH, RISING, by_month(drawn, first_year=2022)):
        store = snapshot_of(exports)
        agrees("rates_over_time", exports, store, {}, ())
        rates = store.measure("rates_over_time", by=())
        found |= {*rates["signal"], *rates["chart"]}
    assert {"p", "p'", "above limit", "eight high", "eight low", "six rising"} <= found


def test_the_month_that_is_not_over_gives_no_signal_and_takes_no_part(snapshot_of: SnapshotOf) -> None:
    exports = by_month([*[(10, 100)] * 13, (30, 100)])
    rates = snapshot_of(exports).measure("rates_over_time", by=())
    row = only(rates, effect="bruising", month="2025-02")
    assert (row["is_complete"], row["signal"], row["centre"]) == (True, "above limit", pytest.approx(160 / 1400))
    exports = by_month([*[(10, 100)] * 13, (30, 100)], is_over=False)
    rates = snapshot_of(exports).measure("rates_over_time", by=())
    row = only(rates, effect="bruising", month="2025-02")
    assert (row["is_complete"], row["signal"], row["centre"], row["rate"]) == (False, "", 0.1, 0.3)
    assert row["limit_high"] == pytest.approx(0.1 + 3 * (0.09 / 100) ** 0.5)


def test_no_signal_before_twelve_months(snapshot_of: SnapshotOf) -> None:
    assert signals_of(snapshot_of(by_month([*[(10, 100)] * 10, (40, 100)]))) == [""] * 11
    assert signals_of(snapshot_of(by_month([*[(10, 100)] * 11, (40, 100)])))[-1] == "above limit"


def test_runs_are_signals(snapshot_of: SnapshotOf) -> None:
    # 179 of 1,700 = .1053: the ninth month begins the run that (12, 100) of the eighth had begun before.
    assert signals_of(snapshot_of(HIGH))[-3:] == ["eight high"] * 3
    assert signals_of(snapshot_of(HIGH))[:14] == [""] * 14
    assert signals_of(snapshot_of(RISING)) == [""] * 13 + ["six rising"]


def test_months_without_follow_up_are_no_points(snapshot_of: SnapshotOf) -> None:
    exports = by_month([(10, 100)] * 13)
    unseen = [row for row in exports.treatments if row["treatment_id"].startswith("6-")]
    keys = {row["treatment_id"] for row in unseen}
    exports = Exports(
        exports.treatments,
        [],
        [row for row in exports.follow_ups if row["treatment_id"] not in keys],
        [row for row in exports.side_effects if row["treatment_id"] not in keys],
    )
    row = only(snapshot_of(exports).measure("rates_over_time", by=()), effect="bruising", month="2024-07")
    assert (row["treated"], row["evaluable"], row["rate"], row["limit_high"], row["signal"]) == (100, 0, None, None, "")
    assert row["centre"] == 0.1


def test_the_rare_have_no_limits_here(snapshot_of: SnapshotOf) -> None:
    rates = snapshot_of(by_month([*[(0, 20)] * 8, *[(1, 20)] * 5])).measure("rates_over_time", by=())
    assert set(rates["chart"]) == {"t"}
    assert column_of(rates, "limit_high") == column_of(rates, "centre") == [None] * 26
    assert not rates["is_signal"].any()


def test_chance_alone_seldom_signals(snapshot_of: SnapshotOf) -> None:
    chance = np.random.default_rng(11)
    exports = by_month([(int(chance.binomial(120, 0.25)), 120) for _ in range(60)], first_year=2019)
    signals = signals_of(snapshot_of(exports))
    # Of 60 months some 0.2 are expected outside the limits, and some 1 by the runs.
    assert sum(signal in ("above limit", "below limit") for signal in signals) == 0
    assert sum(signal != "" for signal in signals) <= 3
