"""The audit log: whatever is done to it is found, and nothing that was acknowledged is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dashboard import audit
from dashboard.cli import main

WHO = ("sub-1", "Dr A. Lindqvist")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of twelve events."""
    log = tmp_path / "outcomes.json.d" / "audit.jsonl"
    for number in range(12):
        audit.append(log, *WHO, "page", {"page": f"page {number}", "filters": {"product": [f"Prödüct {number}\n"]}})
    return log


def test_events_are_there_as_they_were_told(log: Path) -> None:
    told = list(audit.events(log))
    assert [event.no for event in told] == [*range(1, 13)]
    assert [event.about["filters"]["product"] for event in told] == [[f"Prödüct {number}\n"] for number in range(12)]
    assert {(event.who, event.name, event.what) for event in told} == {(*WHO, "page")}
    assert audit.verify(log) == audit.Verified(12, told[-1].sha256)
    assert audit.last(log, 3) == told[-3:]
    assert audit.last(log, 100) == told
    assert log.stat().st_mode & 0o077 == 0


def test_where_nothing_was_told_nothing_is_wrong(tmp_path: Path) -> None:
    assert audit.verify(tmp_path / "audit.jsonl") == audit.Verified(0, audit.BEGINNING)
    assert not list(audit.events(tmp_path / "audit.jsonl"))


def test_the_place_can_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit.log_of(tmp_path / "outcomes.json") == tmp_path / "outcomes.json.d" / "audit.jsonl"
    monkeypatch.setenv("OUTCOMES_AUDIT", str(tmp_path / "elsewhere.jsonl"))
    assert audit.log_of(tmp_path / "outcomes.json") == tmp_path / "elsewhere.jsonl"


def removed(lines: list[bytes], place: int) -> list[bytes]:
    return lines[:place] + lines[place + 1 :]


def moved(lines: list[bytes], place: int) -> list[bytes]:
    return [*removed(lines, place), lines[place]] if place < 11 else [lines[place], *removed(lines, place)]


def repeated(lines: list[bytes], place: int) -> list[bytes]:
    return [*lines[: place + 1], *lines[place:]]


def changed(lines: list[bytes], place: int) -> list[bytes]:
    return [*lines[:place], lines[place].replace(b'"sub-1"', b'"sub-2"'), *lines[place + 1 :]]


def renumbered(lines: list[bytes], place: int) -> list[bytes]:
    """Changed, and its own sum made anew: it is the next line, or the end, that tells."""
    told = json.loads(lines[place]) | {"who": "sub-2"}
    sealed = audit.Event(**told).sealed()
    return [*lines[:place], audit._line(sealed.__dict__), *lines[place + 1 :]]


def broken(lines: list[bytes], place: int) -> list[bytes]:
    return [*lines[:place], lines[place][:-5] + b"\n", *lines[place + 1 :]]


@pytest.mark.parametrize("tamper", [removed, moved, repeated, changed, renumbered, broken])
def test_whatever_is_done_to_any_line_is_found(log: Path, tamper: Any) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    for place in range(12):
        log.write_bytes(b"".join(tamper(lines, place)))
        assert audit.verify(log).problem, (tamper.__name__, place)
    log.write_bytes(b"".join(lines))
    assert not audit.verify(log).problem


def test_a_log_that_was_cut_off_is_found_by_its_end_or_by_one_that_was_written_down(log: Path) -> None:
    whole = audit.verify(log)
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:7]))
    assert "cut off" in audit.verify(log).problem
    end = log.with_suffix(".end")
    end.write_text(f"7 {json.loads(lines[6])['sha256']}\n")
    assert not audit.verify(log).problem
    assert "cut off" in audit.verify(log, whole.sha256).problem
    log.unlink()
    assert "cut off" in audit.verify(log).problem


