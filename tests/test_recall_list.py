"""The recall list: the store against the oracle on random exports, and small cases worked by hand."""

from __future__ import annotations

import csv
import io
import math
import random
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner

from dashboard.cli import main
from dashboard.export import to_bytes
from dashboard.filters import Filters
from dashboard.store import Store, definition
from tests import oracle
from tests.conftest import RandomSnapshot, SnapshotOf
from tests.drawing import described, drawn, on, random_filters
from tests.measures.agreement import SEEDS, is_same, plain

HORIZONS = (0, 7, 30, 30, 90, 1_000)

# Skincare has no touch-ups. Ann: back after 30, 40 and 30 days, then away for 100. Bea: back after 60 and 50 days,
# then away for 41. Cat: once, 43 days ago. Dot: twice, 45 days apart, the last time on the day of the cut-off. Eve:
# filler, of which nobody has come back. Fay: threads, which the catalogue does not know. Gus: surgery. As of day 200.
SMALL = drawn(
    treatments="""
        treatment_id | patient_id | treated_on | treatment_type | practitioner | clinic
        a1           | ann        | 0          | skincare       | P1           | North
        a2           | ann        | 30         | skincare       | P1           | North
        a3           | ann        | 70         | skincare       | P1           | North
        a4           | ann        | 100        | skincare       | P1           | North
        b1           | bea        | 49         | skincare       | P1           | North
        b2           | bea        | 109        | skincare       | P1           | North
        b3           | bea        | 159        | skincare       | P2           | .
        b4           | bea        | 159        | skincare       | P1           | South
        c1           | cat        | 157        | skincare       | =1+1         | North
        d1           | dot        | 155        | skincare       | P1           | North
        d2           | dot        | 200        | skincare       | P1           | North
        e1           | eve        | 0          | dermal_filler  | P1           | North
        f1           | fay        | 0          | threads        | P1           | North
        g1           | gus        | 0          | rhinoplasty    | P1           | North
    """
)


def listed(store: Store, **selection: Any) -> dict[str, dict[str, Any]]:
    horizon_days = selection.pop("horizon_days", 30)
    rows = store.records("recall_list", Filters(**selection), horizon_days=horizon_days).to_dict("records")
    return {row["patient_id"]: {str(column): plain(value) for column, value in row.items()} for row in rows}


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_naive_implementation(seed: int, random_snapshot: RandomSnapshot) -> None:
    exports, store = random_snapshot(seed)
    draw = random.Random(f"recall {seed}")
    for i in range(4):
        selection = random_filters(seed * 4 + i, exports)
        days = draw.choice(HORIZONS)
        frame = store.records("recall_list", Filters(**selection), horizon_days=days)
        rows = [{str(column): plain(value) for column, value in row.items()} for row in frame.to_dict("records")]
        expected = oracle.recall_list(exports, selection, days)
        case = described(seed, selection, horizon_days=days)
        assert len(rows) == len(expected), case
        for row, wanted in zip(rows, expected, strict=True):
            assert list(row) == list(wanted) == list(definition("recall_list").columns)
            assert all(is_same(row[column], wanted[column]) for column in wanted), f"{case}\n{row}\n{wanted}"
        counts = store.recall_counts(Filters(**selection), days)
        assert counts["listed"].sum() == len(expected)
        assert store.record_count("recall_list", Filters(**selection), days) == len(expected)


