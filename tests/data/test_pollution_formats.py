"""Archives, JSON, Parquet and workbooks, whole and damaged: what a CSV file promises, they promise."""

from __future__ import annotations

import pytest

from tests.data.pollution.formats import FORMATS
from tests.data.pollution.judging import Batches, judge
from tests.data.pollution.workbooks import WORKBOOKS
from tests.data.pollution.writing import Polluted

CASES = FORMATS.cases() + WORKBOOKS.cases()


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Batches:
    return Batches(CASES, tmp_path_factory.mktemp("imports"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_polluted_file(case: Polluted, batches: Batches) -> None:
    judge(case, batches.outcome(case))


def test_every_file_differs_from_every_other() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert len({(case.parts[0].table, case.content) for case in CASES}) == len(CASES)
