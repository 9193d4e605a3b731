"""Rejected rows as a file of their own: it opens in a spreadsheet, and once mended it is read like its source."""

from __future__ import annotations

from pathlib import Path

import pytest

import data
from dashboard.store import open_snapshot
from data import import_exports

HEADER = "treatment_id;patient_id;treated_on;treatment_type;product"


def mended(place: Path, folder: Path, *changes: tuple[str, str], import_no: int = 1, file: str = "") -> Path:
    """The file to mend of an import, with these texts replaced, saved in the folder under its own name."""
    store = open_snapshot(place)
    source = file or store.account("files_to_mend")["file"].iloc[0]
    name, content = store.rejects_to_mend(import_no, source)
    text = content.decode("utf-8-sig")
    for wrong, right in changes:
        assert wrong in text
        text = text.replace(wrong, right)
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text.encode("utf-8-sig"))
    return folder / name


def test_rejected_rows_are_mended_and_read(tmp_path: Path) -> None:
    source = tmp_path / "treatments.csv"
    rows = ['T1;"P;1";2024-01-05;skincare;"a;b"', "T2;P2;2024-02-30;skincare;peel", "T3;P3;2024-03-01;skincare;x;y"]
    source.write_text("\n".join([HEADER, *rows, "T4;P4;;skincare;z"]) + "\n")
    place = tmp_path / "o.json"
    assert len(import_exports([source], into=place).rejects) == 3
    file = mended(
        place, tmp_path / "again", ("2024-02-30", "2024-02-29"), (";x;y", ";xy"), ("T4;P4;;", "T4;P4;2024-04-01;")
    )
    assert file.name == "treatments, rejected in import 1.csv"
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == f"Rejected: line;Rejected: why;{HEADER}"
    assert [line.split(";")[0] for line in lines[1:]] == ["3", "4", "5"]
    report = import_exports([file], into=place)
    assert [(one.rows_read, one.rows_loaded, one.rows_rejected) for one in report.files] == [(3, 3, 0)]
    treatments = open_snapshot(place).records("treatments").set_index("treatment_id")
    assert list(treatments.index) == ["T1", "T2", "T3", "T4"]
    assert treatments.loc["T3", "product"] == "xy"


def test_what_is_wrong_with_a_row_stands_beside_it(tmp_path: Path) -> None:
    source = tmp_path / "treatments.csv"
    source.write_text(f"{HEADER}\nT1;P1;2024-01-05;skincare;a\nT2;P2;never;skincare;peel\n")
    import_exports([source], into=tmp_path / "o.json")
    content = open_snapshot(tmp_path / "o.json").rejects_to_mend(1, "treatments.csv")[1].decode("utf-8-sig")
    line, why, *_ = content.splitlines()[1].split(";")
    assert (line, why) == ("3", "no date that can be read")


def test_the_file_is_one_for_each_import(tmp_path: Path) -> None:
    source = tmp_path / "treatments.csv"
    for number in (1, 2):
        source.write_text(f"{HEADER}\nT{number};P1;2024-01-05;skincare;a\nX{number};P2;never;skincare;peel\n")
        import_exports([source], into=tmp_path / "o.json")
    store = open_snapshot(tmp_path / "o.json")
    found = [store.rejects_to_mend(number, "treatments.csv") for number in (1, 2)]
    assert [name for name, _ in found] == [f"treatments, rejected in import {number}.csv" for number in (1, 2)]
    assert [b"X1" in content for _, content in found] == [True, False]
    with pytest.raises(KeyError):
        store.rejects_to_mend(3, "treatments.csv")


def test_rejected_elements_of_json_are_json_again(tmp_path: Path) -> None:
    source = tmp_path / "treatments.ndjson"
    good = '{"treatment_id": "T1", "patient_id": "P1", "treated_on": "2024-01-05", "treatment_type": "skincare"}'
    source.write_text(f"{good}\n{good.replace('T1', 'T2').replace('2024-01-05', 'never')}\n")
    place = tmp_path / "o.json"
    import_exports([source], into=place)
    file = mended(place, tmp_path / "again", ("never", "2024-02-01"))
    assert file.suffix == ".ndjson"
    assert import_exports([file], into=place).files[0].rows_loaded == 1


def test_rejected_rows_of_a_workbook_keep_their_cells(tmp_path: Path) -> None:
    import xlsxwriter

    source = tmp_path / "treatments.xlsx"
    with xlsxwriter.Workbook(str(source)) as workbook:
        sheet = workbook.add_worksheet("treatments")
        for at, row in enumerate(
            [
                HEADER.split(";"),
                ["T1", "P1", "2024-01-05", "skincare", ""],
                ["T2", "P2", "never", "skincare", 'a\tb "c"'],
            ]
        ):
            sheet.write_row(at, 0, row)
    place = tmp_path / "o.json"
    import_exports([source], into=place)
    file = mended(place, tmp_path / "again", ("never", "2024-02-01"))
    assert import_exports([file], into=place).files[0].rows_loaded == 1
    treatments = open_snapshot(place).records("treatments").set_index("treatment_id")
    assert treatments.loc["T2", "product"] == 'a\tb "c"'


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ('=HYPERLINK("http://evil.example")', False),
        ("=cmd|' /C calc'!A0", False),
        ("+1+cmd|' /C calc'!A0", False),
        ("@SUM(1)", False),
        ("-5", True),
        ("-A12", True),
        ("+49 30 123", True),
        ("a (b) | c!", True),
    ],
)
def test_no_cell_is_run_by_a_spreadsheet(tmp_path: Path, cell: str, kept: bool) -> None:
    source = tmp_path / "treatments.csv"
    written = f'"{cell.replace(chr(34), 2 * chr(34))}"' if '"' in cell else cell
    source.write_text(f"{HEADER}\nT1;P1;2024-01-05;skincare;\nT2;{written};never;skincare;{written}\n")
    import_exports([source], into=tmp_path / "o.json")
    row = open_snapshot(tmp_path / "o.json").rejects_to_mend(1, "treatments.csv")[1].decode("utf-8-sig").splitlines()[1]
    assert (f";{written};never;skincare;{written}" in row) == kept
    assert row.count(f"'{cell[:4]}") == (0 if kept else 2)


def test_a_snapshot_from_before_opens_and_has_nothing_to_mend(tmp_path: Path) -> None:
    import duckdb

    source = tmp_path / "treatments.csv"
    source.write_text(f"{HEADER}\nT1;P1;2024-01-05;skincare;\nT2;P2;never;skincare;\n")
    import_exports([source], into=tmp_path / "o.json")
    older = tmp_path / "older.duckdb"
    older.write_bytes(data.current(tmp_path / "o.json").path.read_bytes())
    with duckdb.connect(str(older)) as connection:
        connection.execute("alter table imports drop column shape")
    assert open_snapshot(older).account("files_to_mend").empty
    assert len(open_snapshot(older).records("imports")) == 1
