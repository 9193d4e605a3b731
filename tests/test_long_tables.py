"""Long tables come period after period: the same rows, in the same order, as all at once."""

from __future__ import annotations

import pytest

import dashboard.store.snapshot as snapshot
from dashboard.filters import Filters
from tests.conftest import RandomSnapshot


@pytest.mark.parametrize("query", [{}, {"treated_from": "2023-01-20", "treated_to": "2024-09-30"}, {"side": ["left"]}])
def test_periods_change_nothing(
    random_snapshot: RandomSnapshot, monkeypatch: pytest.MonkeyPatch, query: dict[str, list[str] | str]
) -> None:
    _, store = random_snapshot(1)
    filters = Filters.from_query(query)
    for table in snapshot.DAYS:
        whole = store.records_reader(table, filters).read_all()
        assert whole.num_rows
        monkeypatch.setattr(snapshot, "PERIOD_ROWS", 7)
        assert store.records_reader(table, filters).read_all().equals(whole), table
        monkeypatch.undo()
