"""Single rows and values, polluted: that row is rejected, or that value left empty, and no other."""

from __future__ import annotations

import pytest

from tests.data.pollution.judging import Batches, judge
from tests.data.pollution.rows import DAMAGED, MIXED
from tests.data.pollution.values import VALUES

NAMES = DAMAGED.names() + MIXED.names() + VALUES.names()
"""Of the cases, which are made where they are imported, and not by every process that collects the tests."""


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Batches:
    return Batches(DAMAGED.cases() + MIXED.cases() + VALUES.cases(), tmp_path_factory.mktemp("imports"))


@pytest.mark.parametrize("name", NAMES)
def test_a_polluted_file(name: str, batches: Batches) -> None:
    case = batches.cases[name]
    judge(case, batches.outcome(case))


def test_every_file_differs_from_every_other(batches: Batches) -> None:
    assert len({*NAMES}) == len(NAMES)
    assert len({(case.parts[0].table, case.content) for case in batches.cases.values()}) == len(NAMES)
