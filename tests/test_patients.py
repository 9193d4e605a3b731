"""One patient's tables: the store against the oracle on random exports, a case by hand, and who is found by what."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from dashboard import privacy
from dashboard.charts.patient import extent, lanes, patient_timeline, timeline_svg
from dashboard.charts.style import LIGHT
from dashboard.filters import FilterError
from dashboard.store import OF_ONE_PATIENT, SuppressedStore, definition
from tests import oracle
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import Exports, drawn, on
from tests.measures.agreement import SEEDS, is_same, plain

# Ann: two courses and a touch-up of neuromodulator, filler on the day of the first; a bruise that resolved, one that
# was seen gone, a headache that was not seen to resolve. Bea: surgery, once. Cy: known, and never treated.
SMALL = drawn(
    treatments="""
        treatment_id|patient_id|treated_on|treatment_type|area|side|dose|dose_unit|product|practitioner|\
        baseline_asymmetry|planned_interval_days
        a1|ann|0|neuromodulator|glabella|.|20|U|B-tox|P2|2|90
        a2|ann|0|neuromodulator|forehead|left|7.5|U|A-tox|P1|3|120
        a3|ann|0|dermal_filler|lips|both|.|.|.|.|.|.
        a4|ann|14|neuromodulator|glabella|.|4|U|.|.|.|.
        a5|ann|100|neuromodulator|.|.|.|.|.|.|.|100
        b1|bea|300|rhinoplasty|.|.|.|.|.|.|.|.
    """,
    patients="patient_id | birth_year | sex\nann | 1980 | female\ncy | . | .",
    follow_ups="""
        follow_up_id | treatment_id | patient_id | followed_up_on | asymmetry | gais | adjusted
        f1           | a1           | .          | 14             | 1.5       | 2    | true
        f2           | .            | ann        | 10             | .         | .    | .
    """,
    side_effects="""
        side_effect_id|treatment_id|effect|severity|onset_on|resolved_on|resolved_by|last_present_on|area
        s1|a1|bruising|mild|1|6|.|.|.
        s2|a3|bruising|.|1|.|14|10|chin
        s3|a1|headache|.|2|.|.|.|.
    """,
)


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(column): plain(value) for column, value in row.items()} for row in frame.to_dict("records")]


def without_empty(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def in_any_order(events: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Events as texts, floats to a billionth; those of a kind and day may stand in any order."""

    def said(value: Any) -> Any:
        return round(float(value), 9) if isinstance(value, int | float) and not isinstance(value, bool) else value

    return sorted(tuple(f"{name}={said(value)}" for name, value in sorted(event.items())) for event in events)


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    exports, store = random_snapshot(seed)
    ids = oracle.patient_ids(exports)
    for patient_id in random.Random(f"patients {seed}").sample(ids, min(6, len(ids))):
        overview, timeline, intervals = (store.records(table, patient_id=patient_id) for table in OF_ONE_PATIENT)
        assert rows_of(overview) == [oracle.patient_overview(exports, patient_id)]
        events = [without_empty(row) for row in rows_of(timeline)]
        assert {event.pop("patient_id") for event in events} <= {patient_id}
        expected = oracle.patient_timeline(exports, patient_id)
        assert [(e["began_on"], e["event"]) for e in events] == [(plain(e["began_on"]), e["event"]) for e in expected]
        assert in_any_order(events) == in_any_order([{k: plain(v) for k, v in e.items()} for e in expected])
        wanted = oracle.patient_intervals(exports, patient_id)
        assert len(intervals) == len(wanted)
        for row, other in zip(rows_of(intervals), wanted, strict=True):
            assert list(row) == list(other) == list(definition("patient_intervals").columns)
            assert all(is_same(row[column], other[column]) for column in other), (seed, row, other)
        assert tuple(timeline.columns) == definition("patient_timeline").columns
        assert tuple(overview.columns) == definition("patient_overview").columns


