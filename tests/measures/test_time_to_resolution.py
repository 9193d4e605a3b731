"""The resolution curve: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import math

import pytest

from dashboard.filters import Filters
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import Exports, drawn, on
from tests.measures.agreement import SEEDS, agrees_on_random_cases, column_of, only
from tests.measures.test_oracle_known_answers import LUNG_WOMEN

SMALL = drawn(
    treatments="""
        treatment_id | patient_id | treated_on | treatment_type
        t1           | ann        | 0          | neuromodulator
        t2           | bea        | 0          | neuromodulator
        t3           | cat        | 0          | neuromodulator
        t4           | dot        | 0          | neuromodulator
        t5           | eve        | 0          | rhinoplasty
        t6           | eve        | 90         | rhinoplasty
    """,
    follow_ups="""
        treatment_id | patient_id | followed_up_on
        t4           | .          | 1
        t4           | .          | 12
        t5           | .          | 40
        t6           | .          | 100
    """,
    side_effects="""
        treatment_id | effect   | onset_on | resolved_on | resolved_by | last_present_on
        t1           | bruising | 2        | 2           | .           | .
        t2           | bruising | 2        | 7           | 20          | 4
        t3           | bruising | 2        | .           | .           | 7
        t4           | bruising | 2        | .           | .           | .
        t5           | swelling | 3        | .           | 14          | .
        t5           | swelling | 3        | .           | 14          | 10
        t6           | swelling | 101      | .           | .           | .
    """,
)


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("time_to_resolution", seed, *random_snapshot(seed))


def test_curve_by_hand(snapshot_of: SnapshotOf) -> None:
    # Ann resolves on day 0, Bea on day 5, Cat was last seen with it on day 5, Dot at the follow-up of day 10.
    # S(0) = 3/4; at day 5 three are at risk, one resolves, one is censored: S(5) = 3/4 * 2/3 = 1/2; day 10:
    # 1/2.
    curve = snapshot_of(SMALL).measure("time_to_resolution", Filters(treatment_type=("neuromodulator",)))
    assert column_of(curve, "day") == [0, 5, 10]
    assert column_of(curve, "at_risk") == [4, 3, 1]
    assert column_of(curve, "resolved") == [1, 1, 0]
    assert column_of(curve, "censored") == [0, 1, 1]
    assert column_of(curve, "unresolved") == pytest.approx([0.75, 0.5, 0.5])
    assert set(column_of(curve, "estimator")) == {"Kaplan-Meier"}
    # Greenwood on day 5: 1/(4*3) + 1/(3*2) = 1/4, so the deviation of log S is 1/2.
    half = 1.959963984540054 * 0.5 / math.log(2)
    low, high = (math.exp(-math.exp(math.log(math.log(2)) + sign * half)) for sign in (1, -1))
    assert column_of(curve, "unresolved_low")[1:] == pytest.approx([low, low], abs=1e-12)
    assert column_of(curve, "unresolved_high")[1:] == pytest.approx([high, high], abs=1e-12)


def test_seen_gone_falls_on_the_middle_and_says_so(snapshot_of: SnapshotOf) -> None:
    # (0, 11]: day ceil(5.5) = 6. (7, 11]: day 9. Onset on day 101, last contact before it: censored on day 0.
    curve = snapshot_of(SMALL).measure("time_to_resolution", Filters(treatment_type=("rhinoplasty",)))
    assert column_of(curve, "day") == [0, 6, 9]
    assert column_of(curve, "at_risk") == [3, 2, 1]
    assert column_of(curve, "censored") == [1, 0, 0]
    assert column_of(curve, "unresolved") == pytest.approx([1, 0.5, 0])
    assert column_of(curve, "unresolved_low")[0] == column_of(curve, "unresolved_high")[0] == 1
    assert column_of(curve, "unresolved_low")[2] == 0
    assert column_of(curve, "unresolved_high")[2] == pytest.approx(column_of(curve, "unresolved_high")[1])
    assert set(column_of(curve, "estimator")) == {"Kaplan-Meier, approximate"}


def test_the_clock_may_start_at_the_treatment(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(SMALL)
    curve = store.measure("time_to_resolution", Filters(treatment_type=("neuromodulator",)), clock="treatment")
    assert column_of(curve, "day") == [0, 2, 7, 12]
    assert column_of(curve, "at_risk") == [4, 4, 3, 1]
    rhinoplasty = store.measure("time_to_resolution", Filters(treatment_type=("rhinoplasty",)), clock="treatment")
    assert column_of(rhinoplasty, "day") == [0, 9, 11, 12]


def lung_women() -> Exports:
    """The women of the lung data as side effects of as many patients."""
    treatments, side_effects = [], []
    for i, (day, seen) in enumerate(LUNG_WOMEN):
        treatments.append(
            {
                "treatment_id": f"t{i}",
                "patient_id": f"p{i}",
                "treated_on": on(0),
                "treatment_type": "skincare",
            }
        )
        end = "resolved_on" if seen else "last_present_on"
        side_effects.append({"treatment_id": f"t{i}", "effect": "nodule", "onset_on": on(0), end: on(day)})
    return Exports(treatments, [], [], side_effects)


def test_published_curve(snapshot_of: SnapshotOf) -> None:
    # R survfit, lung, women: S(365) = .526463 (.403580, .635316), median 426 (345, 524).
    store = snapshot_of(lung_women())
    curve = store.measure("time_to_resolution")
    row = only(curve[curve["day"] <= 365].tail(1))
    figures = (row["unresolved"], row["unresolved_low"], row["unresolved_high"])
    assert figures == pytest.approx((0.526463, 0.403580, 0.635316), abs=5e-7)
    summary = only(store.measure("time_to_resolution_summary"))
    assert (summary["side_effects"], summary["resolved"], summary["censored"]) == (90, 53, 37)
    assert (summary["median_days"], summary["median_low"], summary["median_high"]) == (426, 345, 524)
