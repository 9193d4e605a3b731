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
    # One side effect each, and all that are censored leave after the last event: clustered limits are Greenwood's.
    # Greenwood on day 5: 1/(4*3) + 1/(3*2) = 1/4, so the deviation of log S is 1/2.
    half = 1.959963984540054 * 0.5 / math.log(2)
    low, high = (math.exp(-math.exp(math.log(math.log(2)) + sign * half)) for sign in (1, -1))
    assert column_of(curve, "unresolved_low")[1:] == pytest.approx([low, low], abs=1e-12)
    assert column_of(curve, "unresolved_high")[1:] == pytest.approx([high, high], abs=1e-12)


def test_seen_gone_makes_it_turnbulls_and_says_so(snapshot_of: SnapshotOf) -> None:
    # (0, 11] and (7, 11] share an innermost interval, (7, 11], with all mass; one is censored on day 0, as its last
    # contact lies before its onset. All three are Eve's, who tells nothing of how patients differ.
    curve = snapshot_of(SMALL).measure("time_to_resolution", Filters(treatment_type=("rhinoplasty",)))
    assert column_of(curve, "day") == [0, 11]
    assert column_of(curve, "at_risk") == [3, 2]
    assert column_of(curve, "resolved") == [0, 2]
    assert column_of(curve, "censored") == [1, 0]
    assert column_of(curve, "unresolved") == pytest.approx([1, 0], abs=1e-12)
    assert column_of(curve, "unresolved_low") == column_of(curve, "unresolved_high") == [None, None]
    assert set(column_of(curve, "estimator")) == {"Turnbull"}
    assert set(column_of(curve, "limits")) == {"none (one patient)"}


CHECK = drawn(
    treatments="""
        treatment_id | patient_id | treated_on | treatment_type
        t0           | p0         | 0          | skincare
        t1           | p1         | 0          | skincare
        t2           | p2         | 0          | skincare
        t3           | p3         | 0          | skincare
        t4           | p4         | 0          | skincare
    """,
    side_effects="""
        treatment_id | effect | onset_on | resolved_on | resolved_by | last_present_on
        t0           | lump   | 0        | .           | 7           | .
        t0           | lump   | 0        | .           | 14          | 7
        t1           | lump   | 0        | .           | 14          | 7
        t1           | lump   | 0        | .           | 28          | 14
        t2           | lump   | 0        | .           | 28          | 14
        t2           | lump   | 0        | .           | .           | 14
        t3           | lump   | 0        | .           | 90          | 28
        t3           | lump   | 0        | .           | .           | 28
        t4           | lump   | 0        | 3           | .           | .
        t4           | lump   | 0        | .           | 3           | .
        t4           | pain   | 0        | .           | 4           | 4
    """,
)


def test_an_end_that_two_share_moves_no_mass(snapshot_of: SnapshotOf) -> None:
    curve = snapshot_of(CHECK).measure("time_to_resolution", Filters(effect=("lump",)))
    shares = dict(zip(column_of(curve, "day"), column_of(curve, "unresolved"), strict=True))
    assert [shares[day] for day in (3, 7, 14, 28, 90)] == pytest.approx([0.7, 0.7, 0.5, 0.25, 0], abs=1e-9)
    lows, highs = column_of(curve, "unresolved_low"), column_of(curve, "unresolved_high")
    for low, share, high in zip(lows, column_of(curve, "unresolved"), highs, strict=True):
        assert 0 <= low <= share <= high <= 1
    assert lows != highs


def test_seen_gone_on_the_day_it_was_last_seen_is_known_to_the_day(snapshot_of: SnapshotOf) -> None:
    curve = snapshot_of(CHECK).measure("time_to_resolution", Filters(effect=("pain",)))
    assert column_of(curve, "unresolved") == [1, 0]
    assert set(column_of(curve, "estimator")) == {"Kaplan-Meier"}


def test_limits_may_be_left_out_or_as_if_all_were_patients_of_their_own(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(SMALL)
    without = store.measure("time_to_resolution", limits="none")
    assert without[["unresolved_low", "unresolved_high"]].isna().all(axis=None)
    assert set(without["limits"]) == {"none"}
    greenwood = store.measure("time_to_resolution", limits="greenwood")
    kinds = dict(zip(greenwood["estimator"], greenwood["limits"], strict=True))
    assert kinds == {"Kaplan-Meier": "Greenwood", "Turnbull": "none"}
    has_limits = greenwood["unresolved_low"].notna() & greenwood["unresolved_high"].notna()
    assert (has_limits == (greenwood["estimator"] == "Kaplan-Meier")).all()
    assert column_of(greenwood, "unresolved") == column_of(store.measure("time_to_resolution"), "unresolved")


def test_side_effects_of_one_patient_count_as_one_patients(snapshot_of: SnapshotOf) -> None:
    # Five patients with four side effects each that end together: as uncertain as five with one.
    def practice(each: int) -> Exports:
        treatments = [
            {"treatment_id": f"t{i}", "patient_id": f"p{i}", "treated_on": on(0), "treatment_type": "skincare"}
            for i in range(5)
        ]
        side_effects = [
            {"treatment_id": f"t{i}", "effect": "redness", "onset_on": on(0), "resolved_on": on(3 + i)}
            for i in range(5)
            for _ in range(each)
        ]
        return Exports(treatments, [], [], side_effects)

    one, four = (snapshot_of(practice(each)).measure("time_to_resolution") for each in (1, 4))
    for limit in ("unresolved_low", "unresolved_high"):
        assert column_of(four, limit) == pytest.approx(column_of(one, limit), abs=1e-12)
    assert set(column_of(four, "limits")) == {"jackknife by patient"}
    greenwood = snapshot_of(practice(4)).measure("time_to_resolution", limits="greenwood")
    assert column_of(greenwood, "unresolved_low")[1] > column_of(four, "unresolved_low")[1]


def test_the_clock_may_start_at_the_treatment(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(SMALL)
    curve = store.measure("time_to_resolution", Filters(treatment_type=("neuromodulator",)), clock="treatment")
    assert column_of(curve, "day") == [0, 2, 7, 12]
    assert column_of(curve, "at_risk") == [4, 4, 3, 1]
    rhinoplasty = store.measure("time_to_resolution", Filters(treatment_type=("rhinoplasty",)), clock="treatment")
    assert column_of(rhinoplasty, "day") == [0, 11, 14]


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
