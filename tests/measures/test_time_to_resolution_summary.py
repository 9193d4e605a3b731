"""The resolution summary: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import pytest

from dashboard.filters import FilterError, Filters
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import Exports, on
from tests.measures.agreement import SEEDS, agrees, agrees_on_random_cases, column_of, only
from tests.measures.test_oracle_known_answers import PLACEBO, SIX_MP


def remissions() -> Exports:
    """The two arms of Freireich's trial as side effects of two products, one patient each; weeks drawn as days."""
    treatments, side_effects = [], []
    for product, ends in (("6-MP", SIX_MP), ("placebo", PLACEBO)):
        for i, (day, seen) in enumerate(ends):
            key = f"{product}-{i}"
            treatments.append(
                {
                    "treatment_id": key,
                    "patient_id": key,
                    "treated_on": on(0),
                    "treatment_type": "skincare",
                    "product": product,
                }
            )
            end = "resolved_on" if seen else "last_present_on"
            side_effects.append({"treatment_id": key, "effect": "nodule", "onset_on": on(0), end: on(day)})
    return Exports(treatments, [], [], side_effects)


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("time_to_resolution_summary", seed, *random_snapshot(seed))


@pytest.mark.parametrize("strata", [("clinic",), ("sex", "severity")])
@pytest.mark.parametrize("seed", SEEDS[:6])
def test_within_strata_agrees_with_the_naive_implementation(
    seed: int, strata: tuple[str, ...], random_snapshot: RandomSnapshot
) -> None:
    agrees("time_to_resolution_summary", *random_snapshot(seed), {}, options={"limits": "none", "strata": strata})


def test_strata_have_to_be_others_than_the_groups(random_snapshot: RandomSnapshot) -> None:
    _, store = random_snapshot(1)
    with pytest.raises(FilterError, match="within strata of the same: clinic"):
        store.measure("time_to_resolution_summary", by=("clinic",), strata=("clinic",))


def test_published_medians_and_log_rank(snapshot_of: SnapshotOf) -> None:
    # Freireich et al. 1963: medians 23 and 8, log-rank 16.7929.
    summary = snapshot_of(remissions()).measure("time_to_resolution_summary", by=("product",))
    treated, placebo = only(summary, product="6-MP"), only(summary, product="placebo")
    assert (treated["median_days"], placebo["median_days"]) == (23, 8)
    assert (treated["side_effects"], treated["resolved"], treated["censored"]) == (21, 9, 12)
    assert column_of(summary, "logrank_chi2") == pytest.approx([16.7929, 16.7929], abs=5e-5)
    assert column_of(summary, "logrank_df") == [1, 1]
    assert column_of(summary, "logrank_p") == pytest.approx([4.168809e-05] * 2, rel=1e-6)


def test_what_is_not_reached_or_not_known_is_empty(snapshot_of: SnapshotOf) -> None:
    # Under 6-MP the curve ends on day 35 at .448: a third quartile and a share by day 90 are not known.
    store = snapshot_of(remissions())
    row = only(store.measure("time_to_resolution_summary", Filters(product=("6-MP",))))
    assert (row["q3_days"], row["median_high"], row["resolved_by_90"]) == (None, None, None)
    assert (row["resolved_by_90_low"], row["resolved_by_90_high"], row["restricted_mean_days"]) == (None,) * 3
    assert (row["logrank_chi2"], row["logrank_df"], row["logrank_p"]) == (None, None, None)
    assert row["resolved_by_7"] == pytest.approx(1 - 18 / 21 * 16 / 17)


def test_a_curve_that_ends_at_none_unresolved_is_known_ever_after(snapshot_of: SnapshotOf) -> None:
    # The placebo arm: all resolved by day 23; the mean of all days is the area under the curve.
    row = only(snapshot_of(remissions()).measure("time_to_resolution_summary", Filters(product=("placebo",))))
    assert row["resolved_by_90"] == pytest.approx(1)
    assert row["resolved_by_90_high"] == pytest.approx(1)
    assert row["restricted_mean_days"] == pytest.approx(sum(day for day, _ in PLACEBO) / 21)
    assert row["resolved_by_1"] == pytest.approx(2 / 21)
    assert row["resolved_by_14"] == pytest.approx(17 / 21)


def test_a_median_at_exactly_one_half_is_reached(snapshot_of: SnapshotOf) -> None:
    # Of 44, one resolves a day: 22 are left after day 22, but 43/44 * 42/43 * ... in floating point is above 1/2.
    treatments = [
        {"treatment_id": f"t{i}", "patient_id": f"p{i}", "treated_on": on(0), "treatment_type": "skincare"}
        for i in range(44)
    ]
    side_effects = [
        {"treatment_id": f"t{i}", "effect": "redness", "onset_on": on(0), "resolved_on": on(i + 1)} for i in range(44)
    ]
    row = only(snapshot_of(Exports(treatments, [], [], side_effects)).measure("time_to_resolution_summary"))
    assert (row["q1_days"], row["median_days"], row["q3_days"]) == (11, 22, 33)
