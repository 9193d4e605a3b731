"""Readers see the old snapshot or the new one; a failed import changes nothing; imports add up by id."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

import data
from data import ImportRefused, generations, publishing
from data.catalogue import SHIPPED
from tests.data.conftest import Practice, four_records

ROOT = Path(data.__file__).parent.parent


def files(practice: Practice) -> list[str]:
    return sorted(path.name for path in practice.pointer.with_name("outcomes.json.d").glob("*.duckdb"))


def test_the_pointer_names_the_snapshot(practice: Practice) -> None:
    practice.imports()
    written = json.loads(practice.pointer.read_text())
    generation = data.current(practice.pointer)
    assert written["file"] == generation.path.name == f"000001-{generation.sha256[:12]}.duckdb"
    assert (written["rows"], written["as_of"]) == (4, "2024-05-10")
    assert (generation.number, generation.rows, generation.as_of) == (1, 4, date(2024, 5, 10))
    assert not os.access(generation.path, os.W_OK) or generation.path.stat().st_mode & 0o222 == 0
    beside = generation.path.with_suffix(".json")
    assert {path.name for path in generation.path.parent.iterdir()} == {generation.path.name, beside.name, "lock"}
    described = json.loads(beside.read_text())
    assert written.items() <= described.items()
    assert described["files"] == ["treatments.csv"]
    direct = data.current(generation.path)
    assert (direct.path, direct.sha256) == (generation.path, generation.sha256)


def test_the_same_import_twice_changes_nothing_and_says_so(practice: Practice) -> None:
    practice.write("follow_ups.csv", "treatment_id,followed_up_on\nT1,2024-02-01\nT9,2024-02-01\n")
    assert not practice.imports().is_nothing_new
    before = practice.pointer.read_bytes(), files(practice)
    report = practice.imports()
    assert report.is_nothing_new
    assert "Nothing new: the snapshot holds all of this already, and stays as it is." in report.text()
    assert [(one.rows_loaded, one.rows_duplicate, one.rows_rejected) for one in report.files] == [(0, 1, 1), (0, 4, 0)]
    assert (practice.pointer.read_bytes(), files(practice)) == before
    assert data.check_exports([practice.exports], into=practice.pointer).is_nothing_new


@pytest.mark.parametrize("change", ["row", "reject", "cut-off", "catalogue", "replace"])
def test_whatever_is_new_makes_a_new_snapshot(practice: Practice, change: str) -> None:
    practice.becomes(four_records)
    if change == "row":
        practice.write("more_treatments.csv", "treatment_id,patient_id,treated_on,treatment_type\nT5,P1,2024-01-10,x\n")
    elif change == "reject":
        practice.write("follow_ups.csv", "treatment_id,followed_up_on\nT9,2024-02-01\n")
    elif change == "catalogue":
        own = practice.pointer.with_name("outcomes.json.d") / "treatment_types.csv"
        own.write_text(SHIPPED.read_text().replace("Skincare", "Skin care"))
    report = practice.imports(replace=change == "replace", as_of=date(2024, 6, 1) if change == "cut-off" else None)
    assert not report.is_nothing_new
    assert data.current(practice.pointer).number == 2


def test_a_second_import_adds_and_replaces_by_id(practice: Practice) -> None:
    practice.becomes(four_records)
    header = "treatment_id,patient_id,treated_on,treatment_type,area,dose\n"
    practice.write(
        "treatments.csv",
        header
        + "T2,P1,2024-01-10,neuromodulator,forehead,12\nT5,P3,2024-06-01,skincare,cheek,\nT6,,2024-06-01,skincare,,\n",
    )
    report = practice.imports()
    account = report.files[0]
    assert (account.rows_loaded, account.rows_duplicate, account.rows_replaced, account.rows_rejected) == (2, 0, 1, 1)
    assert practice.rows("select treatment_id, dose from treatments order by 1") == [
        ("T1", 20),
        ("T2", 12),
        ("T3", 1.5),
        ("T4", 20),
        ("T5", None),
    ]
    assert practice.rows("select import_no, line from rejects") == [(2, 4)]
    assert practice.imports().is_nothing_new
    assert practice.rows("select import_no, line from rejects order by 1") == [(2, 4)]
    practice.imports(replace=True)
    assert practice.rows("select treatment_id from treatments order by 1") == [("T2",), ("T5",)]
    assert practice.rows("select import_no from imports") == [(1,)]


def test_a_cut_off_before_records_that_are_there_is_refused(practice: Practice) -> None:
    practice.becomes(four_records)
    with pytest.raises(ImportRefused, match=r"holds records up to 2024-05-10.*--replace"):
        practice.imports(as_of=date(2024, 5, 9))
    assert data.current(practice.pointer).number == 1


def test_a_failed_import_leaves_the_old_snapshot(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    practice.becomes(four_records)
    before, there = practice.pointer.read_bytes(), files(practice)
    practice.write("follow_ups.csv", "treatment_id,followed_up_on\nT1,03/04/2024\n")
    with pytest.raises(ImportRefused, match="are not certain"):
        practice.imports()
    practice.exports.joinpath("follow_ups.csv").unlink()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("data.publishing._sync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        practice.imports(replace=True)
    assert practice.pointer.read_bytes() == before
    assert files(practice) == there
    assert not practice.pointer.with_name("outcomes.json.d").joinpath("staging").exists()


def test_as_many_snapshots_are_kept_as_one_says(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(12):
        practice.imports(replace=True)
    assert [name[:6] for name in files(practice)] == [f"{number:06d}" for number in range(3, 13)]
    assert data.current(practice.pointer).number == 12
    monkeypatch.setenv(publishing.KEPT_VARIABLE, "2")
    practice.imports(replace=True)
    assert [one.number for one in data.snapshots(practice.pointer)] == [13, 12]
    described = [path.name for path in practice.pointer.with_name("outcomes.json.d").glob("*.json")]
    assert sorted(described) == [name.replace(".duckdb", ".json") for name in files(practice)]
    for wrong in ("0", "-1", "many", "1.5"):
        monkeypatch.setenv(publishing.KEPT_VARIABLE, wrong)
        with pytest.raises(ImportRefused, match=f"OUTCOMES_SNAPSHOTS_KEPT is '{wrong}'"):
            practice.imports(replace=True)
    assert data.current(practice.pointer).number == 13


def of_the_month(practice: Practice, month: int) -> None:
    """Imports an export of as many records as the month's number, in the place of what was there."""
    header = "treatment_id,patient_id,treated_on,treatment_type\n"
    rows = (f"T{number},P{number},2024-{month:02d}-01,skincare\n" for number in range(month))
    practice.write("treatments.csv", header + "".join(rows))
    practice.imports(replace=True)