def test_by_hand(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(SMALL)
    timeline = store.records("patient_timeline", patient_id="ann")
    sessions = timeline[timeline["event"] == "session"]
    assert sessions["visit"].tolist() == ["course", "course", "touch-up", "course"]
    assert sessions["treatment_type"].tolist()[:2] == ["dermal_filler", "neuromodulator"]
    first = sessions.iloc[1]
    assert first["details"] == "glabella 20 U; forehead (left) 7.5 U"
    assert (first["products"], first["practitioners"], first["asymmetry"]) == ("A-tox; B-tox", "P1; P2", 2.5)
    assert first["planned_on"] == on(90)
    ends = timeline[timeline["event"] == "side effect"]
    assert ends["ending"].tolist() == ["resolved", "seen gone", "not seen to resolve"]
    assert ends["present_until"].tolist() == [on(6), on(10), on(14)]
    assert ends["gone_by"].tolist()[:2] == [on(6), on(14)]
    assert ends["details"].tolist() == ["glabella", "chin", "glabella"]
    contacts = timeline[timeline["event"] == "follow-up"]
    assert contacts["details"].tolist() == ["forehead; glabella; lips", "glabella"]
    assert contacts["treatment_type"].fillna("").tolist() == ["", "neuromodulator"]
    intervals = store.records("patient_intervals", patient_id="ann")
    assert intervals["interval_days"].tolist() == [300, 100, 200]
    # One patient came back once, after 100 days: that is the mean of the type.
    assert intervals["due_on"].tolist()[2] == on(200)
    assert intervals["overdue_days"].tolist()[2] == 100
    assert store.records("patient_intervals", patient_id="bea").empty
    assert store.records("patient_timeline", patient_id="cy").empty
    assert rows_of(store.records("patient_overview", patient_id="cy"))[0]["sessions"] == 0


def of_ids(*ids: str) -> Exports:
    return Exports(
        [
            {"treatment_id": f"T{i}", "patient_id": name, "treated_on": date(2024, 1, 1), "treatment_type": "skincare"}
            for i, name in enumerate(ids)
        ]
    )


def test_who_is_found(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(of_ids("P1", "P10", "P2", "XP1", "p1", "50%", "a_b", "<script>", "O'Hara", "Ärztin"))
    assert store.patients_found("P1") == ["P1", "P10", "p1", "XP1"]
    assert store.patients_found("p1") == ["p1", "P1", "P10", "XP1"]
    assert store.patients_found("%") == ["50%"]
    assert store.patients_found("_") == ["a_b"]
    assert store.patients_found("<SCRIPT") == ["<script>"]
    assert store.patients_found("'") == ["O'Hara"]
    assert store.patients_found("ärz") == ["Ärztin"]
    assert store.patients_found("nobody") == []
    assert len(store.patients_found()) == 10
    assert store.patients_found("", 3) == ["50%", "<script>", "O'Hara"]
    many = snapshot_of(of_ids(*(f"M{i:03}" for i in range(80))))
    assert many.patients_found("m0") == [f"M{i:03}" for i in range(50)]


@pytest.mark.parametrize("table", OF_ONE_PATIENT)
def test_of_whom_has_to_be_said(table: str, snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(SMALL)
    with pytest.raises(FilterError, match="say of whom"):
        store.records(table)
    for nobody in ("", "an", "ANN", "' or true --"):
        with pytest.raises(FilterError, match="there is no patient"):
            store.records(table, patient_id=nobody)


def test_nobody_is_found_or_shown_where_small_numbers_are_suppressed(snapshot_of: SnapshotOf) -> None:
    store = SuppressedStore(snapshot_of(SMALL).generation, 5)
    asked: list[Callable[[], object]] = [lambda: store.patients_found("ann")]
    asked += [lambda table=table: store.records(table, patient_id="ann") for table in OF_ONE_PATIENT]  # type: ignore[misc]
    for ask in asked:
        with pytest.raises(privacy.Withheld, match="withheld while small numbers are suppressed"):
            ask()


def test_the_ends_of_side_effects_are_drawn_apart(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(SMALL)
    timeline, intervals = (store.records(table, patient_id="ann") for table in OF_ONE_PATIENT[1:])
    found = lanes(timeline, intervals, LIGHT.of_types({"neuromodulator": "Neuromodulator"}))
    # The two bruises overlap, so the second stands in a row beneath without a name.
    assert [lane.name for lane in found] == [
        "Neuromodulator",
        "Dermal filler",
        "Bruising",
        "",
        "Headache",
        "Follow-ups",
    ]
    shapes = [[(mark.shape, mark.on) for mark in lane.marks] for lane in found]
    assert shapes[0] == [
        ("course", on(0)),
        ("touch-up", on(14)),
        ("course", on(100)),
        ("planned", on(200)),
        ("due", on(200)),
    ]
    assert shapes[2:5] == [[("resolved", on(1))], [("seen gone", on(1))], [("not seen to resolve", on(2))]]
    assert [(mark.on, mark.label) for mark in found[5].marks] == [(on(10), ""), (on(14), "1.5")]
    traces = patient_timeline(timeline, intervals, as_of=store.as_of)["data"]
    lines = {(trace["y"][0], trace["line"].get("dash")): trace["x"][:2] for trace in traces if trace["mode"] == "lines"}
    assert lines == {
        (2, None): ["2023-01-02", "2023-01-07"],
        (3, None): ["2023-01-02", "2023-01-11"],
        (3, "3px,3px"): ["2023-01-11", "2023-01-15"],
        (4, None): ["2023-01-03", "2023-01-15"],
    }
    ends = {
        trace["y"][0]: trace["marker"]["symbol"]
        for trace in traces
        if trace["y"][0] in (2, 3, 4) and trace.get("hovertext", [""])[0]
    }
    assert ends == {2: "square", 3: "line-ns", 4: "triangle-right"}
    close = patient_timeline(timeline, intervals, as_of=store.as_of, around=on(100))
    assert close["layout"]["xaxis"]["range"] == ["2023-04-04", "2023-07-10"]
    assert not any(trace["mode"] == "lines" for trace in close["data"])


def test_a_history_of_one_day_has_room_around_it(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(of_ids("P1"))
    timeline, intervals = (store.records(table, patient_id="P1") for table in OF_ONE_PATIENT[1:])
    first, last = extent(lanes(timeline, intervals), store.as_of)
    assert (last - first).days >= 30
    assert timeline_svg(lanes(timeline, intervals), store.as_of).count("<circle") == 1
