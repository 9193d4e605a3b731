"""What is said of a comparison, from the store's own figures."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from dashboard.charts.style import LIGHT
from dashboard.ui.readings import comparison as readings
from tests.conftest import SnapshotOf
from tests.drawing import Exports
from tests.measures.test_comparison import NEWCOMBE, exports_of
from tests.measures.test_side_differences import pairs_of

BY = ("technique",)


def said(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_difference_is_told_with_its_limits_and_its_way(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(NEWCOMBE)
    higher = readings.side_effects(store.measure("comparison", by=BY, unit="patient"), BY, LIGHT, ())
    assert higher == [
        "At least one side effect 20 points higher with Cannula than with Needle, between 5.2 and 33.4 higher.",
        "Bruising 20 points higher with Cannula, between 5.2 and 33.4 higher.",
    ]
    turned = store.measure("comparison", by=BY, unit="patient", reference="cannula")
    assert readings.side_effects(turned, BY, LIGHT, ())[1] == (
        "Bruising 20 points lower with Needle, between 5.2 and 33.4 lower."
    )


def test_limits_that_include_no_difference_are_told_to_both_sides(snapshot_of: SnapshotOf) -> None:
    frame = snapshot_of(exports_of(({"technique": "needle"}, 40, 3), ({"technique": "cannula"}, 30, 3))).measure(
        "comparison", by=BY, unit="patient"
    )
    told = readings.side_effects(frame, BY, LIGHT, ())
    assert re.search(
        r"2\.5 points higher with Cannula than with Needle, between [\d.]+ lower and [\d.]+ higher", told[0]
    )
    assert told[1] == "With Cannula the limits of every single effect include no difference."


def test_what_is_adjusted_stands_beside_what_is_not(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(
        exports_of(
            ({"technique": "needle", "area": "lips"}, 40, 20),
            ({"technique": "cannula", "area": "lips"}, 40, 20),
            ({"technique": "needle", "area": "tear_trough"}, 30, 3),
        )
    )
    frame = store.measure("comparison", by=BY, unit="patient", strata=("area",))
    assert "; adjusted for area the same, between" in readings.side_effects(frame, BY, LIGHT, ("area",))[0]
    assert readings.overlap(frame, BY, LIGHT, "patient") == [
        "Cannula: 1 stratum with 30 of 110 patients lacks one of the groups, and is not in what is adjusted: "
        "tear trough."
    ]


def test_no_overlap_is_said_and_what_to_do(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(
        exports_of(({"technique": "needle", "area": "lips"}, 41, 9), ({"technique": "cannula", "area": "chin"}, 40, 9))
    )
    frame = store.measure("comparison", by=BY, unit="patient", strata=("area",))
    assert readings.overlap(frame, BY, LIGHT, "patient")[1] == (
        "Cannula: no stratum has both groups, so nothing can be adjusted. Adjust for less."
    )
    assert "adjusted" not in readings.side_effects(frame, BY, LIGHT, ("area",))[0]


def test_few_followed_up_are_said(snapshot_of: SnapshotOf) -> None:
    seen = exports_of(({"technique": "needle"}, 100, 41), ({"technique": "cannula"}, 40, 10))
    unseen = Exports(
        seen.treatments, [], [row for row in seen.follow_ups if row["treatment_id"] >= "T6"], seen.side_effects
    )
    told = readings.side_effects(snapshot_of(unseen).measure("comparison", by=BY), BY, LIGHT, ())
    assert re.search(r"; [\d.]+ % followed up, so read with care\.$", said(told[0]))


def test_small_groups_are_named_with_their_n(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(exports_of(({"technique": "needle"}, 40, 3), ({"technique": "cannula"}, 19, 3)))
    frame = store.measure("comparison", by=BY, unit="patient")
    assert readings.too_few(frame, BY, LIGHT) == ("Fewer than 20 were followed up, so nothing is tested: Cannula (19).")
    assert readings.too_few(snapshot_of(NEWCOMBE).measure("comparison", by=BY), BY, LIGHT) == ""


def test_who_differs_is_told_and_who_does_not(snapshot_of: SnapshotOf) -> None:
    apart = exports_of(
        ({"technique": "needle", "clinic": "N"}, 40, 3), ({"technique": "cannula", "clinic": "S"}, 30, 3)
    )
    for exports, told in (
        (apart, "Cannula and Needle differ, most in clinic: what differs may explain what follows."),
        (NEWCOMBE, "Cannula and Needle are alike in all that was recorded before the treatment."),
    ):
        assert readings.balance(snapshot_of(exports).measure("baseline_balance", by=BY), BY, LIGHT) == [told]


def test_medians_are_told_with_limits_or_as_not_reached() -> None:
    summary = pd.DataFrame(
        {
            "technique": ["cannula", "needle", "laser"],
            "median_days": [5.0, 7.0, float("nan")],
            "median_low": [4.0, float("nan"), float("nan")],
            "median_high": [float("nan")] * 3,
        }
    )
    assert said(readings.medians(summary, BY, LIGHT, "had resolved")) == (
        "Half had resolved after 5 days (between 4 and open) with Cannula, after 7 days with Needle "
        "and not yet with Laser."
    )
    assert readings.medians(summary.head(0), BY, LIGHT, "had resolved") == ""


def test_nothing_is_said_of_nothing(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(NEWCOMBE)
    nothing = store.measure("comparison", by=())
    assert readings.side_effects(nothing, (), LIGHT, ()) == []
    assert readings.overlap(nothing, (), LIGHT, "session") == []
    assert readings.too_few(nothing, (), LIGHT) == ""


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ({f"p{place}": "l" for place in range(20)}, "a side effect was oftener on the left"),
        ({f"p{place}": "r" for place in range(20)}, "a side effect was oftener on the right"),
        ({f"p{place}": "lr" for place in range(10)}, "leave open which side"),
    ],
)
def test_a_side_is_named_only_where_the_limits_leave_no_other(
    pairs: dict[str, str], words: str, snapshot_of: SnapshotOf
) -> None:
    assert words in readings.sides(snapshot_of(pairs_of(**pairs)).measure("side_differences", by=()))
