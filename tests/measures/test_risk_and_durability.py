"""Risk and durability: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import pytest

from dashboard.filters import FilterError
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import drawn, random_exports, with_random_results
from tests.measures.agreement import agrees_on_random_cases, column_of, only


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_the_naive_implementation(seed: int, results_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("risk_and_durability", seed, *results_snapshot(seed))


def test_it_is_what_the_two_measures_say(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(with_random_results(random_exports(14, 25), 14))
    beside = store.measure("risk_and_durability", by=("clinic",), unit="patient", level=0.9)
    rates = store.measure("side_effect_rates", by=("clinic",), unit="patient", level=0.9)
    medians = store.measure("maintenance_summary", by=("clinic",), level=0.9)
    rates = rates[rates["effect"] == "any"]
    assert column_of(beside, "rate_high") == column_of(rates, "rate_high")
    known = beside[beside["courses"] > 0]
    assert column_of(known, "median_low") == column_of(medians, "median_low")


def test_surgery_has_a_rate_and_no_interval(snapshot_of: SnapshotOf) -> None:
    exports = drawn(
        "treatment_id | patient_id | treated_on | treatment_type\nT1 | A | 0 | rhinoplasty",
        follow_ups="treatment_id | followed_up_on\nT1 | 9",
    )
    row = only(snapshot_of(exports).measure("risk_and_durability"))
    assert (row["evaluable"], row["rate"], row["courses"], row["median_days"]) == (1, 0, 0, None)


def test_it_is_shown_by_what_both_measures_have(snapshot_of: SnapshotOf) -> None:
    exports = drawn("treatment_id | patient_id | treated_on | treatment_type\nT1 | A | 0 | rhinoplasty")
    for group in ("effect", "position"):
        with pytest.raises(FilterError, match="cannot be shown by"):
            snapshot_of(exports).measure("risk_and_durability", by=(group,))
