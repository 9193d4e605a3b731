"""Imports that begin at the same time are done one after the other, or refused, and each is told who is at work."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import data
from tests.faults.importers import compete
from tests.faults.states import current_state, readers, write_state

IS_LONG = os.environ.get("OUTCOMES_FAULTS") == "long"
IMPORTERS = 8
WHO = r"\(process \d+ on \S+, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\)"


@pytest.mark.parametrize("patience", [60.0, 0.3], ids=["who waits", "who does not wait"])
@pytest.mark.parametrize("round_no", range(6 if IS_LONG else 1))
def test_eight_imports_at_once(tmp_path: Path, patience: float, round_no: int) -> None:
    pointer = tmp_path / "outcomes.json"
    data.import_exports([write_state(0, tmp_path)], pointer)
    exports = [write_state(state, tmp_path) for state in range(1, 1 + IMPORTERS)]
    with readers(pointer, 1) as readings:
        processes = [compete(one, pointer, patience) for one in exports]
        pointer.with_suffix(".go").touch()
        for process in processes:
            process.join(90)
    codes = [process.exitcode for process in processes]
    told = [one.with_suffix(".told").read_text(encoding="utf-8") for one in exports]
    published = codes.count(0)
    assert set(codes) <= {0, 2}
    assert published == IMPORTERS if patience == 60 else published >= 1
    for code, said in zip(codes, told, strict=True):
        if code:
            assert re.search(rf"Another import into .* is at work {WHO}\. Nothing was changed; try again", said)
    waited = sum(bool(re.search(rf"waiting for another import to finish {WHO}", said)) for said in told)
    assert waited >= IMPORTERS - 2
    assert data.current(pointer).number == 1 + published
    assert codes[current_state(pointer) - 1] == 0
    assert [one.number for one in data.snapshots(pointer)] == list(range(1 + published, 0, -1))
    assert (readings.failed, readings.backwards) == ([], 0)
    print(f"\n{published} of {IMPORTERS} published, {waited} waited, the others refused; {readings}")


def test_the_first_imports_of_all_may_compete_too(tmp_path: Path) -> None:
    pointer = tmp_path / "outcomes.json"
    exports = [write_state(state, tmp_path) for state in (1, 2)]
    processes = [compete(one, pointer, 60) for one in exports]
    pointer.with_suffix(".go").touch()
    for process in processes:
        process.join(90)
    assert [process.exitcode for process in processes] == [0, 0]
    assert data.current(pointer).number == 2
