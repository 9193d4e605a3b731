"""Risk and durability: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import pytest

from tests.conftest import RandomSnapshot
from tests.measures.agreement import agrees_on_random_cases


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_the_naive_implementation(seed: int, results_snapshot: RandomSnapshot) -> None:
    agrees_on_random_cases("risk_and_durability", seed, *results_snapshot(seed))