def two_months(practice: Practice) -> None:
    for month in (1, 2):
        of_the_month(practice, month)


def three_months(practice: Practice) -> None:
    for month in (1, 2, 3):
        of_the_month(practice, month)


def test_the_snapshots_are_listed_and_an_older_one_returned_to(practice: Practice) -> None:
    practice.becomes(three_months)
    listed = data.snapshots(practice.pointer)
    assert [(one.number, one.as_of, one.rows, one.files, one.is_current, one.problem) for one in listed] == [
        (3, date(2024, 3, 1), 3, ("treatments.csv",), True, None),
        (2, date(2024, 2, 1), 2, ("treatments.csv",), False, None),
        (1, date(2024, 1, 1), 1, ("treatments.csv",), False, None),
    ]
    assert all(one.imported_at and abs(one.imported_at - datetime.now()) < timedelta(hours=1) for one in listed)
    before, seen = data.current(practice.pointer), practice.pointer.stat()
    returned = data.return_to(practice.pointer, 1)
    assert (returned.number, returned.path.name[:6], returned.rows) == (4, "000001", 1)
    assert returned == data.current(practice.pointer)
    assert returned.name != before.name
    assert (seen.st_ino, seen.st_mtime_ns) != (practice.pointer.stat().st_ino, practice.pointer.stat().st_mtime_ns)
    assert practice.rows("select count(*) from treatments") == [(1,)]
    assert [one.number for one in data.snapshots(practice.pointer) if one.is_current] == [1]
    assert data.return_to(practice.pointer, 3).number == 5
    assert data.return_to(practice.pointer, 1).number == 6


