"""Side-effect rates: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import math

import pytest

from dashboard.filters import Filters
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import Exports, drawn, on
from tests.measures.agreement import SEEDS, agrees_on_random_cases, column_of, only

# Six sessions of four patients. Ann came twice (bruised both times), Bea twice (never), Cat once (bruised:
# two areas of one session), Dot once and nobody heard of her again.
SMALL = drawn(
    treatments="""
        treatment_id | patient_id | treated_on | treatment_type | area     | product
        t1           | ann        | 0          | neuromodulator | glabella | A
        t2           | ann        | 100        | neuromodulator | glabella | A
        t3           | bea        | 0          | neuromodulator | glabella | A
        t4           | bea        | 100        | neuromodulator | lips     | .
        t5           | cat        | 50         | neuromodulator | glabella | A
        t6           | cat        | 50         | neuromodulator | lips     | .
        t7           | dot        | 190        | neuromodulator | lips     | A
    """,
    follow_ups="""
        treatment_id | patient_id | followed_up_on
        t3           | .          | 14
        .            | bea        | 200
    """,
    side_effects="""
        treatment_id | patient_id | effect   | severity | onset_on | area | serious
        t1           | .          | bruising | mild     | 0        | .    | false
        t1           | .          | swelling | .        | 8        | .    | .
        .            | ann        | bruising | severe   | 101      | .    | true
        .            | cat        | bruising | mild     | 51       | lips | .
        .            | cat        | bruising | mild     | 57       | chin | .
    """,
)


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("side_effect_rates", seed, *random_snapshot(seed))


def test_counts_and_shares_by_hand(snapshot_of: SnapshotOf) -> None:
    # 6 sessions, 5 evaluable (not Dot's). Bruised: Ann on days 0 and 100, Cat on day 50.
    rates = snapshot_of(SMALL).measure("side_effect_rates")
    assert column_of(rates, "effect") == ["any", "bruising", "swelling"]
    row = only(rates, effect="bruising")
    assert (row["treated"], row["pending"], row["evaluable"], row["affected"]) == (6, 0, 5, 3)
    assert row["rate"] == pytest.approx(3 / 5)
    assert row["completeness"] == pytest.approx(5 / 6)
    assert row["rate_best_case"] == pytest.approx(3 / 6)
    assert row["rate_worst_case"] == pytest.approx(4 / 6)
    assert only(rates, effect="any")["affected"] == 3
    assert only(rates, effect="swelling")["affected"] == 1


def test_limits_allow_for_several_units_of_one_patient(snapshot_of: SnapshotOf) -> None:
    # p = 3/5; per patient x - p n: Ann 2 - 6/5 = .8, Bea 0 - 6/5 = -1.2, Cat 1 - 3/5 = .4: squares 2.24.
    # v = 3/2 * 2.24 / 25 = .1344, n_eff = min(5, .24 / .1344) = 1.785714, then Wilson's formula.
    row = only(snapshot_of(SMALL).measure("side_effect_rates"), effect="bruising")
    n, z = 0.24 / 0.1344, 1.959963984540054
    centre = (0.6 + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(0.24 / n + z * z / (4 * n * n))
    assert (row["rate_low"], row["rate_high"]) == pytest.approx((centre - half, centre + half), abs=1e-12)


def test_patients_have_the_plain_wilson_interval(snapshot_of: SnapshotOf) -> None:
    # 1 of 20 patients: Wilson (.0089, .2361).
    treatments = [
        {"treatment_id": f"t{i}", "patient_id": f"p{i}", "treated_on": on(0), "treatment_type": "skincare"}
        for i in range(20)
    ]
    follow_ups = [{"treatment_id": f"t{i}", "followed_up_on": on(7)} for i in range(20)]
    side_effects = [{"treatment_id": "t0", "effect": "redness", "onset_on": on(1)}]
    store = snapshot_of(Exports(treatments, [], follow_ups, side_effects))
    row = only(store.measure("side_effect_rates", unit="patient"), effect="redness")
    assert (row["rate_low"], row["rate_high"]) == pytest.approx((0.00888145, 0.23613119), abs=1e-8)


def test_units_are_records_sessions_or_patients(snapshot_of: SnapshotOf) -> None:
    # Records: t1, t2 (Ann's later bruise has no id: latest session), t6 (area lips) and t5 (no record of the
    # chin: the smallest id) are bruised, of 6 evaluable (not t7) of 7. Patients: Ann and Cat of Ann, Bea,
    # Cat; Dot is treated, not evaluable.
    store = snapshot_of(SMALL)
    records = only(store.measure("side_effect_rates", unit="record"), effect="bruising")
    assert (records["treated"], records["evaluable"], records["affected"]) == (7, 6, 4)
    patients = only(store.measure("side_effect_rates", unit="patient"), effect="bruising")
    assert (patients["treated"], patients["evaluable"], patients["affected"]) == (4, 3, 2)


def test_a_unit_counts_once_in_every_group_it_has_a_record_in(snapshot_of: SnapshotOf) -> None:
    # Glabella: sessions of t1, t2, t3, t5: all evaluable, bruised t1, t2, t5. Lips: t4, t6, t7: t4 and t6
    # evaluable.
    rates = snapshot_of(SMALL).measure("side_effect_rates", by=("area",))
    glabella = only(rates, area="glabella", effect="bruising")
    lips = only(rates, area="lips", effect="bruising")
    assert (glabella["treated"], glabella["evaluable"], glabella["affected"]) == (4, 4, 3)
    assert (lips["treated"], lips["evaluable"], lips["affected"]) == (3, 2, 1)


def test_an_effect_nobody_had_in_a_group_is_none_of_n(snapshot_of: SnapshotOf) -> None:
    row = only(snapshot_of(SMALL).measure("side_effect_rates", by=("area",)), area="lips", effect="swelling")
    z2 = 1.959963984540054**2
    assert (row["affected"], row["evaluable"], row["rate"], row["rate_low"]) == (0, 2, 0, 0)
    assert row["rate_high"] == pytest.approx(z2 / (2 + z2))  # Wilson's upper limit of 0 of n


def test_an_onset_window_counts_only_elapsed_units_and_early_onsets(snapshot_of: SnapshotOf) -> None:
    # As of day 200 (Bea's follow-up). A window of 7 days has elapsed for all; swelling on day 8 is too late,
    # the bruise of Cat on day 7 is not. A window of 14 days has not elapsed for Dot's session of day 190.
    store = snapshot_of(SMALL)
    assert store.as_of == on(200)
    week = store.measure("side_effect_rates", window_days=7, unit="record")
    assert (only(week, effect="swelling")["affected"], only(week, effect="bruising")["affected"]) == (0, 4)
    assert only(week, effect="bruising")["pending"] == 0
    fortnight = only(store.measure("side_effect_rates", window_days=14), effect="swelling")
    assert (fortnight["treated"], fortnight["pending"], fortnight["evaluable"]) == (5, 1, 5)
    assert fortnight["affected"] == 1
    ten_days = only(store.measure("side_effect_rates", window_days=10), effect="any")
    assert ten_days["pending"] == 0  # day 190 + 10 is day 200: elapsed


def test_severity_and_effect_change_numerators_never_denominators(snapshot_of: SnapshotOf) -> None:
    rates = snapshot_of(SMALL).measure("side_effect_rates", Filters(severity=("severe",)))
    assert column_of(rates, "effect") == ["any", "bruising", "swelling"]
    row = only(rates, effect="any")
    assert (row["treated"], row["evaluable"], row["affected"]) == (6, 5, 1)
    not_recorded = snapshot_of(SMALL).measure("side_effect_rates", Filters(severity=("",)))
    assert only(not_recorded, effect="swelling")["affected"] == 1
    serious = snapshot_of(SMALL).measure("side_effect_rates", Filters(serious=("yes",)))
    assert only(serious, effect="any")["affected"] == 1
    only_swelling = snapshot_of(SMALL).measure("side_effect_rates", Filters(effect=("swelling",)))
    assert column_of(only_swelling, "effect") == ["any", "swelling"]
    assert only(only_swelling, effect="any")["affected"] == 1


def test_severity_as_a_group_repeats_the_denominators(snapshot_of: SnapshotOf) -> None:
    rates = snapshot_of(SMALL).measure("side_effect_rates", by=("severity",))
    assert set(column_of(rates, "severity")) == {"", "mild", "severe"}
    assert set(column_of(rates, "evaluable")) == {5}
    assert only(rates, severity="mild", effect="bruising")["affected"] == 2
    assert only(rates, severity="", effect="any")["affected"] == 1


def test_not_recorded_can_be_chosen(snapshot_of: SnapshotOf) -> None:
    row = only(snapshot_of(SMALL).measure("side_effect_rates", Filters(product=("",))), effect="any")
    assert (row["treated"], row["evaluable"], row["affected"]) == (2, 2, 1)  # Bea on day 100, Cat's lips


def test_a_group_nobody_was_seen_of_has_no_rate(snapshot_of: SnapshotOf) -> None:
    rates = snapshot_of(SMALL).measure("side_effect_rates", Filters(treated_from=on(190)))
    row = only(rates)
    assert (row["effect"], row["treated"], row["evaluable"], row["affected"]) == ("any", 1, 0, 0)
    assert (row["rate"], row["rate_low"], row["rate_high"]) == (None, None, None)
    assert (row["completeness"], row["rate_best_case"], row["rate_worst_case"]) == (0, 0, 1)


def test_a_selection_of_nothing_has_no_rows(snapshot_of: SnapshotOf) -> None:
    assert snapshot_of(SMALL).measure("side_effect_rates", Filters(treated_from=on(191))).empty
