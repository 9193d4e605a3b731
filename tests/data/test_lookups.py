"""A mapping looks columns up in other files, leaves out what is optional, and names a time zone for all."""

from __future__ import annotations

from datetime import date

import pytest

from data import ImportRefused
from tests.data.conftest import Practice, reasons

MAPPING = """
[treatments]
file = "log.csv"

[treatments.lookups.service]
file = "Services*.csv"
by = "what"
key = "no"
value = "name"

[treatments.columns]
treatment_id = "nr"
patient_id = "who"
treated_on = "day"
treatment_type = { column = ["service", "what"], values = { Botox = "neuromodulator" } }
indication = { sql = "nullif(service, 'Botox')" }
"""
LOG = "nr,who,day,what\n1,C1,2024-03-04,7\n2,C1,2024-03-05,8\n3,C2,2024-03-05,9\n4,C2,2024-03-06,\n"


@pytest.fixture
def clinic(practice: Practice) -> Practice:
    practice.exports.joinpath("treatments.csv").unlink()
    practice.write("log.csv", LOG)
    practice.write("services.csv", "no,name,price\n7,Botox,100\n8,Peel,50\n7,Botox,120\n,nobody,0\n10,,0\n")
    return practice


def test_a_column_is_looked_up_in_another_file(clinic: Practice) -> None:
    report = clinic.imports(clinic.mapping(MAPPING))
    assert clinic.rows("select treatment_id, treatment_type, indication from treatments order by all") == [
        ("1", "neuromodulator", None),
        ("2", "Peel", "Peel"),
        ("3", "9", None),
    ]
    assert reasons(report) == [(5, "treatment_type", None, "treatment_type is missing")]
    # The file that is looked up in is no table, and not left out either.
    assert [(one.file, one.rows_read) for one in report.files] == [("log.csv", 4)]
    assert {one.column for one in report.warnings} == {"treatment_type"}


def test_a_row_may_be_kept_for_what_is_looked_up(clinic: Practice) -> None:
    clinic.write("services_2.csv", "no,name,price\n9,Lift,7\n")
    report = clinic.imports(clinic.mapping(MAPPING.replace("[treatments]", "[treatments]\nwhere = \"service <> ''\"")))
    assert [(one.rows_read, one.rows_loaded, one.rows_skipped) for one in report.files] == [(4, 3, 1)]
    assert clinic.rows("select treatment_type from treatments where treatment_id = '3'") == [("Lift",)]


def test_what_is_looked_up_may_be_an_expression_over_nested_records(clinic: Practice) -> None:
    clinic.write("services.json", '{"id": "S/7", "a": {"name": "Botox"}}\n{"id": "S/8"}\n{"id": "S/9", "b": "Lift"}\n')
    mapping = (
        MAPPING.replace("Services*.csv", "*.json")
        .replace('by = "what"', "by = { sql = \"'S/' || what\" }")
        .replace('key = "no"', 'key = "id"')
        .replace('value = "name"', 'value = ["a.name", "b", "c.nowhere"]')
    )
    clinic.imports(clinic.mapping(mapping))
    assert clinic.rows("select treatment_type from treatments order by treatment_id") == [
        ("neuromodulator",),
        ("8",),
        ("Lift",),
    ]


def test_lines_that_nothing_can_be_looked_up_in_are_told(clinic: Practice) -> None:
    clinic.write("services.csv", "no,name,price\n7,Botox,100\n8,Peel,50,50\n")
    report = clinic.imports(clinic.mapping(MAPPING))
    assert [one.reason for one in report.warnings if one.line is None] == [
        "1 line that is no record is not looked up in services.csv: first line 3"
    ]
    assert clinic.rows("select treatment_type from treatments where treatment_id = '2'") == [("8",)]