def test_the_next_import_adds_to_what_was_returned_to(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    practice.becomes(three_months)
    data.return_to(practice.pointer, 1)
    practice.write("treatments.csv", "treatment_id,patient_id,treated_on,treatment_type\nN,P9,2024-04-01,skincare\n")
    monkeypatch.setenv(publishing.KEPT_VARIABLE, "1")
    practice.imports()
    assert practice.rows("select treatment_id from treatments order by 1") == [("N",), ("T0",)]
    assert [one.number for one in data.snapshots(practice.pointer)] == [5]


def test_the_current_snapshot_is_kept_however_old(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    practice.becomes(three_months)
    monkeypatch.setenv(publishing.KEPT_VARIABLE, "1")
    data.return_to(practice.pointer, 1)
    assert [one.number for one in data.snapshots(practice.pointer)] == [3, 1]
    assert data.return_to(practice.pointer, 3).number == 5
    assert [one.number for one in data.snapshots(practice.pointer)] == [3]


@pytest.mark.parametrize("damage", ["none", "current", "gone", "flipped", "version", "wal", "description"])
def test_a_return_that_cannot_be_is_refused(practice: Practice, damage: str) -> None:
    practice.becomes(four_records)
    first = data.current(practice.pointer).path
    practice.imports(replace=True)
    before = practice.pointer.read_bytes()
    described = json.loads(first.with_suffix(".json").read_text())
    if damage == "gone":
        first.unlink()
    elif damage == "flipped":
        content = bytearray(first.read_bytes())
        content[len(content) // 2] ^= 1
        first.chmod(0o644)
        first.write_bytes(content)
    elif damage == "version":
        first.with_suffix(".json").write_text(json.dumps(described | {"format_version": 99}))
        assert data.snapshots(practice.pointer)[1].problem == "made by another version of this program"
    elif damage == "wal":
        first.with_name(f"{first.name}.wal").write_bytes(b"planted")
    elif damage == "description":
        first.with_suffix(".json").write_text("[" * 100_000)
        assert data.snapshots(practice.pointer)[1].problem == "its description is missing or damaged"
    number, expected = {
        "none": (7, "no snapshot 7 .* there are: 2, 1"),
        "current": (2, "current one already"),
        "gone": (1, "no snapshot 1 .* there are: 2"),
        "flipped": (1, "is damaged: its checksum has changed"),
        "version": (1, "another version"),
        "wal": (1, r"\.wal"),
        "description": (1, "description of snapshot 1 is missing or damaged"),
    }[damage]
    with pytest.raises(ImportRefused, match=expected):
        data.return_to(practice.pointer, number)
    assert practice.pointer.read_bytes() == before
    assert data.current(practice.pointer).number == 2


@pytest.mark.parametrize("damage", ["missing", "empty", "rubbish", "cut", "nested", "number"])
def test_a_pointer_that_is_lost_or_damaged_costs_no_snapshot(practice: Practice, damage: str) -> None:
    practice.becomes(two_months)
    written = practice.pointer.read_text()
    practice.pointer.unlink()
    content = {"empty": "", "rubbish": "\x00\xff", "cut": written[:40], "nested": "[" * 100_000}.get(damage)
    if damage == "number":
        content = json.dumps(json.loads(written) | {"generation": "two"})
    if content is not None:
        practice.pointer.write_text(content)
    said = r"outcomes snapshots --snapshot .* --return-to 2\), or import the exports again with --replace"
    with pytest.raises(ImportRefused, match=said):
        data.current(practice.pointer)
    with pytest.raises(ImportRefused, match=said):
        practice.imports()
    assert len(files(practice)) == 2
    assert data.return_to(practice.pointer, 2).rows == 2
    assert data.return_to(practice.pointer, 1).rows == 1
    practice.pointer.unlink()
    practice.imports(replace=True)
    assert len(practice.rows("from treatments")) == 2
    assert len(files(practice)) == 3


def test_an_older_snapshot_mends_a_damaged_one(practice: Practice) -> None:
    practice.becomes(two_months)
    damaged = data.current(practice.pointer).path
    damaged.chmod(0o644)
    damaged.write_bytes(b"rubbish")
    with pytest.raises(ImportRefused, match=r"Return to an older one \(outcomes snapshots"):
        data.current(practice.pointer)
    assert data.return_to(practice.pointer, 1).number == 3
    practice.imports()
    assert data.current(practice.pointer).number == 4


def test_a_removed_snapshot_sends_its_reader_to_the_new_one(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader has looked at the pointer when two imports come in between, of which one snapshot is kept."""
    monkeypatch.setenv(publishing.KEPT_VARIABLE, "1")
    of_the_month(practice, 1)
    read = generations.read_description

    def slowly(path: Path) -> dict[str, Any] | None:
        written = read(path)
        monkeypatch.undo()
        monkeypatch.setenv(publishing.KEPT_VARIABLE, "1")
        of_the_month(practice, 2)
        return written

    monkeypatch.setattr(generations, "read_description", slowly)
    assert data.current(practice.pointer).rows == 2
    assert len(files(practice)) == 1


def test_a_second_import_waits_and_is_then_refused(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    practice.becomes(four_records)
    monkeypatch.setattr(publishing, "PATIENCE_SECONDS", 0.3)
    told: list[str] = []
    who = f"process {os.getpid()} on {socket.gethostname()}, since {date.today()}"
    with publishing.staging(practice.pointer) as place:
        place.path.write_bytes(b"being built")
        with pytest.raises(ImportRefused, match=rf"Another import .* is at work \({who} .*try again"):
            data.import_exports([practice.exports], practice.pointer, progress=lambda step, *_: told.append(step))
        with pytest.raises(ImportRefused, match="is at work"):
            data.return_to(practice.pointer, 7)
        assert place.path.read_bytes() == b"being built"
    assert any(step.startswith(f"waiting for another import to finish ({who}") for step in told)
    assert practice.pointer.with_name("outcomes.json.d").joinpath("lock").read_bytes() == b""
    practice.imports()


def test_an_import_that_waited_goes_on_when_the_other_is_done(practice: Practice) -> None:
    waited: list[object] = []
    with publishing.staging(practice.pointer):
        waiting = threading.Thread(target=lambda: waited.append(practice.imports()))
        waiting.start()
        time.sleep(0.5)
        assert not waited
    waiting.join(30)
    assert len(waited) == 1
    assert practice.rows("select count(*) from treatments") == [(4,)]


@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing", "version", "wal"])
def test_a_damaged_snapshot_is_not_opened(practice: Practice, damage: str) -> None:
    practice.becomes(four_records)
    file = data.current(practice.pointer).path
    file.chmod(0o644)
    content = bytearray(file.read_bytes())
    if damage == "truncated":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    elif damage == "missing":
        file.unlink()
    elif damage == "wal":
        file.with_name(f"{file.name}.wal").write_bytes(b"planted")
    else:
        written = json.loads(practice.pointer.read_text()) | {"format_version": 99}
        practice.pointer.write_text(json.dumps(written))
    expected = {"missing": "missing", "version": "another version", "wal": r"\.wal"}.get(damage, "damaged")
    with pytest.raises(ImportRefused, match=expected) as refusal:
        data.current(practice.pointer)
    assert "Import the exports again with --replace" in str(refusal.value)
    practice.imports(replace=True)
    assert len(practice.rows("from treatments")) == 4


def test_what_is_no_snapshot_is_refused(practice: Practice, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="There is no snapshot at"):
        data.current(tmp_path / "nothing")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ImportRefused, match="is not a snapshot"):
        data.current(tmp_path / "text")
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute("create table t as select 1")
    with pytest.raises(ImportRefused, match="is not a snapshot"):
        data.current(tmp_path / "other.duckdb")
    for there in (tmp_path / "text", tmp_path):
        with pytest.raises(ImportRefused, match="is there already"):
            data.import_exports([practice.exports], there)
    assert (tmp_path / "text").read_text() == "hello"


def test_what_a_killed_check_left_is_removed_by_the_next(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(practice.folder))
    killed = "import os, data.publishing as p\nwith p.working_folder() as f: (f / 'x').touch(); os.kill(os.getpid(), 9)"
    environment = os.environ | {"TMPDIR": str(practice.folder)}
    subprocess.run([sys.executable, "-c", killed], cwd=ROOT, env=environment, check=False)
    [left] = practice.folder.glob("outcomes-check-*")
    with publishing.working_folder() as working:
        assert not left.exists()
        with publishing.working_folder() as another:
            assert working.exists()
            assert another != working
    data.check_exports([practice.exports])
    assert not list(practice.folder.glob("outcomes-check-*"))


def test_no_import_works_where_a_killed_one_did(practice: Practice) -> None:
    with publishing.staging(practice.pointer) as killed:
        pass
    with publishing.staging(practice.pointer) as place:
        assert place.staging.is_dir()
        assert place.staging != killed.staging
        assert not killed.staging.exists()
