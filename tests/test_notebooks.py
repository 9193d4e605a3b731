"""What the README tells notebooks and scripts runs as it stands there, and refuses with a sentence what it must."""

from __future__ import annotations

import datetime
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dashboard
from dashboard import FilterError, Filters
from tests.conftest import RandomSnapshot

ROOT = Path(__file__).parent.parent
LIGHT = "import sys, dashboard\nassert not {'pandas', 'duckdb', 'pyarrow', 'streamlit'} & set(sys.modules)\n"
SEED = 3


def test_the_example_runs_in_a_process_of_its_own(random_snapshot: RandomSnapshot) -> None:
    _, store = random_snapshot(SEED)
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    pointer = store.generation.path.parent.with_suffix("")
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", LIGHT + example],
        cwd=ROOT,
        env={**os.environ, "OUTCOMES_SNAPSHOT": str(pointer)},
        capture_output=True,
        text=True,
        check=True,
    )
    lips = Filters(area=("lips",), treated_from=datetime.date(2023, 1, 1))
    rates = store.measure("side_effect_rates", lips, ("product",), "patient")
    shown = rates[rates["effect"] == "any"][["product", "affected", "evaluable", "rate"]].to_string(index=False)
    records = len(store.records("treatments", lips))
    assert records
    assert ran.stdout == f"{shown}\n{records} treatment records of the lips, as of {store.as_of}\n"


def test_frames_and_arrow_hold_the_same(random_snapshot: RandomSnapshot) -> None:
    _, store = random_snapshot(SEED)
    for name in ("results", "follow_ups"):
        frame = store.table(name, by="clinic")
        pd.testing.assert_frame_equal(store.table(name, by=["clinic"], as_arrow=True).to_pandas(), frame)
        assert len(frame)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"name": "nothing"}, "there is no table 'nothing'; there are: asymmetry_change"),
        ({"name": "results", "by": "shoe_size"}, "results cannot be shown by shoe_size; it can by: treatment_type"),
        ({"name": "results", "unit": "patient"}, "results takes no --unit"),
        ({"name": "treatments", "limit": 3}, "treatments takes no --limit"),
        ({"name": "patient_timeline"}, "is of one patient"),
        ({"name": "results", "filters": Filters(clinic=("Nowhere",))}, "clinic 'Nowhere' occurs nowhere; there are"),
        ({"name": "comparison", "strata": "treatment_type"}, "within strata of the same"),
    ],
)
def test_what_cannot_be_answered_is_said(random_snapshot: RandomSnapshot, asked: dict[str, Any], said: str) -> None:
    _, store = random_snapshot(SEED)
    with pytest.raises(FilterError, match=re.escape(said)):
        store.table(**asked)


@pytest.mark.parametrize(
    ("given", "said"),
    [({"treated_from": "soon"}, "not a date"), ({"lot": (7,)}, "texts"), ({"dose_from": "much"}, "not a number")],
)
def test_a_filter_that_is_none_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(FilterError, match=said):
        Filters(**given)


def test_one_value_may_stand_for_itself() -> None:
    given: dict[str, Any] = {
        "product": "",
        "lot": ["L2", "L1"],
        "clinic": None,
        "treated_from": datetime.datetime(2024, 1, 1, 9, 30),
        "treated_to": "2024-12-31",
    }
    first, last = datetime.date(2024, 1, 1), datetime.date(2024, 12, 31)
    assert Filters(**given) == Filters(product=("",), lot=("L1", "L2"), treated_from=first, treated_to=last)


def test_what_the_package_offers_is_there() -> None:
    assert all(getattr(dashboard, name) for name in dashboard.__all__)
    assert set(dashboard.__all__) <= set(dir(dashboard))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(dashboard, "nothing")  # noqa: B009
