"""Work on uploads: files written down under safe names, a command at work in a child, its progress and its end."""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import jobs
from dashboard.jobs import STALE_SECONDS, Job, Upload

GOOD = b"treatment_id,patient_id,treated_on,treatment_type\nT1,P1,2024-01-05,skincare\n"


@pytest.fixture
def pointer(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "outcomes.json"
    yield place
    for upload in jobs.waiting(place):
        upload.remove()


def received(pointer: Path, **files: bytes) -> Upload:
    return jobs.receive(
        pointer, [(name.replace("_csv", ".csv"), io.BytesIO(content)) for name, content in files.items()]
    )


def ended(job: Job) -> Job:
    deadline = time.monotonic() + 60
    while job.is_at_work:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return job


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        ("Behandlungen März.csv", "Behandlungen März.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Export\\a.csv", "a.csv"),
        ("--mapping.csv", "mapping.csv"),
        ("[ab]*?.csv", "_ab___.csv"),
        (".csv", "file.csv"),
        ("", "file"),
        ("a\nb\0c.csv", "a_b_c.csv"),
        ("x" * 300 + ".csv", "x" * 117 + ".csv"),
    ],
)
def test_a_name_is_a_name_and_nothing_more(pointer: Path, shown: str, kept: str) -> None:
    upload = jobs.receive(pointer, [(shown, io.BytesIO(GOOD))])
    assert upload.names == (kept,)
    assert upload.files[0].read_bytes() == GOOD
    assert upload.files[0].parent.parent.parent == pointer.with_name("outcomes.json.d") / "uploads"


def test_two_files_of_one_name_are_both_kept(pointer: Path) -> None:
    upload = jobs.receive(pointer, [("a.csv", io.BytesIO(b"1")), ("A.csv", io.BytesIO(b"2"))])
    assert upload.names == ("a.csv", "A (2).csv")
    assert [file.read_bytes() for file in upload.files] == [b"1", b"2"]


def test_nobody_else_may_read_what_was_dropped_in(pointer: Path) -> None:
    assert received(pointer, a_csv=GOOD).files[0].parent.stat().st_mode & 0o077 == 0


def test_an_import_tells_its_progress_and_leaves_the_snapshot(pointer: Path) -> None:
    upload = received(pointer, treatments_csv=GOOD)
    report = upload.folder / "import.json"
    job = jobs.start(upload, "import", *upload.files, "--into", pointer, "--report", report)
    assert jobs.find(upload, "import") is job
    shares = [job.progress.share or 0.0]
    while job.is_at_work:
        shares.append(job.progress.share or 0.0)
        time.sleep(0.02)
    assert job.is_done, job.refusal
    assert shares == sorted(shares)
    assert job.progress.share == 1.0
    assert json.loads(report.read_text())["files"][0]["rows_loaded"] == 1
    assert pointer.exists()


def test_what_is_refused_says_why(pointer: Path) -> None:
    upload = received(pointer, treatments_csv=b"a,b\n1,2\n")
    job = ended(jobs.start(upload, "check", *upload.files))
    assert not job.is_done
    assert "treatments.csv" in job.refusal
    assert not job.refusal.startswith(("outcomes", "{"))


def test_rejected_rows_do_not_make_it_a_failure(pointer: Path) -> None:
    upload = received(pointer, treatments_csv=GOOD + b"T2,P1,someday,skincare\n")
    assert ended(jobs.start(upload, "check", *upload.files)).is_done


def test_a_job_that_is_killed_has_done_nothing_and_says_so(pointer: Path) -> None:
    upload = received(pointer, treatments_csv=GOOD)
    job = jobs.start(upload, "import", *upload.files, "--into", pointer)
    job.stop()
    assert not job.is_at_work
    assert not job.is_done
    assert "Nothing was changed" in job.refusal
    assert not pointer.exists()


def test_a_job_is_niced(pointer: Path) -> None:
    upload = received(pointer, treatments_csv=GOOD)
    job = jobs.start(upload, "check", *upload.files)
    assert os.getpriority(os.PRIO_PROCESS, job._process.pid) >= jobs.NICENESS
    ended(job)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc")
def test_the_arguments_of_a_process_name_nobody(pointer: Path) -> None:
    """Whoever has an account on the machine can read them."""
    row = {"treatment_id": "T1", "patient_id": "P1", "treated_on": "2024-01-05", "treatment_type": "skincare"}
    name = "Mrs Miller.json"
    upload = jobs.receive(pointer, [(name, io.BytesIO(json.dumps([row]).encode()))])
    job = jobs.start(upload, "check", *upload.files)
    seen: set[bytes] = set()  # a child has its parent's arguments until it has begun
    while job.is_at_work:
        for process in (job._process.pid, *children(job._process.pid)):
            with contextlib.suppress(OSError):
                seen.add(Path(f"/proc/{process}/cmdline").read_bytes())
    assert job.is_done, job.refusal
    told = [arguments for arguments in seen if b"-m" in arguments]
    assert {arguments.split(b"\0")[2] for arguments in told} == {b"dashboard.cli.told", b"data.formats.converting"}
    assert not any(b"Miller" in arguments or b"upload" in arguments for arguments in seen)


def children(process: int) -> list[int]:
    with contextlib.suppress(OSError):
        tasks = Path(f"/proc/{process}/task").glob("*/children")
        return [int(child) for each in tasks for child in each.read_text().split()]
    return []


def test_uploads_wait_and_the_stale_ones_are_removed(pointer: Path) -> None:
    old, new = received(pointer, a_csv=GOOD), received(pointer, b_csv=GOOD)
    assert {upload.names for upload in jobs.waiting(pointer)} == {("a.csv",), ("b.csv",)}
    long_ago = time.time() - STALE_SECONDS - 60
    for path in (*old.folder.iterdir(), old.folder):
        os.utime(path, (long_ago, long_ago))
    broken = old.folder.parent / "broken"
    broken.mkdir()
    os.utime(broken, (long_ago, long_ago))
    assert jobs.waiting(pointer) == [new]
    assert not old.folder.exists()
    assert not broken.exists()
    new.remove()
    assert jobs.waiting(pointer) == []
