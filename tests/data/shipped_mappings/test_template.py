"""The template reads the exports that it describes, and every setting of the mapping language stands in it."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from data.mapping import CELL_KEYS, SECTION_KEYS, SHIPPED, read_mapping
from tests.data.conftest import Practice
from tests.data.shipped_mappings.naive import accounts

TEMPLATE = (SHIPPED / "template.toml").read_text(encoding="utf-8")


def test_every_setting_stands_in_it() -> None:
    for setting in (*SECTION_KEYS, *CELL_KEYS, "by", "key"):
        assert re.search(rf"\b{setting}( =|\.|\])", TEMPLATE), setting


def test_what_is_commented_out_is_right_too() -> None:
    lines = [line.removeprefix("# ") for line in TEMPLATE.splitlines() if re.match(r"# \w+ = ", line)]
    assert len(lines) > 7
    for line in lines:
        assert tomllib.loads(line), line


@pytest.mark.parametrize("mapping", sorted(path.stem for path in SHIPPED.glob("*.toml")))
def test_every_mapping_that_is_shipped_can_be_read(mapping: str) -> None:
    assert any(section.table.name == "treatments" for section in read_mapping(mapping))


def test_the_imaginary_practice_with_more_files_is_read(tmp_path: Path) -> None:
    practice = Practice(tmp_path)
    practice.write(
        "Appointments_2024.csv",
        "Appointment;Client No;Date;Service;Units;Injector;Staff;Status\n"
        "1;C1;04.03.2024;Anti-wrinkle 3 areas;20,5;;S1;Completed\n"
        "2;C1;05.03.2024;Lip filler;1,500;Dr. B;S1;Completed\n"
        "3;C2;31.03.2024;Peel;;;S9;Completed\n"
        "4;C2;31.03.2024;Peel;;;S1;Cancelled\n",
    )
    practice.write("staff.csv", "No,Name\nS1,Dr. A\n")
    practice.write(
        "forms.csv",
        "Form;Appointment;Date;Happy (1-5);Bruising since;Bruising until\n"
        "F1;1;11.03.2024;5;05.03.2024;\nF2;2;12.03.2024;4;;\n",
    )
    with xlsxwriter.Workbook(practice.exports / "clients.xlsx") as book:
        sheet = book.add_worksheet("Clients")
        sheet.write_row(0, 0, ["Client No", "Year of birth", "Gender"])
        sheet.write_row(1, 0, ["C1", 1980, "F"])
        book.add_worksheet("Other").write(0, 0, "x")
    mapping = TEMPLATE.replace('practitioner = "Staff"\n', "").replace(
        '# practitioner = ["Injector", "Staff"]', 'practitioner = ["Injector", "Staff name"]'
    )
    for line in ('[treatments.lookups."Staff name"]', 'file = "staff', "by =", "key =", 'value = "Name"'):
        assert f"\n# {line}" in mapping
        mapping = mapping.replace(f"\n# {line}", f"\n{line}")
    report = practice.imports(practice.mapping(mapping))
    assert accounts(report) == {
        ("Appointments_2024.csv", "treatments"): (4, 3, 0, 1, 0),
        ("clients.xlsx/Clients", "patients"): (1, 1, 0, 0, 0),
        ("forms.csv", "follow_ups"): (2, 2, 0, 0, 0),
        ("forms.csv", "side_effects"): (2, 1, 0, 1, 0),
    }
    assert practice.rows(
        "select treatment_id, treated_on, treatment_type, dose, dose_unit, practitioner, clinic from treatments "
        "order by all"
    ) == [
        ("1", date(2024, 3, 4), "neuromodulator", 20.5, "U", "Dr. A", "Main Street"),
        ("2", date(2024, 3, 5), "dermal_filler", 1.5, "mL", "Dr. B", "Main Street"),
        ("3", date(2024, 3, 31), "skincare", None, None, None, "Main Street"),
    ]
    assert practice.rows("select effect, onset_on, resolved_on from side_effects") == [
        ("bruising", date(2024, 3, 5), None)
    ]
    assert practice.rows("select birth_year, sex from patients") == [(1980, "female")]
