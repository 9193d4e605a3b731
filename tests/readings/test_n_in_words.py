"""The n beneath a chart is that of all groups together, whichever way it is come by."""

from __future__ import annotations

import pytest

import queries
from dashboard.ui.section import IN_ONE_GROUP
from dashboard.ui.wording import n_in_words
from tests.conftest import RandomSnapshot
from tests.measures.agreement import SEEDS


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", IN_ONE_GROUP)
def test_where_no_unit_is_in_two_groups_they_add_up(random_snapshot: RandomSnapshot, name: str, seed: int) -> None:
    _, store = random_snapshot(seed)
    together = n_in_words(store.measure(name, by=()))
    for column in IN_ONE_GROUP[name] or queries.groups_of(name):
        groups = store.measure(name, by=(column,))
        if name == "maintenance_summary":
            groups = groups.assign(patients=store.patients_of_courses())
        assert n_in_words(groups) == together, column