def test_by_hand(snapshot_of: SnapshotOf) -> None:
    rows = listed(snapshot_of(SMALL), horizon_days=60)
    # Logarithms: Ann ln 30, ln 40, ln 30; Bea ln 60, ln 50; Dot ln 45. Two patients have two intervals.
    ann, bea, dot = [math.log(30), math.log(40), math.log(30)], [math.log(60), math.log(50)], [math.log(45)]
    means = [sum(own) / len(own) for own in (ann, bea, dot)]
    grand = sum(ann + bea + dot) / 6
    within = sum((y - m) ** 2 for own, m in zip((ann, bea), means, strict=False) for y in own) / (6 - 3)
    between = (sum(n * (m - grand) ** 2 for n, m in zip((3, 2, 1), means, strict=True)) / 2 - within) / (
        (6 - (9 + 4 + 1) / 6) / 2
    )
    weight = between / (between + within / 3)
    usual = math.exp(weight * means[0] + (1 - weight) * sum(means) / 3)
    assert rows["ann"]["personal_interval_days"] == pytest.approx(usual, rel=1e-9)
    assert rows["ann"]["due_on"] == on(100 + round(usual))
    assert rows["ann"]["overdue_days"] == 100 - round(usual) > 0
    assert rows["ann"]["reason"] == f"usually every {round(usual)} days, last 100 days ago"
    assert rows["ann"]["basis"] == "own intervals"
    # Nobody of one visit has an interval: the geometric mean of the patients, each once.
    mean = math.exp(sum(means) / 3)
    assert rows["cat"]["personal_interval_days"] == pytest.approx(mean, rel=1e-9)
    assert rows["cat"]["reason"] == f"first visit 43 days ago; patients who return usually do after {round(mean)} days"
    assert rows["dot"]["reason"].endswith(", last today")
    # Filler: nobody has come back; the catalogue expects 180 to 540 days, of which 360 is the middle.
    assert "eve" not in rows
    eve = listed(snapshot_of(SMALL), horizon_days=160)["eve"]
    assert (eve["due_on"], eve["overdue_days"], eve["basis"]) == (on(360), -160, "catalogue")
    assert eve["reason"] == "last visit 200 days ago; the catalogue expects a return after 360 days"
    # Threads have neither, and surgery is not maintained.
    assert set(listed(snapshot_of(SMALL), horizon_days=36_500)) == {"ann", "bea", "cat", "dot", "eve"}


