"""Files that are made to take all memory: refused with a reason, or the row rejected, by a program that stays small.

The normal run has shorter forms; with `OUTCOMES_POLLUTION=long` the line without end is one of 2 GB.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.data.pollution.clean import clean
from tests.data.pollution.workbooks import Sheet, book

IS_LONG = os.environ.get("OUTCOMES_POLLUTION") == "long"
LINE_MEGABYTES = 2_000 if IS_LONG else 70
MEMORY_BYTES = 1_500_000_000
PATIENCE_SECONDS = 300
HEADER = b"treatment_id,patient_id,treated_on,treatment_type,product,dose\n"
ROW = b"%s,P1,2024-01-10,skincare,cream,1\n"


@dataclass(frozen=True)
class Checked:
    """What a check by the command line came to: its exit status, what it said, its report, its largest memory."""

    status: int
    output: str
    error: str
    report: dict[str, Any] | None
    memory: int


def check(path: Path) -> Checked:
    """Check a file by the command line, in a process of its own whose memory is measured."""
    report = path.parent / "report.json"
    measured = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:])\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)\n"
        "sys.exit(done.returncode)\n"
    )
    command = [sys.executable, "-m", "dashboard.cli", "check", str(path), "--report", str(report)]
    done = subprocess.run(
        [sys.executable, "-c", measured, *command],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    *output, memory = done.stdout.splitlines()
    assert "Traceback" not in done.stderr
    content = json.loads(report.read_text()) if report.exists() else None
    return Checked(done.returncode, "\n".join(output), done.stderr, content, int(memory))


def assert_refused(checked: Checked) -> None:
    assert checked.status == 2, checked.output
    assert len(checked.error.strip()) > 40
    assert "inside the program" not in checked.error
    assert checked.memory < MEMORY_BYTES, f"{checked.memory / 1e6:,.0f} MB"


def assert_one_row_rejected(checked: Checked, loaded: int) -> None:
    assert checked.status == 1, checked.error
    assert checked.report is not None
    (account,) = checked.report["files"]
    assert (account["rows_loaded"], account["rows_rejected"]) == (loaded, 1)
    assert checked.memory < MEMORY_BYTES, f"{checked.memory / 1e6:,.0f} MB"


LONG_LINES: dict[str, Callable[[int], bytes]] = {
    "letters": lambda at: b"x" * 1_000_000,
    "zeros": lambda at: b"\0" * 1_000_000,
    "separators": lambda at: b"," * 1_000_000,
    "a quote that is not closed": lambda at: (b'"' if at == 0 else b"x") + b"x" * 999_999,
}


@pytest.mark.parametrize("kind", LONG_LINES)
def test_a_line_without_end(tmp_path: Path, kind: str) -> None:
    """Refused, or rejected as one row among good ones."""
    path = tmp_path / "treatments.csv"
    with path.open("wb") as file:
        file.write(HEADER + ROW % b"T1")
        for at in range(LINE_MEGABYTES):
            file.write(LONG_LINES[kind](at))
        file.write(b"\n" + ROW % b"T2")
    checked = check(path)
    if checked.status == 1:
        assert_one_row_rejected(checked, 2)
    else:
        assert_refused(checked)


def test_a_header_without_end(tmp_path: Path) -> None:
    path = tmp_path / "treatments.csv"
    with path.open("wb") as file:
        for _ in range(LINE_MEGABYTES):
            file.write(b"treatment_id," * 80_000)
    assert_refused(check(path))


def test_a_quote_over_very_many_lines(tmp_path: Path) -> None:
    """The rows behind a quote that is not closed are loaded, and reading them takes no square of their number."""
    path = tmp_path / "treatments.csv"
    with path.open("wb") as file:
        file.write(HEADER + b'B1,P1,2024-01-10,skincare,"cream,1\n')
        for at in range(100_000):
            file.write(ROW % b"T%d" % at)
    assert_one_row_rejected(check(path), 100_000)


def test_very_many_quotes_that_are_not_closed(tmp_path: Path) -> None:
    path = tmp_path / "treatments.csv"
    with path.open("wb") as file:
        file.write(HEADER + ROW % b"T0")
        for _ in range(20_000):
            file.write(b'B1,P1,2024-01-10,skincare,"cream\n')
    checked = check(path)
    assert checked.status in (1, 2)
    assert checked.memory < MEMORY_BYTES


def test_a_gzip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "treatments.csv.gz"
    with gzip.open(path, "wb", compresslevel=6) as file:
        file.write(HEADER + ROW % b"T1")
        for _ in range(1_000):
            file.write(b"\0" * 1_000_000)
    assert path.stat().st_size < 2_000_000
    assert_refused(check(path))


def test_a_gzip_bomb_of_good_rows(tmp_path: Path) -> None:
    """Rows that repeat pack well, but no export packs like this."""
    path = tmp_path / "treatments.csv.gz"
    with gzip.open(path, "wb", compresslevel=6) as file:
        file.write(HEADER)
        for _ in range(200):
            file.write(ROW % b"T1" * 30_000)
    assert_refused(check(path))


def zip_bomb(member: str, head: bytes, megabytes: int, copies: int = 1) -> bytes:
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for at in range(copies):
            with archive.open(member.format(at), "w") as file:
                file.write(head)
                for _ in range(megabytes):
                    file.write(b"\0" * 1_000_000)
    return place.getvalue()


@pytest.mark.parametrize(("copies", "megabytes"), [(1, 500), (20, 20)])
def test_a_zip_bomb(tmp_path: Path, copies: int, megabytes: int) -> None:
    path = tmp_path / "treatments.zip"
    path.write_bytes(zip_bomb("treatments_{}.csv", HEADER + ROW % b"T1", megabytes, copies))
    assert path.stat().st_size < 3_000_000
    assert_refused(check(path))


def test_a_zip_that_lies_about_its_size(tmp_path: Path) -> None:
    """The size that the archive tells is no bound: what is unpacked is counted."""
    content = bytearray(zip_bomb("treatments.csv", HEADER + ROW % b"T1", 500))
    told = (len(HEADER + ROW % b"T1") + 500_000_000).to_bytes(4, "little")
    while (at := content.find(told)) >= 0:
        content[at : at + 4] = (1_000).to_bytes(4, "little")
    path = tmp_path / "treatments.zip"
    path.write_bytes(bytes(content))
    assert_refused(check(path))


def test_an_archive_of_very_many_files(tmp_path: Path) -> None:
    path = tmp_path / "treatments.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for at in range(20_000):
            archive.writestr(f"treatments_{at}.csv", b"")
    assert_refused(check(path))


@pytest.mark.parametrize(
    ("brackets", "where"), [("[]", "alone"), ("[]", "in a record"), ('{"a":}', "in a record"), ('{"a":}', "not closed")]
)
def test_json_nested_very_deep(tmp_path: Path, brackets: str, where: str) -> None:
    half = len(brackets) // 2 if brackets != '{"a":}' else 5
    opening, closing = brackets[:half] * 100_000, brackets[half:] * 100_000
    content = {
        "alone": f"{opening}1{closing}",
        "in a record": f'[{{"treatment_id": "T1", "x": {opening}1{closing}}}]',
        "not closed": opening,
    }[where]
    path = tmp_path / "treatments.json"
    path.write_text(content)
    assert_refused(check(path))


def test_a_json_line_without_end(tmp_path: Path) -> None:
    path = tmp_path / "treatments.ndjson"
    row = {"treatment_id": "T1", "patient_id": "P1", "treated_on": "2024-01-10", "treatment_type": "skincare"}
    with path.open("wb") as file:
        file.write(json.dumps(row).encode() + b"\n" + b'{"treatment_id": "')
        for _ in range(LINE_MEGABYTES):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + json.dumps(row | {"treatment_id": "T2"}).encode())
    checked = check(path)
    if checked.status == 1:
        assert_one_row_rejected(checked, 2)
    else:
        assert_refused(checked)


def test_json_with_very_many_keys(tmp_path: Path) -> None:
    """Records that share no key make no table of a million columns."""
    path = tmp_path / "treatments.ndjson"
    row = {"treatment_id": "T1", "patient_id": "P1", "treated_on": "2024-01-10", "treatment_type": "skincare"}
    with path.open("w") as file:
        for at in range(2_000):
            file.write(json.dumps(row | {"treatment_id": f"T{at}"} | {f"k{at}-{n}": n for n in range(100)}) + "\n")
    checked = check(path)
    assert checked.status in (0, 2), checked.error
    assert checked.memory < MEMORY_BYTES


def workbook_bomb(member: str, content: Callable[[], bytes], pieces: int) -> bytes:
    """A workbook, one part of which unpacks into far more than it is."""
    sheet = Sheet(clean("treatments", "z", 3), "treatments")
    sheet.header()
    sheet.all_rows()
    made, place = zipfile.ZipFile(io.BytesIO(book([sheet]))), io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in made.namelist():
            original = made.read(name)
            with archive.open(name, "w") as file:
                if name != member:
                    file.write(original)
                    continue
                at = original.index(b"<sheetData>") + 11 if b"<sheetData>" in original else original.index(b"<si>")
                file.write(original[:at])
                for _ in range(pieces):
                    file.write(content())
                file.write(original[at:])
    return place.getvalue()


@pytest.mark.parametrize(
    ("member", "piece"),
    [
        ("xl/worksheets/sheet1.xml", b"<row><c t='inlineStr'><is><t>x</t></is></c></row>"),
        ("xl/worksheets/sheet1.xml", b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"),
        ("xl/worksheets/sheet1.xml", b" " * 50),
        ("xl/sharedStrings.xml", b"<si><t>" + b"x" * 50 + b"</t></si>"),
    ],
)
def test_a_workbook_bomb(tmp_path: Path, member: str, piece: bytes) -> None:
    path = tmp_path / "treatments.xlsx"
    path.write_bytes(workbook_bomb(member, lambda: piece * 20_000, 100))
    assert path.stat().st_size < 10_000_000
    assert_refused(check(path))


def test_a_workbook_with_a_cell_in_its_last_corner(tmp_path: Path) -> None:
    """A few bytes that mean a sheet of 17 thousand million cells: refused, or read without making them."""
    path = tmp_path / "treatments.xlsx"
    path.write_bytes(
        workbook_bomb("xl/worksheets/sheet1.xml", lambda: b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>", 1)
    )
    checked = check(path)
    assert checked.status in (0, 1, 2)
    assert checked.status != 2 or "inside the program" not in checked.error
    assert checked.memory < MEMORY_BYTES * 3, f"{checked.memory / 1e6:,.0f} MB"


def test_xml_that_multiplies_itself(tmp_path: Path) -> None:
    """Entities within entities: a workbook of a few bytes that would unfold into gigabytes."""
    lol = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    doctype = b'<!DOCTYPE x [<!ENTITY a0 "lol">' + lol + b"]>"
    sheet = Sheet(clean("treatments", "z", 3), "treatments")
    sheet.header()
    sheet.all_rows()
    made, place = zipfile.ZipFile(io.BytesIO(book([sheet]))), io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in made.namelist():
            content = made.read(name)
            if name in ("xl/workbook.xml", "xl/sharedStrings.xml"):
                content = content.replace(b"?>", b"?>" + doctype, 1).replace(b"<t>", b"<t>&a9;", 1)
                content = content.replace(b'name="treatments"', b'name="&a9;"', 1)
            archive.writestr(name, content)
    path = tmp_path / "treatments.xlsx"
    path.write_bytes(place.getvalue())
    checked = check(path)
    assert checked.status in (0, 1, 2)
    assert checked.memory < MEMORY_BYTES