@pytest.mark.parametrize(
    ("find", "put", "message"),
    [
        ("Services*.csv", "service.csv", r"lookups, service: there is no file service.csv.*Did you mean services.csv"),
        ('key = "no"', 'key = "number"', r"key: services.csv has no column number.*Its columns are: name, no, price"),
        ('value = "name"', 'value = "names"', r"value: services.csv has no column names.*Did you mean name"),
        ('by = "what"', 'by = "which"', r"by: log.csv has no column which"),
        ('by = "what"', 'by = { value = "7" }', "have to be columns, or sql"),
        ('by = "what"', 'by = { sql = "row_number() over ()" }', "a window function cannot"),
        ('by = "what"\n', "", "needs file, by, key and value"),
        ('by = "what"', 'by = "what"\nsheets = "x"', "no setting sheets"),
        ("lookups.service", "lookups.day", "log.csv has a column day of its own"),
        ('value = "name"', 'value = "price"', "two values for the key '7', '100' and '120'"),
        ('value = "name"', "value = { sql = \"error('no ' || name)\" }", "fails on a row of services.csv"),
        ("[treatments]", "[treatments]\noptional = 1", "optional has to be true or false"),
        ("[treatments]", 'timezone = "Mars"\n[treatments]', "is no time zone"),
        ('patient_id = "who"', "patient_id = []", "have to be text in quotes"),
    ],
)
def test_a_lookup_that_is_wrong_is_refused(clinic: Practice, find: str, put: str, message: str) -> None:
    with pytest.raises(ImportRefused, match=message):
        clinic.imports(clinic.mapping(MAPPING.replace(find, put, 1)))
    assert not clinic.pointer.exists()


def test_an_optional_section_is_left_out_where_its_file_is_not_there(clinic: Practice) -> None:
    patients = '[patients]\nfile = "people.csv"\noptional = true\ncolumns = { patient_id = "who" }\n'
    clinic.imports(clinic.mapping(MAPPING + patients))
    assert clinic.rows("select count(*) from patients") == [(0,)]
    clinic.write("people.csv", "who\nC1\n")
    clinic.imports(clinic.mapping(MAPPING + patients))
    assert clinic.rows("select patient_id from patients") == [("C1",)]
    clinic.exports.joinpath("people.csv").unlink()
    with pytest.raises(ImportRefused, match=r"no file people.csv"):
        clinic.imports(clinic.mapping(MAPPING + patients.replace("true", "false")))


def test_a_mapping_of_optional_sections_alone_has_to_read_something(clinic: Practice) -> None:
    with pytest.raises(ImportRefused, match=r"reads nothing from log.csv, services.csv"):
        clinic.imports(clinic.mapping('[treatments]\nfile = "x.csv"\noptional = true\n'))


EVENING = "2024-03-01T23:30:00-05:00"


@pytest.mark.parametrize(
    ("above", "inside", "day"),
    [
        ("America/New_York", None, date(2024, 3, 1)),
        ("Europe/Berlin", None, date(2024, 3, 2)),
        ("Europe/Berlin", "America/New_York", date(2024, 3, 1)),
        ("as written", None, date(2024, 3, 1)),
        ("Europe/Berlin", "as written", date(2024, 3, 1)),
    ],
)
def test_one_time_zone_is_that_of_every_section_without_its_own(
    clinic: Practice, above: str, inside: str | None, day: date
) -> None:
    clinic.write("log.csv", f"nr,who,day,what\n1,C1,{EVENING},7\n2,C1,2024-05-01,7\n")
    own = f'[treatments]\ntimezone = "{inside}"' if inside else "[treatments]"
    clinic.imports(clinic.mapping(f'timezone = "{above}"\n' + MAPPING.replace("[treatments]", own)))
    assert clinic.rows("select treated_on from treatments order by all") == [(day,), (date(2024, 5, 1),)]


@pytest.mark.parametrize("times", [[EVENING, "2024-03-02T04:30:00Z"], ["2024-03-02T04:30:00+00:00", "2024-03-03"]])
def test_times_in_utc_say_nothing_of_the_clinics_day(clinic: Practice, times: list[str]) -> None:
    rows = "".join(f"{nr},C1,{time},7\n" for nr, time in enumerate(times))
    clinic.write("log.csv", f"nr,who,day,what\n{rows}")
    with pytest.raises(ImportRefused, match=r"times of treated_on are in UTC.*2024-03-02T04:30:00.*timezone = "):
        clinic.imports(clinic.mapping('timezone = "as written"\n' + MAPPING))


def test_winter_in_greenwich_is_no_reason_to_ask(clinic: Practice) -> None:
    clinic.write("log.csv", "nr,who,day,what\n1,C1,2024-01-02T23:30:00+00:00,7\n2,C1,2024-07-02T00:30:00+01:00,7\n")
    clinic.imports(clinic.mapping('timezone = "as written"\n' + MAPPING))
    assert clinic.rows("select treated_on from treatments order by all") == [(date(2024, 1, 2),), (date(2024, 7, 2),)]
