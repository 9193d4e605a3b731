"""Damaged files: the damaged row is rejected with its line, and no other; no value moves to another column."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from data import ImportRefused
from data.formats.delimited import examine
from data.formats.export_file import Ledger
from data.formats.lines import raw_lines, records
from tests.data.conftest import Practice

HEADERS = ("a", "b", "c", "d")


def read(path: Path, content: bytes) -> tuple[dict[int, tuple[str, ...]], Ledger, dict[int, str]]:
    """The records of a file by line, its ledger, and the text of its rejected lines."""
    path.write_bytes(content)
    file = examine(path, path.name, HEADERS)
    assert file.headers == HEADERS
    ledger = Ledger()
    rows = {
        row["__line"]: tuple(row[header] for header in HEADERS)
        for batch in records(file, ledger)
        for row in batch.to_pylist()
    }
    return rows, ledger, raw_lines(file, {one.line: one.lines for one in ledger.rejected})


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [b",", b";", b"\t", b"|"])
def test_line_ends_marks_and_delimiters(tmp_path: Path, end: bytes, mark: bytes, delimiter: bytes) -> None:
    lines = [b"a,b,c,d", b"1,2,3,4", b"", b'5,"6 ""six""",7,', b"8,,9,10"]
    rows, ledger, _ = read(tmp_path / "x.csv", mark + end.join(lines).replace(b",", delimiter))
    assert rows == {2: ("1", "2", "3", "4"), 4: ("5", '6 "six"', "7", ""), 5: ("8", "", "9", "10")}
    assert (ledger.lines, ledger.header_lines, ledger.blank_lines, ledger.record_lines) == (5, 1, 1, 3)


def test_a_quoted_cell_may_hold_line_breaks_and_delimiters(tmp_path: Path) -> None:
    rows, ledger, _ = read(tmp_path / "x.csv", b'a,b,c,d\r\n1,"one\r\n\r\n, two""\r\n",3,4\r\n"5\n",6,7,8\r\n')
    assert rows == {2: ("1", 'one\r\n\r\n, two"\r\n', "3", "4"), 6: ("5\n", "6", "7", "8")}
    assert ledger.spans == {2: 4, 6: 2}


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (b"x,y,z", "3 cells where the header has 4"),
        (b"x,y,z,,", "5 cells where the header has 4"),
        (b'"x,y,z,w', "unclosed quote"),
        (b'x,y,z,"', "unclosed quote"),
        (b'x,y"y,z,w', "a quote in the middle of a cell"),
        (b'x,"y"y,z,w', "a quote in the middle of a cell"),
        (b'x,"y,z",w', "3 cells where the header has 4"),
        (b"x,y\0,z,w", "a NUL character within the line"),
        (b"x;y;z;w", "1 cells where the header has 4"),
    ],
)
@pytest.mark.parametrize("others", [b"1,2,3,4", b'"1","2","3","4"'])
def test_one_damaged_line_costs_no_other(tmp_path: Path, damaged: bytes, reason: str, others: bytes) -> None:
    lines = [b"a,b,c,d", *[others] * 5, damaged, *[others] * 5, damaged, *[others] * 5]
    rows, ledger, raws = read(tmp_path / "x.csv", b"\n".join(lines) + b"\n")
    assert set(rows.values()) == {("1", "2", "3", "4")}
    assert len(rows) == 15
    assert [(one.line, one.lines, one.reason) for one in ledger.rejected] == [(7, 1, reason), (13, 1, reason)]
    assert raws == {7: damaged.decode(), 13: damaged.decode()}


def test_two_damaged_lines_side_by_side_do_not_join(tmp_path: Path) -> None:
    rows, ledger, _ = read(tmp_path / "x.csv", b'a,b,c,d\n1,2,3,"\n5,6,7,"\n9,10,11,12\n')
    assert rows == {4: ("9", "10", "11", "12")}
    assert [one.line for one in ledger.rejected] == [2, 3]


def test_lines_that_are_not_text_are_rejected(tmp_path: Path) -> None:
    good = "é,ü,ß,x\n".encode() * 20
    rows, ledger, _ = read(tmp_path / "x.csv", b"a,b,c,d\n" + good + b"1,\xff,3,4\n" + good)
    assert len(rows) == 40
    assert [(one.line, one.reason) for one in ledger.rejected] == [(22, "not UTF-8 text")]


