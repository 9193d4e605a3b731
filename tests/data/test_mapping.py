"""A foreign export is read through a mapping; what the mapping names and is not there is refused."""

from __future__ import annotations

from datetime import date

import pytest

from data import ImportRefused
from tests.data.conftest import TREATMENTS, Practice, reasons

PROCEDURES = """
Procedure No;Client;Date;Service;L/R;Status;Amount;Notes
1;C1;04/03/2024;Lip filler;L;Completed;0,5;"says ""ok"" to it"
2;C1;13/03/2024;Anti-wrinkle 3 areas;R;Completed;1.500;
3;C2;14/03/2024;Peel;;Cancelled;1;
4;C2;15/03/2024;Peel;;;12,;
""".lstrip()

MAPPING = """
name = "Example EMR"

[treatments]
file = "procedures*.csv"
encoding = "windows-1252"
delimiter = ";"
decimal = ","
date_format = "%d/%m/%Y"
where = "Status != 'Cancelled'"

[treatments.columns]
treatment_id = "Procedure No"
patient_id = "Client"
treated_on = "Date"
treatment_type.column = "Service"
treatment_type.values = { "Anti-wrinkle 3 areas" = "neuromodulator", "Lip filler" = "dermal_filler" }
clinic = { value = "Main Street" }
side = { sql = "CASE WHEN \\"L/R\\" = 'L' THEN 'left' WHEN \\"L/R\\" = 'R' THEN 'right' END" }
dose = "Amount"
baseline_asymmetry = { sql = "1.5" }
"""


@pytest.fixture
def clinic(practice: Practice) -> Practice:
    practice.exports.joinpath("treatments.csv").unlink()
    practice.write("procedures_2024.csv", PROCEDURES)
    return practice


def test_a_foreign_export_is_read(clinic: Practice) -> None:
    report = clinic.imports(clinic.mapping(MAPPING))
    account = report.files[0]
    assert (account.rows_read, account.rows_loaded, account.rows_skipped) == (4, 3, 1)
    assert clinic.rows(
        "select treatment_id, patient_id, treated_on, treatment_type, clinic, side, dose, baseline_asymmetry "
        "from treatments order by treatment_id"
    ) == [
        ("1", "C1", date(2024, 3, 4), "dermal_filler", "Main Street", "left", 0.5, 1.5),
        ("2", "C1", date(2024, 3, 13), "neuromodulator", "Main Street", "right", None, 1.5),
        ("4", "C2", date(2024, 3, 15), "Peel", "Main Street", None, 12.0, 1.5),
    ]
    assert [(one.line, one.column, one.value) for one in report.warnings] == [
        (3, "dose", "1.500"),
        (5, "treatment_type", "Peel"),
    ]


def test_one_file_feeds_several_tables_and_sections(clinic: Practice) -> None:
    clinic.write(
        "visits.csv",
        "id,who,day,seen,bruised,swollen\n1,C1,2024-03-04,2024-03-10,yes,yes\n2,C2,2024-03-05,2024-03-11,no,yes\n",
    )
    report = clinic.imports(
        clinic.mapping("""
        [treatments]
        file = "visits.csv"
        [treatments.columns]
        treatment_id = "id"
        patient_id = "who"
        treated_on = "day"
        treatment_type = { value = "skincare" }
        [follow_ups]
        file = "visits.csv"
        columns = { treatment_id = "id", followed_up_on = "seen" }
        [[side_effects]]
        file = "visits.csv"
        where = "bruised = 'yes'"
        columns = { treatment_id = "id", effect = { value = "bruising" }, onset_on = "day" }
        [[side_effects]]
        file = "visits.csv"
        where = "swollen = 'yes'"
        columns = { treatment_id = "id", effect = { value = "swelling" }, onset_on = { sql = "seen::date" } }
        """)
    )
    assert [(one.table, one.rows_read, one.rows_loaded, one.rows_skipped) for one in report.files] == [
        ("treatments", 2, 2, 0),
        ("follow_ups", 2, 2, 0),
        ("side_effects", 4, 3, 1),
    ]
    assert clinic.rows("select side_effect_id, effect, onset_on from side_effects order by all") == [
        ("visits.csv:2", "bruising", date(2024, 3, 4)),
        ("visits.csv:2:2", "swelling", date(2024, 3, 10)),
        ("visits.csv:3:2", "swelling", date(2024, 3, 11)),
    ]


def test_a_column_with_the_contracts_name_needs_no_mention(clinic: Practice) -> None:
    clinic.write("log.csv", "nr,patient_id,treated_on,treatment_type\n1,C1,2024-03-04,skincare\n")
    clinic.imports(clinic.mapping('[treatments]\nfile = "log.csv"\ncolumns = { treatment_id = "nr" }\n'))
    assert clinic.rows("select treatment_id, patient_id from treatments") == [("1", "C1")]


