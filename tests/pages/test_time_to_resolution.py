"""The page Time to resolution: how its curves were estimated, and when groups are tested."""

from __future__ import annotations

import time

from dashboard.ui.wording import plain
from tests.drawing import drawn
from tests.pages.opening import Opened, of_products, said

SEEN_GONE = drawn(
    """treatment_id | patient_id | treated_on | treatment_type
    T1 | A | 0 | neuromodulator
    T2 | B | 0 | neuromodulator
    T3 | C | 0 | skincare
    T4 | D | 0 | skincare
    T5 | E | 0 | dermal_filler""",
    side_effects="""treatment_id | effect | onset_on | resolved_on | resolved_by
    T1 | bruising | 0 | . | 7
    T2 | bruising | 0 | 3 | .
    T3 | bruising | 0 | 4 | .
    T4 | bruising | 0 | 5 | .
    T5 | bruising | 0 | 5 | .""",
)


def test_a_page_says_how_each_curve_and_its_limits_were_estimated(opened: Opened) -> None:
    app = opened("seen-gone", SEEN_GONE, "time-to-resolution")
    deadline = time.monotonic() + 20
    while "being estimated" in said(app) and time.monotonic() < deadline:
        time.sleep(0.1)
        app.run()
    words = said(app).replace("\\", "")
    assert "Neuromodulator: Turnbull curve, as some were only seen gone at a later contact" in words
    assert "limits from 500 resamples of patients" in words
    assert "Skincare: Kaplan-Meier curve; 95 % limits by the jackknife, patients as clusters." in words
    assert "Dermal filler: Kaplan-Meier curve; without limits, as all are of one patient." in words


def test_a_warning_takes_the_place_of_a_test_of_small_groups(opened: Opened) -> None:
    large = opened("large", of_products(A=30, B=20), "time-to-resolution", resolution_by="product")
    assert plain("Log-rank test of no difference") in said(large)
    assert "logrank_p" in large.dataframe[0].value
    small = opened("small", of_products(A=30, B=19), "time-to-resolution", resolution_by="product")
    assert plain("Log-rank test of no difference") not in said(small)
    assert plain("because of fewer than 20 side effects: B (19).") in said(small)
    assert "logrank_p" not in small.dataframe[0].value


def test_groups_may_be_tested_within_strata(opened: Opened) -> None:
    query = {"resolution_by": "product", "resolution_strata": "treatment_type"}
    within = opened("large", of_products(A=30, B=20), "time-to-resolution", **query)
    assert plain("between the groups within strata of treatment type: chi-square") in said(within)
    apart = opened("large", of_products(A=30, B=20), "time-to-resolution", **query | {"resolution_by": "indication"})
    assert "within strata" not in said(apart)
