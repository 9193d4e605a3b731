"""A snapshot of an earlier version answers as a new one does."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from dashboard.filters import Filters
from dashboard.store import Scope, open_snapshot
from tests.conftest import import_once
from tests.drawing import random_exports


@pytest.mark.parametrize("group", ["dose_band", "aftercare", "treatment_type"])
def test_treatment_records_of_before_they_had_all_attributes_are_derived(group: str, tmp_path: Path) -> None:
    store = import_once(random_exports(4, patients=40), tmp_path)
    earlier = tmp_path / "earlier.duckdb"
    shutil.copy(next((tmp_path / "outcomes.json.d").glob("*.duckdb")), earlier)
    earlier.chmod(0o644)
    with duckdb.connect(str(earlier)) as connection:
        for column in ("dose_band", "aftercare"):
            connection.execute(f"alter table treatment_records drop column {column}")
    derived = open_snapshot(earlier)
    assert derived.values(group) == store.values(group)
    filters = Filters.of([("dose_band", "lower third"), ("dose_band", "")])
    figures = [each.measure("side_effect_rates", filters, (group,)) for each in (store, derived)]
    assert len(figures[0])
    assert figures[0].equals(figures[1])
    # What is cut from it holds what is derived.
    scope = Scope(practitioners=("P1",))
    cut = [
        open_snapshot(each.generation.path, scope=scope).measure("side_effect_rates", filters, (group,))
        for each in (store, derived)
    ]
    assert len(cut[0])
    assert cut[0].equals(cut[1])