@pytest.mark.parametrize("seed", range(40))
def test_every_value_stood_in_its_column_of_its_row(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random damage, in chunks of a few lines: no value moves, and all lines are accounted for."""
    draw = random.Random(seed)
    monkeypatch.setattr("data.formats.physical_lines.CHUNK_BYTES", draw.choice((50, 200, 1_000)))
    is_quoted = draw.random() < 0.5
    lines: list[str] = []
    for row in range(1, 80):
        cells = [f"{column}{row}" for column in HEADERS]
        line = ",".join(f'"{cell}"' if is_quoted else cell for cell in cells)
        if draw.random() < 0.3:
            at = draw.randrange(len(line) + 1)
            line = draw.choice(
                (
                    line[:at] + draw.choice((",", '"', '""', "\r\n", "\0", ";")) + line[at:],
                    line[:at] + line[at + draw.randint(1, 3) :],
                    line.replace(cells[2], f'"{cells[2]}\n and more"' if not is_quoted else cells[2]),
                )
            )
        lines.append(line)
    rows, ledger, _ = read(tmp_path / "x.csv", ("a,b,c,d\n" + "\n".join(lines) + draw.choice(("", "\n"))).encode())
    assert ledger.lines == ledger.header_lines + ledger.blank_lines + ledger.record_lines + sum(
        one.lines for one in ledger.rejected
    )
    whole = {(f"a{row}", f"b{row}", f"c{row}", f"d{row}") for row in range(1, 80)}
    undamaged = [
        line for line in lines if tuple(line.replace('"', "").split(",")) in whole and line.count('"') in (0, 8)
    ]
    assert len(set(rows.values()) & whole) >= len(undamaged)
    for found in rows.values():
        assert not [cell for column, cell in zip(HEADERS, found, strict=True) if cell[:1] in set(HEADERS) - {column}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"<!doctype html><html></html>", "web page"),
        (b'{"treatment_id": 1}', "no column patient_id"),
        (b'[\n{"treatment_id": 1}]', "no column patient_id"),
        (b"[1, 2]", "treatments.csv has no column treatment_id"),
        (b'{"treatment_id": ', "not JSON"),
        (b"PK\x03\x04rest", "damaged archive"),
        (bytes(range(256)) * 20, "not text"),
        ("treatment_id,patient_id\n".encode("utf-16-le") * 9, "no column treated_on"),
        (b'treatment_id,"patient_id\nT1,P1\n', "column names is damaged"),
        (b"treatment_id,patient_id,treated_on,treatment_type,Treatment_ID\n", "two columns called"),
        (b"treatment_id,patient_id,treatedon,treatment_type\n", r"no column treated_on.*Did you mean treatedon"),
    ],
)
def test_what_is_no_export_is_refused(practice: Practice, content: bytes, message: str) -> None:
    practice.write("treatments.csv", content)
    with pytest.raises(ImportRefused, match=message):
        practice.imports()


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", None),
        ("cp1252", "windows-1252"),
        ("cp1251", "cp1251"),
    ],
)
def test_encodings_are_detected(practice: Practice, encoding: str, told: str | None) -> None:
    name = "Клиника доктора Иванова, Москва" if encoding == "cp1251" else "Praxis Müller – Zürich, François"
    text = "treatment_id,patient_id,treated_on,treatment_type,clinic\n" + "".join(
        f'T{n},P1,2024-01-01,skincare,"{name}"\n' for n in range(30)
    )
    practice.write("treatments.csv", text.encode(encoding))
    report = practice.imports()
    assert practice.rows("select distinct clinic from treatments") == [(name,)]
    if told is None:
        assert not report.warnings
    else:
        assert told in report.warnings[0].reason


@pytest.mark.parametrize("seed", range(25))
def test_bytes_changed_at_random_are_accounted_for_or_refused(practice: Practice, seed: int) -> None:
    draw = random.Random(seed)
    content = bytearray(practice.exports.joinpath("treatments.csv").read_bytes() * draw.randint(1, 9))
    for _ in range(draw.randint(1, 20)):
        at = draw.randrange(len(content))
        content[at : at + draw.randint(0, 5)] = bytes(draw.randrange(256) for _ in range(draw.randint(0, 5)))
    practice.write("treatments.csv", bytes(content))
    try:
        practice.imports()
    except ImportRefused as refusal:
        assert len(str(refusal)) > 20  # noqa: PT017


def test_files_are_recognised_by_name_or_by_columns(practice: Practice) -> None:
    practice.write("2024 Follow-ups.csv", "treatment_id,followed_up_on\nT1,2024-02-01\n")
    practice.write("adverse.txt", "Treatment_ID;Onset_On;Effect\nT1;2024-02-01;pain\n")
    practice.write("people.csv", "patient_id,sex\nP1,female\n")
    practice.write("notes.csv", "day,note\n2024-01-01,closed\n")
    practice.write("README.md", "not an export")
    report = practice.imports()
    assert {(account.file, account.table) for account in report.files} == {
        ("2024 Follow-ups.csv", "follow_ups"),
        ("adverse.txt", "side_effects"),
        ("people.csv", "patients"),
        ("treatments.csv", "treatments"),
    }
    assert [warning.file for warning in report.warnings if "left out" in warning.reason] == ["notes.csv"]


def test_a_source_that_is_not_there_is_refused(practice: Practice, tmp_path: Path) -> None:
    import data

    with pytest.raises(ImportRefused, match="does not exist"):
        data.import_exports([tmp_path / "nowhere"], practice.pointer)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ImportRefused, match="is empty"):
        data.import_exports([tmp_path / "nothing"], practice.pointer)
    notes = practice.write("notes.csv", "day,note\n2024-01-01,closed\n")
    with pytest.raises(ImportRefused, match="no table of the contract"):
        data.import_exports([notes], practice.pointer)
