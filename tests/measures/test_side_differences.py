"""Left against right: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import pytest

from dashboard.statistics.pairs import paired_difference
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import Exports, Row, drawn, on
from tests.measures.agreement import agrees_on_random_cases, only


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_the_naive_implementation(seed: int, results_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("side_differences", seed, *results_snapshot(seed))


def pairs_of(**sides: str) -> Exports:
    """Patients with pairs, a letter each: both, left only, right only, neither; a day and two records per pair."""
    treatments: list[Row] = []
    side_effects: list[Row] = []
    follow_ups: list[Row] = []
    for patient, pairs in sides.items():
        for day, which in enumerate(pairs):
            for side in ("left", "right"):
                name = f"{patient}-{day}-{side}"
                treatments.append(
                    {
                        "treatment_id": name,
                        "patient_id": patient,
                        "treated_on": on(day),
                        "treatment_type": "dermal_filler",
                        "area": "cheek",
                        "side": side,
                    }
                )
                follow_ups.append({"treatment_id": name, "followed_up_on": on(day + 5)})
                if which == "b" or which == side[0]:
                    side_effects.append({"treatment_id": name, "effect": "bruising", "onset_on": on(day)})
    return Exports(treatments, [], follow_ups, side_effects)


COUNTS = ("pairs", "patients", "both", "left_only", "right_only", "neither", "patients_left", "patients_right")


def test_by_hand(snapshot_of: SnapshotOf) -> None:
    row = only(snapshot_of(pairs_of(ann="lln", bea="r", cat="b")).measure("side_differences"), effect="bruising")
    assert [row[column] for column in COUNTS] == [5, 3, 1, 2, 1, 1, 1, 1]
    assert row["p"] is None  # under 20 pairs
    # d = 1/5; residuals Ann 2 - 3/5, Bea -1 - 1/5, Cat -1/5: v = 3/2 * 3.44 / 25 = 0.2064; pairs of different patients
    # have (3/5 - 1/25) / n, so n_eff = 0.56 / 0.2064 = 2.713.
    share = 0.56 / 0.2064 / 5
    expected = paired_difference(share, 2 * share, share, share)
    assert (row["difference"], row["difference_low"], row["difference_high"]) == pytest.approx(expected)


def test_every_patient_counts_once_in_the_test(snapshot_of: SnapshotOf) -> None:
    exports = pairs_of(**{f"p{place}": "llr" if place < 7 else "rn" for place in range(8)})
    row = only(snapshot_of(exports).measure("side_differences"), effect="any")
    assert (row["pairs"], row["left_only"], row["right_only"]) == (23, 14, 8)
    assert (row["patients_left"], row["patients_right"], row["p"]) == (7, 1, pytest.approx(0.0390625))


def test_only_the_same_area_day_and_type_of_one_patient_are_a_pair(snapshot_of: SnapshotOf) -> None:
    exports = drawn(
        treatments="""
            treatment_id | patient_id | treated_on | treatment_type | area  | side
            a1           | ann        | 0          | dermal_filler  | cheek | left
            a2           | ann        | 0          | dermal_filler  | cheek | right
            a3           | ann        | 0          | dermal_filler  | cheek | left
            b1           | bea        | 0          | dermal_filler  | cheek | left
            b2           | bea        | 0          | dermal_filler  | brow  | right
            b3           | bea        | 1          | dermal_filler  | cheek | right
            c1           | cat        | 0          | dermal_filler  | cheek | left
            c2           | cat        | 0          | skincare       | cheek | right
            d1           | dot        | 0          | dermal_filler  | cheek | left
            d2           | dot        | 0          | dermal_filler  | cheek | right
            e1           | eve        | 0          | dermal_filler  | cheek | both
            e2           | eve        | 0          | dermal_filler  | cheek | right
        """,
        follow_ups="""
            patient_id | treatment_id | followed_up_on
            ann        | .            | 9
            bea        | .            | 9
            cat        | .            | 9
            .          | d1           | 9
            eve        | .            | 9
        """,
        side_effects="treatment_id | effect | onset_on\na3 | bruising | 0",
    )
    row = only(snapshot_of(exports).measure("side_differences", by=()), effect="any")
    assert [row[column] for column in COUNTS] == [1, 1, 0, 1, 0, 0, 1, 0]


def test_a_group_without_pairs_has_none(snapshot_of: SnapshotOf) -> None:
    exports = drawn("treatment_id | patient_id | treated_on | treatment_type | side\nT1 | A | 0 | skincare | left")
    row = only(snapshot_of(exports).measure("side_differences"), effect="any")
    assert [row[column] for column in COUNTS] == [0] * 8
    assert row["difference"] is row["difference_low"] is row["p"] is None