@pytest.mark.parametrize(
    ("find", "put", "message"),
    [
        ("[treatments]", "[treatment]", r"\[treatment\] is no table.*Did you mean treatments"),
        ("file =", "files =", r"no setting files.*Did you mean file"),
        ("procedures*.csv", "procedure.csv", r"no file procedure.csv.*Did you mean procedures_2024.csv"),
        ("clinic =", "clinics =", r"no column clinics.*Did you mean clinic"),
        ('"Client"', '"Clients"', r"procedures_2024.csv has no column Clients.*Did you mean Client"),
        ("Status !=", "State !=", r"where: procedures_2024.csv has no column State"),
        ('decimal = ","', 'decimal = "x"', "decimal has to be"),
        ("%d/%m/%Y", "dmy", "date_format has to be like"),
        ("windows-1252", "windows-99", "no encoding that is known"),
        ('delimiter = ";"', 'delimiter = "\\n"', "a delimiter is one character"),
        ('sql = "1.5"', 'sql = "1.5", value = "2"', "exactly one of column, value and sql"),
        ('sql = "1.5"', 'sql = "1.5 +"', "The expression is"),
        ('sql = "1.5"', 'sql = "1.5) from batch; drop table batch; select (1"', "not an? (one )?expression|not"),
        ('sql = "1.5"', 'sql = "1), (2"', "not one expression"),
        ('sql = "1.5"', "sql = \"(select content from read_text('/etc/passwd'))\"", "a subquery cannot"),
        ('sql = "1.5"', 'sql = "unnest([1, 2])"', r"unnest\(\) cannot"),
        ('sql = "1.5"', 'sql = "row_number() over ()"', "a window function cannot"),
        ('sql = "1.5"', 'sql = "count(*)"', "The expression is|cannot"),
        ('sql = "1.5"', 'sql = "nothing(Client)"', "nothing"),
        ("Status != 'Cancelled'", "Status", "where has to be true or false"),
        ('patient_id = "Client"\n', "", "has no column patient_id"),
        ("[treatments]", "[treatments", "is not valid TOML"),
    ],
)
def test_what_is_not_there_is_refused(clinic: Practice, find: str, put: str, message: str) -> None:
    assert find in MAPPING
    with pytest.raises(ImportRefused, match=message):
        clinic.imports(clinic.mapping(MAPPING.replace(find, put)))
    assert not clinic.pointer.exists()


def test_an_expression_that_fails_on_a_row_is_refused(clinic: Practice) -> None:
    with pytest.raises(ImportRefused, match=r"an expression fails on a row of procedures_2024\.csv"):
        clinic.imports(clinic.mapping(MAPPING.replace("1.5", 'cast(\\"Service\\" as integer)')))


def test_a_mapping_that_is_not_there_is_refused(clinic: Practice) -> None:
    with pytest.raises(ImportRefused, match=r"no mapping templat.*Did you mean template"):
        clinic.imports("templat")


def test_the_template_reads_what_it_describes(clinic: Practice) -> None:
    clinic.write(
        "appointments.csv",
        "Appointment;Client No;Date;Service;Units;Staff;Room;Status\n"
        "A1;C1;31.01.2024;Anti-wrinkle 3 areas;20,5;SK;1;Completed\nA2;C2;01.02.2024;Lip filler;1;SK;1;Cancelled\n",
    )
    clinic.write(
        "forms.csv",
        "Form;Appointment;Date;Happy (1-5);Bruising since;Bruising until\n"
        "F1;A1;14.02.2024;5;01.02.2024;05.02.2024\nF2;A1;28.02.2024;4;;\n",
    )
    report = clinic.imports("template")
    assert not report.rejects
    assert clinic.rows("select treatment_id, treatment_type, dose, dose_unit from treatments") == [
        ("A1", "neuromodulator", 20.5, "U")
    ]
    assert clinic.rows("select follow_up_id, satisfaction from follow_ups order by all") == [("F1", 5), ("F2", 4)]
    assert clinic.rows("select effect, onset_on, resolved_on from side_effects") == [
        ("bruising", date(2024, 2, 1), date(2024, 2, 5))
    ]
    assert reasons(report) == []


@pytest.mark.parametrize("sql", ["", "-- later", "[treatment_id]", "{'a': treatment_id}"])
def test_an_expression_is_one_value_for_each_row(practice: Practice, sql: str) -> None:
    practice.write("treatments.csv", TREATMENTS)
    mapping = practice.mapping(
        f'[treatments]\nfile = "treatments.csv"\n[treatments.columns]\nclinic = {{ sql = "{sql}" }}\n'
    )
    with pytest.raises(ImportRefused, match="clinic"):
        practice.imports(mapping)


@pytest.mark.parametrize("encoding", ["base64", "rot13", "utf-16", "idna", "nonsense"])
def test_an_encoding_that_cannot_be_is_refused(practice: Practice, encoding: str) -> None:
    practice.write("treatments.csv", TREATMENTS)
    mapping = practice.mapping(f'[treatments]\nfile = "treatments.csv"\nencoding = "{encoding}"\n')
    with pytest.raises(ImportRefused, match="treatments"):
        practice.imports(mapping)