def test_a_line_that_was_never_finished_is_no_event_and_the_next_takes_its_place(log: Path) -> None:
    with log.open("ab") as file:
        file.write(b'{"no":13,"at":')
    assert audit.verify(log).events == 12
    assert audit.append(log, *WHO, "download", {"table": "treatments"}).no == 13
    assert audit.verify(log).events == 13


def test_a_last_line_that_was_changed_is_not_built_upon(log: Path) -> None:
    with log.open("ab") as file:
        file.write(b"nothing\n")
    with pytest.raises(audit.Unwritable, match="outcomes audit verify"):
        audit.append(log, *WHO, "page", {})


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "outcomes.json.d").write_text("a file, and no folder")
    with pytest.raises(audit.Unwritable, match="cannot be written"):
        audit.append(tmp_path / "outcomes.json.d" / "audit.jsonl", *WHO, "page", {})


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    if not os.access("/dev/full", os.W_OK):
        pytest.skip("there is no /dev/full")
    (tmp_path / "audit.jsonl").symlink_to("/dev/full")
    with pytest.raises(audit.Unwritable):
        audit.append(tmp_path / "audit.jsonl", *WHO, "page", {})


def test_a_command_changes_nothing_that_cannot_be_noted(log: Path, tmp_path: Path) -> None:
    exports = tmp_path / "treatments.csv"
    exports.write_text("treatment_id,patient_id,treated_on,treatment_type\nT1,P1,2024-01-01,skincare\n")
    command = ["import", str(exports), "--into", str(tmp_path / "outcomes.json")]

    def is_refused(reason: str) -> None:
        refused = CliRunner().invoke(main, command)
        assert refused.exit_code == 2
        assert reason in refused.output
        assert "nothing is changed that cannot be noted" in refused.output
        assert not (tmp_path / "outcomes.json").exists()

    kept = log.read_bytes()
    log.write_bytes(kept + b"nothing\n")
    is_refused("its last line is no event")
    log.write_bytes(kept)
    in_the_way = log.with_suffix(".unfinished")
    in_the_way.mkdir()
    is_refused("Is a directory")
    in_the_way.rmdir()
    assert CliRunner().invoke(main, command).exit_code == 0
    assert (audit.verify(log).events, audit.last(log, 1)[0].what) == (13, "import")


def test_the_command_verifies_and_lists(log: Path) -> None:
    told = audit.verify(log)
    snapshot = str(log.parent.with_suffix(""))

    def outcomes(*words: str) -> Result:
        return CliRunner().invoke(main, ["audit", *words, "--snapshot", snapshot])

    assert told.sha256 in outcomes("verify", "--end", told.sha256).stdout
    (line,) = outcomes("show", "--last", "1").stdout.splitlines()
    assert json.loads(line)["about"]["page"] == "page 11"
    log.write_bytes(log.read_bytes().replace(b"page 3", b"page 4"))
    refused = outcomes("verify")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "line 4 was changed after it was written" in refused.stderr


WRITER = """
import sys
from pathlib import Path
from dashboard import audit
for number in range(100_000):
    event = audit.append(Path(sys.argv[1]), sys.argv[2], "", "page", {"n": number})
    print(event.no, event.sha256, flush=True)
"""


def test_nothing_acknowledged_is_lost_where_writers_are_killed(tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    draw = random.Random(7)
    acknowledged: dict[int, str] = {}
    for round_ in range(3):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(log), f"{round_}-{one}"], stdout=subprocess.PIPE, text=True
            )
            for one in range(3)
        ]
        for writer in writers:
            assert writer.stdout
            assert writer.stdout.readline()
        time.sleep(draw.uniform(0.05, 0.3))
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            told, _ = writer.communicate()
            acknowledged |= {int(line.split()[0]): line.split()[1] for line in told.splitlines() if len(line) > 65}
    verified = audit.verify(log)
    assert not verified.problem
    written = {event.no: event.sha256 for event in audit.events(log)}
    assert len(written) == verified.events
    assert len(acknowledged) > 20
    assert acknowledged.items() <= written.items()
