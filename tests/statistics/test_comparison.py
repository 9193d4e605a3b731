"""Groups against each other: published examples and a second implementation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from dashboard.statistics.comparison import benjamini_hochberg
from tests import oracle


def test_the_fifteen_p_values_of_benjamini_and_hochberg() -> None:
    # Benjamini and Hochberg 1995, section 3.1: at 5 % the four smallest are called so.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590]
    adjusted = benjamini_hochberg(np.array([*p, 1.0]))
    assert (adjusted < 0.05).sum() == 4
    assert adjusted.tolist() == pytest.approx(multipletests([*p, 1.0], method="fdr_bh")[1].tolist())


@given(st.lists(st.floats(0, 1) | st.sampled_from([0.01, 0.02, 0.5]), max_size=20))
def test_it_is_the_naive_one(p: list[float]) -> None:
    assert benjamini_hochberg(np.array(p)).tolist() == pytest.approx(oracle.benjamini_hochberg(p), abs=1e-12)
