"""What is asked: the command, the line of Python and the manifest's entry all give the same table."""

from __future__ import annotations

import datetime
import json
import shlex

import pandas as pd
import pyarrow as pa
import pytest

from dashboard.filters import FilterError, Filters
from dashboard.request import Request
from dashboard.store import RECORDS
from tests.conftest import RandomSnapshot

FILTERS = Filters(
    treated_from=datetime.date(2023, 1, 1),
    treatment_type=("dermal_filler", "rhinoplasty"),
    area=("", "Crow's feet; outer"),
)
REQUESTS = (
    Request("side_effect_rates", FILTERS, ("product", "side"), (("unit", "patient"), ("window_days", 30))),
    Request("side_effect_rates", Filters(), ()),
    Request("comparison", Filters(treatment_type=("dermal_filler",)), ("technique",), (("strata", ("area",)),)),
    Request(
        "time_to_resolution",
        Filters(side=("", "left", "right")),
        options=(("clock", "treatment"), ("limits", "none"), ("level", 0.9)),
    ),
    Request("treatments", FILTERS),
    Request("recall_list", Filters(), options=(("horizon_days", 14),)),
)


def table(rows: pd.DataFrame | pa.RecordBatchReader) -> pd.DataFrame:
    frame: pd.DataFrame = rows if isinstance(rows, pd.DataFrame) else rows.read_all().to_pandas()
    return frame


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: one.name)
def test_a_request_survives_a_manifest_and_a_line_of_python(request_: Request, random_snapshot: RandomSnapshot) -> None:
    _, store = random_snapshot(3)
    assert Request.from_json(json.loads(json.dumps(request_.to_json()))) == request_
    asked = table(request_.rows(store))
    told = eval(request_.python, {"store": store, "Filters": Filters, "datetime": datetime})
    pd.testing.assert_frame_equal(asked, told)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: one.name)
def test_the_select_with_its_values_gives_what_the_select_with_parameters_gives(
    request_: Request, random_snapshot: RandomSnapshot
) -> None:
    _, store = random_snapshot(3)
    bound = store._frame(request_.sql, request_.parameters)
    assert len(bound)
    pd.testing.assert_frame_equal(store._frame(request_.statement), bound)


def test_the_command_names_everything_that_is_asked() -> None:
    assert shlex.split(REQUESTS[0].command) == [
        *("outcomes", "export", "side_effect_rates", "--from", "2023-01-01"),
        *("--where", "treatment_type=dermal_filler", "--where", "treatment_type=rhinoplasty"),
        *("--where", "area=", "--where", "area=Crow's feet; outer", "--by", "product", "--by", "side"),
        *("--unit", "patient", "--window-days", "30"),
    ]
    assert shlex.split(REQUESTS[1].command)[3:] == ["--by", "total"]


def test_what_is_usual_is_left_away() -> None:
    of_not_recorded = Request("comparison", options=(("reference", ""),))
    assert shlex.split(of_not_recorded.command)[3:] == ["--reference", ""]
    told = Request("side_effect_rates", options=(("unit", "session"), ("window_days", None), ("level", 0.95)))
    assert told == Request("side_effect_rates")
    assert Request("treatments", by=("area",)) == Request("treatments")
    assert set(RECORDS) >= {"treatments"}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"name": "nothing"}, "no table 'nothing'"),
        ({"name": "treatments", "options": {"unit": "patient"}}, "takes no --unit"),
        ({"name": "side_effect_rates", "options": {"clock": "treatment"}}, "takes no --clock"),
        ({"name": "side_effect_rates", "options": {"unit": "visit"}}, "'visit'; it may be session or record"),
        ({"name": "side_effect_rates", "options": {"window_days": "7"}}, "a whole number of days"),
        ({"name": "side_effect_rates", "options": {"level": 95}}, "between 0 and 1"),
        ({"name": "side_effect_rates", "by": ["position"]}, "cannot be shown by position"),
        ({"name": "side_effect_rates", "filters": {"treated_from": ["soon"]}}, "soon"),
        ({}, "cannot be understood"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: dict[str, object], said: str) -> None:
    whole = {"filters": {}, "by": ["treatment_type"], "options": {}, **asked}
    with pytest.raises(FilterError, match=said):
        Request.from_json(whole)
