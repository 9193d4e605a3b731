"""Comparison: the store against the oracle on random exports, cases worked by hand, and a simulated confounder."""

from __future__ import annotations

import math
import random

import pytest
from scipy import stats

from dashboard.filters import FilterError, Filters
from dashboard.statistics.proportions import wilson
from dashboard.store import Unit
from tests import oracle
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import Exports, Row, described, on, random_filters
from tests.measures.agreement import SEEDS, agrees, column_of, only


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    exports, store = random_snapshot(seed)
    draw = random.Random(f"comparison {seed}")
    for case in range(4):
        selection = {} if case == 0 else random_filters(seed * 4 + case, exports)
        by, *strata = draw.sample(oracle.RECORD_FILTERS, draw.choice((1, 1, 2, 3)))
        options = {
            "unit": draw.choice(("session", "record", "patient")),
            "window_days": draw.choice((None, None, 14, 90)),
            "level": draw.choice((0.95, 0.95, 0.8)),
            "strata": tuple(strata),
        }
        agrees("comparison", exports, store, selection, (by,), options, described(seed, selection, by=by, **options))


def exports_of(*patients: tuple[dict[str, str], int, int]) -> Exports:
    """So many patients with these attributes, the first of them bruised: each one session, followed up."""
    treatments: list[Row] = []
    side_effects: list[Row] = []
    for attributes, n, bruised in patients:
        for i in range(n):
            key = f"T{len(treatments)}"
            row = {"treatment_id": key, "patient_id": f"P{len(treatments)}", "treated_on": on(0)}
            treatments.append({**row, "treatment_type": "dermal_filler", **attributes})
            if i < bruised:
                side_effects.append({"treatment_id": key, "effect": "bruising", "onset_on": on(1)})
    follow_ups = [{"treatment_id": row["treatment_id"], "followed_up_on": on(14)} for row in treatments]
    return Exports(treatments, [], follow_ups, side_effects)


# Bruised with the needle 48 of 80, with the cannula 56 of 70: Newcombe's own first example.
NEWCOMBE = exports_of(({"technique": "needle"}, 80, 48), ({"technique": "cannula"}, 70, 56))


