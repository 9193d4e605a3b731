"""What a picture of results says in words: from records by the real door, and with few or none."""

from __future__ import annotations

from dashboard.charts.style import NBSP
from dashboard.filters import Filters
from dashboard.ui.readings import results as readings
from tests.conftest import SnapshotOf
from tests.drawing import Exports, drawn, on
from tests.measures.test_results import SMALL


def scored(*changes: float) -> Exports:
    """A patient per change in asymmetry, from 5, satisfied where it fell."""
    known = {f"p{place}": change for place, change in enumerate(changes)}
    treatments = [
        {
            "treatment_id": who,
            "patient_id": who,
            "treated_on": on(0),
            "treatment_type": "skincare",
            "baseline_asymmetry": 5,
        }
        for who in known
    ]
    follow_ups = [
        {
            "treatment_id": who,
            "followed_up_on": on(30),
            "asymmetry": 5 + change,
            "satisfaction": 4 if change < 0 else 2,
        }
        for who, change in known.items()
    ]
    return Exports(treatments, [], follow_ups)


def test_a_fall_in_asymmetry_is_said_with_its_limits(snapshot_of: SnapshotOf) -> None:
    # Mean -1.5, variance 1/3 between four patients: 1.5 -+ 3.1824 * sqrt(1/3 / 4).
    totals = snapshot_of(scored(-1, -2, -1, -2)).measure("results", by=())
    assert readings.asymmetry(totals) == (
        "Over all groups, asymmetry was 1.50 points lower than before (between 0.58 and 2.42): at least 1 point lower "
        f"in 100{NBSP}%, higher in 0{NBSP}%."
    )


def test_limits_on_both_sides_of_nought_are_told_as_lower_and_higher(snapshot_of: SnapshotOf) -> None:
    text = readings.asymmetry(snapshot_of(SMALL).measure("results", by=()))
    assert "asymmetry was 0.25 points lower than before (between 9.78 lower and 9.28 higher)" in text


def test_one_patient_has_no_limits_in_words_either(snapshot_of: SnapshotOf) -> None:
    text = readings.asymmetry(snapshot_of(SMALL).measure("results", Filters(area=("cheek",)), by=()))
    assert text.startswith("Over all groups, asymmetry was 1.00 points lower than before: at least")


def test_nothing_recorded_is_not_read(snapshot_of: SnapshotOf) -> None:
    exports = drawn("treatment_id | patient_id | treated_on | treatment_type\nT1 | A | 0 | skincare")
    totals = snapshot_of(exports).measure("results", by=())
    for reading in (readings.asymmetry, readings.good, readings.other, readings.gais, readings.satisfaction):
        assert reading(totals) == ""


def test_shares_are_read_only_where_they_were_recorded(snapshot_of: SnapshotOf) -> None:
    text = readings.good(snapshot_of(scored(-1, -1, 1, 1)).measure("results", by=()))
    # Wilson of 2 of 4, of so many effective units as n - 1.
    assert text == f"Over all groups, 50.0{NBSP}% (between 12.5 and 87.5{NBSP}%) left the patient satisfied."
