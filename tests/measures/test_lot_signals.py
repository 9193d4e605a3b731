"""Lots against the other lots of their product: against the oracle, a planted lot, and who was exposed."""

from __future__ import annotations

import pytest
from scipy import stats

from dashboard.filters import Filters
from dashboard.privacy import Withheld
from dashboard.store import SuppressedStore
from tests import oracle
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import Exports, Row, on, random_filters
from tests.measures.agreement import SEEDS, agrees, agrees_on_random_cases, column_of, only


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("lot_signals", seed, *random_snapshot(seed))


def lots(counts: dict[tuple[str | None, str | None], tuple[int, int]]) -> Exports:
    """Of each product and lot, so many affected of so many followed up, one patient each."""
    treatments: list[Row] = []
    side_effects: list[Row] = []
    for (product, lot), (affected, evaluable) in counts.items():
        for i in range(evaluable):
            key = f"{product}-{lot}-{i}"
            treatments.append(
                {
                    "treatment_id": key,
                    "patient_id": key,
                    "treated_on": on(i % 7),
                    "treatment_type": "dermal_filler",
                    "product": product,
                    "lot": lot,
                }
            )
            if i < affected:
                side_effects.append({"treatment_id": key, "effect": "nodule", "onset_on": on(i % 7 + 1)})
    follow_ups = [{"treatment_id": row["treatment_id"], "followed_up_on": on(30)} for row in treatments]
    return Exports(treatments, [], follow_ups, side_effects)


PLANTED = lots(
    {
        ("P", "bad"): (9, 20),
        ("P", "good"): (2, 40),
        ("P", "small"): (4, 4),
        ("Q", "bad"): (1, 20),
        ("Q", "other"): (1, 20),
        ("P", None): (50, 50),
        (None, "bad"): (50, 50),
        ("R", "alone"): (10, 10),
    }
)


def test_a_planted_lot_is_found_among_those_of_its_product(snapshot_of: SnapshotOf) -> None:
    found = snapshot_of(PLANTED).measure("lot_signals", by=())
    bad = only(found, product="P", lot="bad", effect="nodule")
    assert (bad["exposed"], bad["affected"], bad["others_affected"], bad["others_evaluable"]) == (20, 9, 6, 44)
    fisher = stats.fisher_exact([[9, 11], [6, 38]], alternative="greater").pvalue
    assert bad["p"] == pytest.approx(fisher, rel=1e-9)
    own = found[(found["effect"] == "nodule") & found["p"].notna()]
    # Tested are those of 5 and more, with another lot of their product.
    assert sorted(zip(own["product"], own["lot"], strict=True)) == [
        ("P", "bad"),
        ("P", "good"),
        ("Q", "bad"),
        ("Q", "other"),
    ]
    assert column_of(own, "p_adjusted") == pytest.approx(stats.false_discovery_control(own["p"], method="bh"), rel=1e-9)
    assert column_of(own, "is_signal") == [True, False, False, False]
    assert "" not in {*found["product"], *found["lot"]}


def test_signals_agree_with_the_naive_implementation(snapshot_of: SnapshotOf) -> None:
    agrees("lot_signals", PLANTED, snapshot_of(PLANTED), {}, ())
    agrees("lot_signals", PLANTED, snapshot_of(PLANTED), {"effect": ("nodule",)}, ("treatment_type",))


@pytest.mark.parametrize("seed", range(8))
def test_the_exposed_are_those_of_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    exports, store = random_snapshot(seed)
    for place in range(4):
        selection = random_filters(seed * 4 + place, exports)
        expected: dict[tuple[str, str, str], list[Row]] = {}
        for record in oracle.cohort(oracle.treatment_records(exports), selection):
            own = record["attributes"]
            if own["lot"]:
                expected.setdefault((own["product"], own["lot"], record["patient_id"]), []).append(record)
        found = store.records("lot_exposed", Filters(**selection)).fillna("").to_dict("records")
        assert sorted((row["product"], row["lot"], row["patient_id"]) for row in found) == sorted(expected)
        for row in found:
            records = expected[row["product"], row["lot"], row["patient_id"]]
            days = [record["treated_on"] for record in records]
            effects = {
                side_effect["effect"]
                for record in records
                for side_effect in record["side_effects"]
                if oracle.is_counted(side_effect, selection)
            }
            assert row["treatment_records"] == len(records)
            assert (row["first_treated_on"], row["last_treated_on"]) == (min(days), max(days))
            assert row["is_followed_up"] == any(record["follow_ups"] or record["side_effects"] for record in records)
            assert row["side_effects"] == ", ".join(sorted(effects))


def test_who_was_exposed_can_be_had_and_is_withheld(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(PLANTED)
    exposed = store.records("lot_exposed", Filters(product=("P",), lot=("bad",)))
    assert sorted(exposed["patient_id"]) == sorted(f"P-bad-{i}" for i in range(20))
    affected = exposed[exposed["patient_id"] == "P-bad-8"].iloc[0]
    assert (affected["side_effects"], affected["treatment_records"], bool(affected["is_followed_up"])) == (
        "nodule",
        1,
        True,
    )
    assert (affected["first_treated_on"], affected["last_treated_on"]) == (on(1), on(1))
    assert exposed["side_effects"].notna().sum() == 9
    with pytest.raises(Withheld):
        SuppressedStore(store.generation, 5).records("lot_exposed")
