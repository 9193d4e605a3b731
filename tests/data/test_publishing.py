"""Readers see the old snapshot or the new one; a failed import changes nothing; imports add up by id."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import duckdb
import pytest

import data
from data import ImportRefused, publishing
from tests.data.conftest import Practice

IMPORTER = "import sys, data; data.import_exports([sys.argv[1]], sys.argv[2])"


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
    assert {path.name for path in generation.path.parent.iterdir()} == {generation.path.name, "lock"}
    direct = data.current(generation.path)
    assert (direct.path, direct.sha256) == (generation.path, generation.sha256)


def test_the_same_import_twice_changes_nothing(practice: Practice) -> None:
    practice.write("follow_ups.csv", "treatment_id,followed_up_on\nT1,2024-02-01\n")
    practice.imports()
    before = practice.rows("from treatments"), practice.rows("from follow_ups")
    report = practice.imports()
    assert [(one.rows_loaded, one.rows_duplicate, one.rows_replaced) for one in report.files] == [(0, 1, 0), (0, 4, 0)]
    assert (practice.rows("from treatments"), practice.rows("from follow_ups")) == before
    assert practice.rows("select distinct import_no from imports order by 1") == [(1,), (2,)]
    assert data.current(practice.pointer).number == 2


def test_a_second_import_adds_and_replaces_by_id(practice: Practice) -> None:
    practice.imports()
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
    practice.imports()
    assert practice.rows("select import_no, line from rejects order by 1") == [(2, 4), (3, 4)]
    practice.imports(replace=True)
    assert practice.rows("select treatment_id from treatments order by 1") == [("T2",), ("T5",)]
    assert practice.rows("select import_no from imports") == [(1,)]


def test_a_cut_off_before_records_that_are_there_is_refused(practice: Practice) -> None:
    practice.imports()
    with pytest.raises(ImportRefused, match=r"holds records up to 2024-05-10.*--replace"):
        practice.imports(as_of=date(2024, 5, 9))
    assert data.current(practice.pointer).number == 1


def test_a_failed_import_leaves_the_old_snapshot(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    practice.imports()
    before, there = practice.pointer.read_bytes(), files(practice)
    practice.write("follow_ups.csv", "treatment_id,followed_up_on\nT1,03/04/2024\n")
    with pytest.raises(ImportRefused, match="are not certain"):
        practice.imports()
    practice.exports.joinpath("follow_ups.csv").unlink()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("data.publishing._sync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        practice.imports()
    assert practice.pointer.read_bytes() == before
    assert files(practice) == there
    assert not practice.pointer.with_name("outcomes.json.d").joinpath("staging").exists()


def test_ten_generations_are_kept(practice: Practice) -> None:
    for _ in range(12):
        practice.imports()
    assert [name[:6] for name in files(practice)] == [f"{number:06d}" for number in range(3, 13)]
    assert data.current(practice.pointer).number == 12


def test_a_second_import_waits_and_is_then_refused(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    practice.imports()
    monkeypatch.setattr(publishing, "PATIENCE_SECONDS", 0.3)
    told: list[str] = []
    with practice.pointer.with_name("outcomes.json.d").joinpath("lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ImportRefused, match=r"Another import .* is at work"):
            data.import_exports([practice.exports], practice.pointer, progress=lambda step, *_: told.append(step))
    assert "waiting for another import to finish" in told
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
    practice.imports()
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
    assert "Import the exports again" in str(refusal.value)
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


def test_a_killed_import_leaves_the_old_snapshot_or_the_new_one(practice: Practice) -> None:
    practice.imports()
    root = Path(data.__file__).parent.parent
    for wait in (0.3, 0.9, 1.5, 2.1):
        process = subprocess.Popen(
            [sys.executable, "-c", IMPORTER, str(practice.exports), str(practice.pointer)], cwd=root
        )
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(practice.rows("from treatments")) == 4
    practice.imports()
    folder = practice.pointer.with_name("outcomes.json.d")
    assert not folder.joinpath("staging").exists()
    assert len(practice.rows("from treatments")) == 4