def test_practitioner_and_clinic_are_those_of_the_first_selected_record(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(SMALL)
    bea = listed(store)["bea"]
    assert (bea["last_course_on"], bea["practitioner"], bea["clinic"]) == (on(159), "P2", None)
    bea = listed(store, practitioner=("P1",))["bea"]
    assert (bea["practitioner"], bea["clinic"]) == ("P1", "South")
    # Her courses of before are with P1 in the North as well, but the last is not.
    assert "bea" not in listed(store, clinic=("North",))
    assert set(listed(store, treated_to=on(150))) == {"ann"}


# Two patients, back after 40 days each time: they do not differ, so that 40 days are the mean of the type.
STEADY = """
    treatment_id | patient_id | treated_on | treatment_type
    s1           | sue        | 0          | skincare
    s2           | sue        | 40         | skincare
    s3           | sue        | 80         | skincare
    t1           | tom        | 0          | skincare
    t2           | tom        | 40         | skincare
    t3           | tom        | 80         | skincare
    z            | zoe        | {as_of}    | rhinoplasty
"""


@pytest.mark.parametrize(
    ("as_of", "overdue", "status"),
    [(90, -30, "due"), (120, 0, "due"), (121, 1, "overdue"), (200, 80, "overdue"), (201, 81, "long overdue")],
)
def test_overdue_by_more_than_twice_the_usual_is_long(
    snapshot_of: SnapshotOf, as_of: int, overdue: int, status: str
) -> None:
    sue = listed(snapshot_of(drawn(STEADY.format(as_of=as_of))))["sue"]
    assert (sue["overdue_days"], sue["status"]) == (overdue, status)
    assert (sue["completed"], sue["basis"]) == (2, "mean of the type")
    assert sue["reason"] == f"last visit {as_of - 80} days ago; patients who return usually do after 40 days"


@pytest.mark.parametrize(("as_of", "is_listed"), [(89, False), (90, True)])
def test_the_horizon_is_included(snapshot_of: SnapshotOf, as_of: int, is_listed: bool) -> None:
    assert ("sue" in listed(snapshot_of(drawn(STEADY.format(as_of=as_of))))) is is_listed


@pytest.mark.parametrize(("as_of", "status"), [(360 + 730, "overdue"), (360 + 731, "long overdue")])
def test_overdue_by_more_than_two_years_is_long_whatever_is_usual(
    snapshot_of: SnapshotOf, as_of: int, status: str
) -> None:
    # The middle of the catalogue's 270 to 540 days is 405: twice that is more than two years.
    exports = drawn(
        f"""
        treatment_id | patient_id | treated_on | treatment_type
        t1           | ann        | 0          | jawline_contouring
        z            | zoe        | {as_of + 45} | rhinoplasty
        """
    )
    assert listed(snapshot_of(exports))["ann"]["status"] == status


def test_two_patients_with_two_intervals_are_needed(snapshot_of: SnapshotOf) -> None:
    # Ann has three intervals and Bea one: their variances cannot be told apart, so both get the mean of the type,
    # sqrt(30 * 60): each patient counts once.
    exports = drawn(
        """
        treatment_id | patient_id | treated_on | treatment_type
        a1           | ann        | 0          | skincare
        a2           | ann        | 30         | skincare
        a3           | ann        | 60         | skincare
        a4           | ann        | 90         | skincare
        b1           | bea        | 0          | skincare
        b2           | bea        | 60         | skincare
        """
    )
    rows = listed(snapshot_of(exports), horizon_days=90)
    assert {row["basis"] for row in rows.values()} == {"mean of the type"}
    assert rows["ann"]["personal_interval_days"] == pytest.approx(math.sqrt(1800), rel=1e-9)
    assert rows["ann"]["personal_interval_days"] == rows["bea"]["personal_interval_days"]


def test_search_finds_a_text_in_any_cell_whatever_the_capitals(snapshot_of: SnapshotOf) -> None:
    store = snapshot_of(SMALL)

    def found(search: str) -> set[str]:
        return set(store.records("recall_list", horizon_days=36_500, search=search)["patient_id"])

    assert found("BEA") == {"bea"}
    assert found("filler") == {"eve"}
    assert found("=1+1") == {"cat"}
    assert found("%") == found("'") == found("patient_id") == set()


def test_in_files_no_cell_is_run_and_days_are_days(snapshot_of: SnapshotOf) -> None:
    reader = snapshot_of(SMALL).records_reader("recall_list", horizon_days=60)
    rows = list(csv.DictReader(io.StringIO(to_bytes(reader, "csv").decode())))
    cat = next(row for row in rows if row["patient_id"] == "cat")
    assert cat["practitioner"] == "'=1+1"
    assert date.fromisoformat(cat["due_on"]) == date.fromisoformat(cat["last_course_on"]) + (
        on(round(float(cat["personal_interval_days"]))) - on(0)  # type: ignore[operator]
    )


def test_the_command_line_has_the_same_rows(snapshot_of: SnapshotOf, tmp_path: Any) -> None:
    from tests.conftest import import_once

    store = import_once(SMALL, tmp_path)
    place = str(tmp_path / "outcomes.json")

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(main, ["export", *arguments, "--snapshot", place])

    told = run("recall_list", "--horizon-days", "0", "--where", "treatment_type=skincare")
    filters = Filters(treatment_type=("skincare",))
    assert told.stdout_bytes == to_bytes(store.records_reader("recall_list", filters, horizon_days=0), "csv")
    assert run("recall_list").stdout_bytes == to_bytes(store.records_reader("recall_list"), "csv")
    for arguments in (["recall_list", "--by", "area"], ["patients", "--horizon-days", "3"], ["recall_list", "-h3"]):
        assert run(*arguments).exit_code == 2
    assert "takes no --horizon-days" in run("patients", "--horizon-days", "3").stderr