def test_the_largest_group_is_the_reference_and_the_limits_are_newcombes(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(NEWCOMBE)
    row = only(store.measure("comparison", by=("technique",), unit="patient"), effect="bruising")
    assert (row["technique"], row["reference"]) == ("cannula", "needle")
    assert (row["affected"], row["evaluable"]) == (56, 70)
    assert (row["reference_affected"], row["reference_evaluable"]) == (48, 80)
    assert row["risk_difference"] == pytest.approx(0.2, abs=1e-12)
    assert (row["risk_difference_low"], row["risk_difference_high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert row["risk_ratio"] == pytest.approx(4 / 3, abs=1e-12)
    assert (row["test"], row["is_small"], row["is_corrected"]) == ("chi-square", False, False)
    expected = stats.chi2_contingency([[56, 14], [48, 32]], correction=False).pvalue
    assert row["p"] == pytest.approx(expected, rel=1e-9)
    assert row["adjusted_risk_difference"] is None
    assert row["strata"] is None


def test_a_reference_can_be_asked_for(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(NEWCOMBE)
    row = only(store.measure("comparison", by=("technique",), reference="cannula"), effect="bruising")
    assert (row["technique"], row["reference"]) == ("needle", "cannula")
    assert row["risk_difference"] == pytest.approx(-0.2, abs=1e-12)
    with pytest.raises(FilterError, match="the reference 'laser' is none of the groups"):
        store.measure("comparison", by=("technique",), reference="laser")


def test_not_recorded_can_be_the_reference(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(exports_of(({}, 20, 2), ({"technique": "cannula"}, 30, 3)))
    assert column_of(store.measure("comparison", by=("technique",), reference=""), "reference") == ["", ""]


def test_the_filter_on_the_column_says_which_groups_are_compared(snapshot_of: SnapshotOf) -> None:
    three = exports_of(({"product": "A"}, 30, 3), ({"product": "B"}, 20, 3), ({"product": "C"}, 40, 3))
    store = snapshot_of(three)
    assert set(column_of(store.measure("comparison", by=("product",)), "product")) == {"A", "B"}
    filtered = store.measure("comparison", Filters(product=("A", "B")), by=("product",))
    assert set(zip(column_of(filtered, "product"), column_of(filtered, "reference"), strict=True)) == {("B", "A")}


def test_one_group_or_none_has_nobody_to_be_compared_with(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(NEWCOMBE)
    for frame in (
        store.measure("comparison", Filters(technique=("needle",)), by=("technique",)),
        store.measure("comparison", by=()),
        store.measure("comparison", Filters(clinic=("nowhere",)), by=("technique",), reference="needle"),
    ):
        assert frame.empty
        assert "risk_difference" in frame


def test_small_groups_are_not_tested(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(exports_of(({"product": "A"}, 40, 3), ({"product": "B"}, 19, 3), ({"product": "C"}, 20, 3)))
    frame = store.measure("comparison", by=("product",), unit="patient")
    small, large = (only(frame, product=product, effect="bruising") for product in ("B", "C"))
    assert (small["is_small"], small["p"], small["p_adjusted"], small["test"]) == (True, None, None, "")
    assert (large["is_small"], large["test"]) == (False, "Fisher's exact")
    assert large["p"] == pytest.approx(stats.fisher_exact([[3, 17], [3, 37]]).pvalue, rel=1e-9)


def test_nobody_affected_is_corrected_and_said(snapshot_of: SnapshotOf) -> None:
    row = only(
        snapshot_of(exports_of(({"product": "A"}, 40, 3), ({"product": "B"}, 30, 0))).measure(
            "comparison", by=("product",), unit="patient"
        ),
        effect="any",
    )
    assert row["is_corrected"]
    assert row["risk_ratio"] == pytest.approx((0.5 / 31) / (3.5 / 41), rel=1e-12)
    assert row["risk_difference"] == pytest.approx(-3 / 40)


def test_units_of_one_patient_widen_every_limit(snapshot_of: SnapshotOf) -> None:
    """Each patient is treated four times and bruises always or never: a quarter of the information."""
    treatments, side_effects = [], []
    for place in range(40):
        for visit in range(4):
            row = {"treatment_id": f"T{place}-{visit}", "patient_id": f"P{place}", "treated_on": on(100 * visit)}
            product = "A" if place % 2 else "B"
            treatments.append({**row, "treatment_type": "skincare", "product": product, "area": "lips"})
            if place % 4 == 0 or place % 10 == 1:
                side_effects.append(
                    {"treatment_id": row["treatment_id"], "effect": "redness", "onset_on": on(100 * visit)}
                )
    follow_ups = [{"treatment_id": row["treatment_id"], "followed_up_on": on(400)} for row in treatments]
    store = snapshot_of(Exports(treatments, [], follow_ups, side_effects))
    units: tuple[Unit, ...] = ("session", "patient")
    sessions, patients = (
        only(store.measure("comparison", by=("product",), unit=unit, strata=("area",)), effect="any") for unit in units
    )
    assert sessions["evaluable"] == 80
    effective = 19  # p(1 - p) / v, v being 20/19 p(1 - p) / 20 where all of a patient's units are alike
    assert (sessions["rate_low"], sessions["rate_high"]) == pytest.approx(wilson(sessions["rate"], effective), abs=1e-9)
    for figure in ("risk_difference", "adjusted_risk_difference"):
        width, wide = (row[f"{figure}_high"] - row[f"{figure}_low"] for row in (patients, sessions))
        assert wide == pytest.approx(width, rel=0.05)
        assert sessions[figure] == pytest.approx(patients[figure])
    for figure in ("risk_ratio", "adjusted_risk_ratio"):
        width, wide = (math.log(row[f"{figure}_high"] / row[f"{figure}_low"]) for row in (patients, sessions))
        assert wide == pytest.approx(width, rel=0.05)


def test_a_unit_has_one_stratum_all_its_values_together(snapshot_of: SnapshotOf) -> None:
    rows = [
        ("T1", "P1", "needle", "lips"),
        ("T2", "P1", "needle", "cheek"),
        ("T3", "P2", "needle", None),
        ("T4", "P3", "cannula", "lips"),
        ("T5", "P4", "cannula", "cheek"),
        ("T6", "P4", "cannula", "lips"),
        ("T7", "P5", "cannula", "cheek"),
        ("T8", "P6", "cannula", "cheek"),
    ]
    names = ("treatment_id", "patient_id", "technique", "area")
    treatments = [
        {**dict(zip(names, row, strict=True)), "treated_on": on(0), "treatment_type": "dermal_filler"} for row in rows
    ]
    follow_ups = [{"treatment_id": row[0], "followed_up_on": on(14)} for row in rows]
    store = snapshot_of(Exports(treatments, [], follow_ups, []))
    row = only(store.measure("comparison", by=("technique",), strata=("area",)), effect="any")
    # With the needle: {cheek, lips} and not recorded; with the cannula: lips, {cheek, lips}, cheek twice.
    assert (row["strata"], row["strata_without_both"], row["evaluable_without_both"]) == (1, 3, 4)
    assert row["named_without_both"] == "cheek; not recorded; lips"


def severe_get_b(seed: int, patients: int = 3000) -> Exports:
    """Severe cases get product B four times out of five, mild ones one time out of five, and bruise more.

    At the same severity product B bruises 0.10 less: mild 0.20 with A and 0.10 with B, severe 0.60 and 0.50.
    """
    draw = random.Random(seed)
    risk = {("mild", "A"): 0.2, ("mild", "B"): 0.1, ("severe", "A"): 0.6, ("severe", "B"): 0.5}
    counts = dict.fromkeys(risk, (0, 0))
    for _ in range(patients):
        severity = draw.choice(("mild", "severe"))
        product = "B" if draw.random() < (0.8 if severity == "severe" else 0.2) else "A"
        n, bruised = counts[severity, product]
        counts[severity, product] = n + 1, bruised + (draw.random() < risk[severity, product])
    return exports_of(
        *(({"indication": severity, "product": product}, *counts[severity, product]) for severity, product in risk)
    )


@pytest.mark.parametrize("seed", range(3))
def test_confounding_by_indication_misleads_the_crude_difference_and_not_the_stratified_one(
    seed: int, snapshot_of: SnapshotOf
) -> None:
    # Crude, expected: A is 0.8 mild, 0.28; B is 0.2 mild, 0.42. B looks 0.14 worse, and is 0.10 better.
    store = snapshot_of(severe_get_b(seed))
    frame = store.measure("comparison", by=("product",), reference="A", strata=("indication",))
    row = only(frame, effect="bruising")
    assert row["risk_difference_low"] > 0, "the crude difference points the wrong way, beyond its limits"
    assert row["adjusted_risk_difference_high"] < 0, "within strata it points the right way"
    assert row["adjusted_risk_difference_low"] <= -0.1 <= row["adjusted_risk_difference_high"]
    assert not row["risk_difference_low"] <= -0.1 <= row["risk_difference_high"]
    assert row["risk_ratio_low"] > 1 > row["adjusted_risk_ratio_high"]
    balance = store.measure("baseline_balance", by=("product",), reference="A")
    differs = balance[(balance["product"] == "B") & balance["is_different"]]
    assert set(differs["attribute"]) == {"indication"}
