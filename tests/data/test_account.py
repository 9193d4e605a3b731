"""Every row is accounted for: loaded, duplicate, skipped or rejected, and what was replaced is told."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

import data
from dashboard.store import first_look
from data import ImportRefused, ImportReport
from data.importing import CHECK_STEPS, READING, STEPS
from data.reporting import TOLD
from tests.data.conftest import TREATMENTS, Practice, told, warned

TODAY = date.today()


def test_rows_are_typed_numbered_and_sorted(practice: Practice) -> None:
    report = practice.imports()
    assert report.as_of == date(2024, 5, 10)
    assert practice.rows("select treatment_no, treatment_id, treated_on, dose, product from treatments") == [
        (0, "T1", date(2024, 1, 10), 20.0, None),
        (1, "T2", date(2024, 1, 10), 10.0, None),
        (2, "T4", date(2024, 5, 10), 20.0, None),
        (3, "T3", date(2024, 2, 1), 1.5, None),
    ]
    assert practice.rows("select as_of, format_version, is_synthetic from snapshot") == [(date(2024, 5, 10), 1, False)]
    assert practice.rows("select count(*) from patients") == [(0,)]
    assert practice.rows("select import_no, file, \"table\", rows_read, rows_loaded, sha256 <> '' from imports") == [
        (1, "treatments.csv", "treatments", 4, 4, True)
    ]


def test_text_is_trimmed_and_ids_keep_their_zeros(practice: Practice) -> None:
    practice.write(
        "treatments.csv",
        "treatment_id,patient_id,treated_on,treatment_type,area,side\n"
        "007, 0012 ,2024-01-10, Neuromodulator,\u00a0Crow's feet\u00a0, LEFT\n",
    )
    practice.imports()
    assert practice.rows("select treatment_id, patient_id, treatment_type, area, side from treatments") == [
        ("007", "0012", "neuromodulator", "Crow's feet", "left")
    ]


REJECTED: list[tuple[str, str | None, str | None, str]] = [
    (",P1,2024-01-10,neuromodulator", "treatment_id", None, "treatment_id is missing"),
    ("T9, ,2024-01-10,neuromodulator", "patient_id", None, "patient_id is missing"),
    ("T9,P1,,neuromodulator", "treated_on", None, "treated_on is missing"),
    ("T9,P1,2024-02-30,neuromodulator", "treated_on", "2024-02-30", "no date that can be read"),
    ("T9,P1,2024-02,neuromodulator", "treated_on", "2024-02", "only a month, no day"),
    ("T9,P1,2024-01-10T10:00:00Z,skincare", "treated_on", "2024-01-10T10:00:00Z", "no date that can be read"),
    ("T9,P1,2024-01-10,", "treatment_type", None, "treatment_type is missing"),
    ("T9,P1,2024-01-10", None, None, "3 cells where the header has 4"),
    ("T9,P1,2024-01-10,skincare,", None, None, "5 cells where the header has 4"),
    ('T9,"P1,2024-01-10,skincare', None, None, "unclosed quote"),
    ('T9,P"1,2024-01-10,skincare', None, None, "a quote in the middle of a cell"),
    (
        f"T9,P1,{TODAY + timedelta(days=2)},skincare",
        "treated_on",
        f"{TODAY + timedelta(days=2)}",
        f"later than {TODAY}",
    ),
]
OUT_OF_ORDER = [
    ("T3,2024-01-31,,,", "onset_on", "before its treatment on 2024-02-01"),
    ("T3,2024-02-05,2024-02-04,,", "resolved_on", "before the onset on 2024-02-05"),
    ("T3,2024-02-05,,2024-02-04,", "resolved_by", "before the onset on 2024-02-05"),
    ("T3,2024-02-05,,,2024-02-04", "last_present_on", "before the onset on 2024-02-05"),
    ("T3,2024-02-05,,2024-02-07,2024-02-08", "resolved_by", "seen gone before it was last present on 2024-02-08"),
    ("T99,2024-02-05,,,", "treatment_id", "no treatment record 'T99'"),
    (",2024-02-05,,,", "treatment_id", "neither treatment_id nor patient_id is given"),
]


@pytest.fixture(scope="module")
def rejected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Practice, ImportReport]:
    """Treatments that cannot be kept, each between two good ones in a file of its own; all files in one import."""
    practice = Practice(tmp_path_factory.mktemp("rejected"))
    for n, (row, *_) in enumerate(REJECTED):
        practice.write(
            f"{n}_treatments.csv",
            "treatment_id,patient_id,treated_on,treatment_type\n"
            f"{n}-1,P1,2024-01-10,skincare\n{row}\n{n}-2,P1,2024-01-11,skincare\n",
        )
    return practice, practice.imports()


@pytest.mark.parametrize(("row", "column", "value", "reason"), REJECTED)
def test_a_treatment_that_cannot_be_kept_is_rejected_with_its_reason(
    rejected: tuple[Practice, ImportReport], row: str, column: str | None, value: str | None, reason: str
) -> None:
    practice, report = rejected
    n = [row for row, *_ in REJECTED].index(row)
    file = f"{n}_treatments.csv"
    assert told(report.rejects, file) == [(3, column, value, reason)]
    assert practice.rows(f"select treatment_id from treatments where starts_with(treatment_id, '{n}-')") == [
        (f"{n}-1",),
        (f"{n}-2",),
    ]
    assert practice.rows(f"select import_no, line, \"table\", raw from rejects where file = '{file}'") == [
        (1, 3, "treatments", row)
    ]


def test_nothing_else_is_rejected_or_loaded(rejected: tuple[Practice, ImportReport]) -> None:
    practice, report = rejected
    assert len(report.rejects) == len(REJECTED)
    assert practice.rows("select count(*) from treatments") == [(2 * len(REJECTED),)]


@pytest.fixture(scope="module")
def out_of_order(tmp_path_factory: pytest.TempPathFactory) -> tuple[Practice, ImportReport]:
    """Side effects whose dates or ids cannot be, each before a good one in a file of its own; all in one import."""
    practice = Practice(tmp_path_factory.mktemp("out_of_order"))
    practice.write("treatments.csv", TREATMENTS)
    for n, (row, *_) in enumerate(OUT_OF_ORDER):
        practice.write(
            f"{n}_side_effects.csv",
            "treatment_id,onset_on,resolved_on,resolved_by,last_present_on,effect\n"
            f"{row},bruising\nT3,2024-02-01,2024-02-01,2024-02-01,2024-02-01,bruising\n",
        )
    return practice, practice.imports()


@pytest.mark.parametrize(("row", "column", "reason"), OUT_OF_ORDER)
def test_a_broken_order_of_dates_rejects_a_side_effect(
    out_of_order: tuple[Practice, ImportReport], row: str, column: str, reason: str
) -> None:
    practice, report = out_of_order
    file = f"{[row for row, *_ in OUT_OF_ORDER].index(row)}_side_effects.csv"
    assert [(line, at, why) for line, at, _, why in told(report.rejects, file)] == [(2, column, reason)]
    loaded = practice.rows(f"select side_effect_id from side_effects where starts_with(side_effect_id, '{file}:')")
    assert loaded == [(f"{file}:3",)]


def test_an_optional_value_that_cannot_be_read_is_empty_and_warned_of(practice: Practice) -> None:
    practice.write(
        "follow_ups.csv",
        "treatment_id,followed_up_on,satisfaction,gais,asymmetry,goal_met\n"
        "T1,2024-02-01,5,very good,2.5,YES\n"
        "T1,2024-02-02,3.0,7,10.5,perhaps\n"
        "T1,2024-02-03,4.5,0,1e3,n\n",
    )
    report = practice.imports()
    assert not report.rejects
    assert practice.rows("select satisfaction, gais, asymmetry, goal_met from follow_ups") == [
        (5, None, 2.5, True),
        (3, None, None, None),
        (None, None, None, False),
    ]
    assert warned(report) == [
        (2, "gais", "very good"),
        (3, "asymmetry", "10.5"),
        (3, "gais", "7"),
        (3, "goal_met", "perhaps"),
        (4, "asymmetry", "1e3"),
        (4, "gais", "0"),
        (4, "satisfaction", "4.5"),
    ]
    assert {warning.reason for warning in report.warnings} == {
        "no whole number that can be read",
        "no number that can be read",
        "neither yes nor no",
        "above 5",
        "above 10",
        "below 1",
    }
    assert report.files[0].warnings == 7


def test_of_rows_with_one_id_the_last_content_counts(practice: Practice) -> None:
    header = "treatment_id,patient_id,treated_on,treatment_type,dose\n"
    practice.write(
        "treatments.csv",
        header
        + "A,P1,2024-01-01,skincare,1\nA,P1,2024-01-01,skincare,1.0\n"  # the same twice
        + "B,P1,2024-01-01,skincare,1\nB,P1,2024-01-01,skincare,2\n"  # replaced
        + "C,P1,2024-01-01,skincare,1\nC,P1,2024-01-01,skincare,2\nC,P1,2024-01-01,skincare,1\n"  # and back
        + "D,P1,2024-01-01,skincare,1\nD,P1,nonsense,skincare,2\n",  # the later row is none
    )
    report = practice.imports()
    account = report.files[0]
    assert (account.rows_read, account.rows_loaded, account.rows_duplicate, account.rows_rejected) == (9, 4, 4, 1)
    assert account.rows_replaced == 3
    assert practice.rows("select treatment_id, dose from treatments") == [("A", 1), ("B", 2), ("C", 1), ("D", 1)]


def test_a_later_file_replaces_an_earlier_one(practice: Practice) -> None:
    practice.write("treatments_2.csv", "treatment_id,patient_id,treated_on,treatment_type\nT1,P1,2024-01-11,skincare\n")
    report = practice.imports()
    accounts = {one.file: (one.rows_loaded, one.rows_duplicate, one.rows_replaced) for one in report.files}
    assert accounts == {"treatments.csv": (3, 1, 0), "treatments_2.csv": (1, 0, 1)}


def test_an_unknown_treatment_type_is_kept_and_warned_of_once(practice: Practice) -> None:
    practice.write(
        "treatments.csv",
        "treatment_id,patient_id,treated_on,treatment_type\nA,P1,2024-01-01,Laser\nB,P1,2024-01-01,Laser\n",
    )
    report = practice.imports()
    assert warned(report) == [(2, "treatment_type", "Laser")]
    assert practice.rows("select * from treatment_types where code = 'Laser'") == [
        ("Laser", "Laser", None, True, 0, None, None, None)
    ]


def test_records_after_a_cut_off_that_was_told_are_rejected(practice: Practice) -> None:
    practice.write("follow_ups.csv", "treatment_id,followed_up_on\nT1,2024-02-01\nT1,2024-03-02\n")
    practice.write("side_effects.csv", "treatment_id,onset_on,effect\nT1,2024-03-01,pain\nT1,2024-03-02,pain\n")
    practice.write("patients.csv", "patient_id,birth_year\nP1,2025\nP2,1980\n")
    report = practice.imports(as_of=date(2024, 3, 1))
    assert report.as_of == date(2024, 3, 1)
    assert [(reject.table, reject.line, reject.reason) for reject in report.rejects] == [
        ("follow_ups", 3, "later than 2024-03-01"),
        ("side_effects", 3, "later than 2024-03-01"),
        ("treatments", 5, "later than 2024-03-01"),
    ]
    assert practice.rows("select birth_year from patients") == [(None,), (1980,)]


def test_the_report_is_told_as_text_json_and_a_spreadsheet(practice: Practice) -> None:
    practice.write(
        "follow_ups.csv", "treatment_id,followed_up_on,gais\n=1+1,2024-02-01,1\nT1,2024-02-01,good\n-T1,2024-02-01,1\n"
    )
    report = practice.imports()
    told = json.loads(report.to_json("rejects.csv"))
    assert told["as_of"] == "2024-05-10"
    assert told["rejects"] == "rejects.csv"
    assert told["files"][0] == {
        "file": "follow_ups.csv",
        "table": "follow_ups",
        "rows_read": 3,
        "rows_loaded": 1,
        "rows_duplicate": 0,
        "rows_skipped": 0,
        "rows_rejected": 2,
        "rows_replaced": 0,
        "warnings": 1,
    }
    assert told["warnings"][0] | {"reason": ""} == {
        "file": "follow_ups.csv",
        "line": 3,
        "column": "gais",
        "value": "good",
        "reason": "",
    }
    assert "follow_ups.csv:2 treatment_id '=1+1': no treatment record '=1+1'" in report.text()
    content = practice.rejects.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    with practice.rejects.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["value"], row["raw"]) for row in rows] == [
        ("2", "'=1+1", "'=1+1,2024-02-01,1"),
        ("4", "'-T1", "'-T1,2024-02-01,1"),
    ]


def test_a_check_reports_the_same_and_keeps_nothing(practice: Practice, tmp_path: Path) -> None:
    practice.write("follow_ups.csv", "treatment_id,followed_up_on\nT1,2024-02-01\nT9,2024-02-01\n")
    before = sorted(tmp_path.rglob("*"))
    checked = data.check_exports([practice.exports])
    assert sorted(tmp_path.rglob("*")) == before
    imported = practice.imports()
    assert checked == imported


def test_an_import_without_a_treatment_is_refused(practice: Practice) -> None:
    practice.write("treatments.csv", "treatment_id,patient_id,treated_on,treatment_type\nT1,P1,never,skincare\n")
    with pytest.raises(ImportRefused, match=r"No treatment record.*\n.*treatments\.csv:2 no date that can be read"):
        practice.imports()
    assert not practice.pointer.exists()


def test_progress_is_one_share_that_never_falls(practice: Practice) -> None:
    practice.write("follow_ups.csv", "follow_up_id,treatment_id,followed_up_on\nF1,T1,2024-02-01\n")
    check, imports = data.check_exports, partial(data.import_exports, into=practice.pointer, figures=first_look)
    for does, steps in ((check, CHECK_STEPS), (imports, STEPS)):
        told: list[tuple[str, int]] = []

        def tell(step: str, done: int, total: int, told: list[tuple[str, int]] = told) -> None:
            assert total == 1000
            told.append((step, done))

        report = does([practice.exports], progress=tell)
        assert [done for _, done in told] == sorted(done for _, done in told)
        assert {step for step, _ in told} == {*steps, *(f"reading {one.table}" for one in report.files)}
        assert told[-1] == ("done", 1000)
        # Where the next file is begun, what was checked before counts as done.
        begun = next(done for step, done in told if step == "reading follow_ups")
        assert begun >= int(1000 * steps["checking treatments"] / (READING + sum(steps.values())))
        # What is told last before it takes no time.
        assert told[-2][1] > 900


def test_a_report_holds_so_many_rejects_and_counts_all(practice: Practice) -> None:
    wrong = "".join(f"F{number},T9,2024-02-01,{number}\n" for number in range(TOLD + 5))
    right = "".join(f"G{number},T1,2024-02-01,many\n" for number in range(TOLD + 7))
    practice.write("follow_ups.csv", f"follow_up_id,treatment_id,followed_up_on,gais\n{wrong}{right}")
    report = practice.imports()
    assert (report.reject_count, len(report.rejects)) == (TOLD + 5, TOLD)
    assert (report.warning_count, len(report.warnings)) == (TOLD + 7, TOLD)
    assert [kind.count for kind in report.kinds] == [TOLD + 7]
    assert practice.rows("select count(*), count(distinct raw) from rejects") == [(TOLD + 5, TOLD + 5)]
    with practice.rejects.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["raw"] for row in rows] == wrong.splitlines()
    assert json.loads(report.to_json())["warnings_left_out"] == 7


def test_the_text_of_rejects_is_read_in_pieces(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.history.RAWS_AT_ONCE", 3)
    rows = "".join(f"T9,2024-02-{day:02}\n" for day in range(1, 9))
    practice.write("follow_ups.csv", f"treatment_id,followed_up_on\n{rows}")
    assert [one.raw for one in practice.imports().rejects] == rows.splitlines()


def test_a_date_without_end_is_no_resolution(practice: Practice) -> None:
    practice.write("treatments.csv", TREATMENTS)
    practice.write("side_effects.csv", "treatment_id,effect,onset_on,resolved_on\nT1,bruising,2024-01-11,9999-12-31\n")
    report = practice.imports()
    assert practice.rows("select resolved_on from side_effects") == [(None,)]
    assert [(warning.column, warning.value) for warning in report.warnings] == [("resolved_on", "9999-12-31")]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("2024-01-14,,2024-02-20", "resolved before it was last present on 2024-02-20"),
        ("2024-01-20,2024-01-15,", "seen gone before it resolved on 2024-01-20"),
    ],
)
def test_ends_that_contradict_each_other_are_rejected(practice: Practice, cells: str, reason: str) -> None:
    practice.write("treatments.csv", TREATMENTS)
    practice.write(
        "side_effects.csv",
        f"treatment_id,effect,onset_on,resolved_on,resolved_by,last_present_on\nT1,bruising,2024-01-11,{cells}\n",
    )
    assert [reject.reason for reject in practice.imports().rejects] == [reason]


def test_an_end_later_than_the_cut_off_is_not_known_yet(practice: Practice) -> None:
    practice.write("treatments.csv", TREATMENTS)
    practice.write("side_effects.csv", "treatment_id,effect,onset_on,resolved_on\nT1,bruising,2024-01-11,2024-07-01\n")
    report = practice.imports(as_of=date(2024, 6, 30))
    assert practice.rows("select resolved_on from side_effects") == [(None,)]
    assert [warning.reason for warning in report.warnings] == ["later than 2024-06-30"]


def test_no_side_effect_may_be_called_any(practice: Practice) -> None:
    practice.write("treatments.csv", TREATMENTS)
    practice.write("side_effects.csv", "treatment_id,effect,onset_on\nT1,Any,2024-01-11\n")
    assert [reject.column for reject in practice.imports().rejects] == ["effect"]


def test_real_records_are_not_mixed_with_synthetic_ones(practice: Practice) -> None:
    practice.write("treatments.csv", TREATMENTS.replace("T1,", "SYN-T1,"))
    with pytest.raises(ImportRefused, match="--replace"):
        practice.imports()
    practice.write("treatments.csv", TREATMENTS.replace("\nT", "\nSYN-T"))
    practice.imports()
    practice.write("treatments.csv", TREATMENTS)
    with pytest.raises(ImportRefused, match="--replace"):
        practice.imports()
    practice.imports(replace=True)
    assert practice.rows("select is_synthetic from snapshot") == [(False,)]


def test_a_file_that_nothing_reads_is_named(practice: Practice) -> None:
    practice.write("treatments.csv", TREATMENTS)
    practice.write("side_effects.json", "[]")
    assert [warning.file for warning in practice.imports().warnings] == ["side_effects.json"]
