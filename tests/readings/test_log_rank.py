"""What is said of the test of no difference between curves."""

from __future__ import annotations

import pytest

from dashboard.charts.style import LIGHT
from dashboard.filters import Filters
from dashboard.ui import wording
from tests.conftest import SnapshotOf
from tests.drawing import Exports, on

RARE = 2


@pytest.mark.parametrize(
    ("burns", "beginning"), [(RARE, "No test of a difference"), (30, "Log-rank test of no difference")]
)
def test_it_is_left_out_where_a_group_is_rare_in_words_as_in_the_table(
    burns: int, beginning: str, snapshot_of: SnapshotOf
) -> None:
    who = [f"P{i}" for i in range(60)]
    exports = Exports(
        treatments=[
            {"treatment_id": one, "patient_id": one, "treated_on": on(0), "treatment_type": "skincare"} for one in who
        ],
        side_effects=[
            {
                "treatment_id": one,
                "effect": "burn" if i < burns else "redness",
                "onset_on": on(0),
                "resolved_on": on(i % 5 + 1),
            }
            for i, one in enumerate(who)
        ],
    )
    by = ("effect",)
    figures = snapshot_of(exports).measure("time_to_resolution_summary", Filters(), by, limits="none")
    assert wording.tested(figures, by, LIGHT, ()).startswith(beginning)
    assert ("logrank_p" in wording.without_tests(figures)) == (burns > RARE)
