"""Dates are read by a declared or proven format, never by a guess."""

from __future__ import annotations

from datetime import date

import pytest

from data import ImportRefused
from tests.data.conftest import TREATMENTS, Practice, reasons


def write(practice: Practice, *texts: str) -> None:
    rows = "".join(f'T{n},P1,"{text}",skincare\n' for n, text in enumerate(texts))
    practice.write("treatments.csv", f"treatment_id,patient_id,treated_on,treatment_type\n{rows}")


def days(practice: Practice) -> list[date]:
    return [day for (day,) in practice.rows("select treated_on from treatments order by treatment_id")]


WRITTEN = [
    ("2024-03-04", "2024-03-13"),
    ("2024-03-04 10:15", "2024-03-13T23:59:59.123"),
    ("04/03/2024", "13/03/2024"),
    ("4/3/2024 9:15", "13/3/2024 18:00:00"),
    ("03/04/2024", "03/13/2024"),
    ("3/4/2024 9:15 AM", "3/13/2024 6:15 PM"),
    ("04.03.2024", "13.03.2024"),
    ("04-03-24", "13-03-24", "13-03-99"),
    ("2024/03/04", "2024/03/13"),
    ("20240304", "20240313"),
    ("4 Mar 2024", "13 March 2024"),
    ("04-MAR-2024", "13-Mar-2024"),
    ("March 4, 2024", "Mar 13, 2024"),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    """Days in every way of writing them, each way in a file of its own, all in one import."""
    practice = Practice(tmp_path_factory.mktemp("written"))
    for n, texts in enumerate(WRITTEN):
        rows = "".join(f'{n}-{place},P1,"{text}",skincare\n' for place, text in enumerate(texts))
        practice.write(f"{n}_treatments.csv", f"treatment_id,patient_id,treated_on,treatment_type\n{rows}")
    assert not practice.imports().rejects
    return practice


@pytest.mark.parametrize("n", range(len(WRITTEN)), ids=lambda n: "-".join(WRITTEN[n]))
def test_dates_that_can_be_read_in_one_way_are_read(written: Practice, n: int) -> None:
    of_it = f"where starts_with(treatment_id, '{n}-')"
    read = [day for (day,) in written.rows(f"select treated_on from treatments {of_it} order by treatment_id")]
    assert read[:2] == [date(2024, 3, 4), date(2024, 3, 13)]
    assert len(read) == len(WRITTEN[n])


def test_dates_that_mean_the_same_day_either_way_are_read(practice: Practice) -> None:
    write(practice, "05/05/2024", "06/06/2024")
    practice.imports()
    assert days(practice) == [date(2024, 5, 5), date(2024, 6, 6)]


def test_dates_that_could_be_day_or_month_first_are_refused(practice: Practice) -> None:
    write(practice, "03/04/2024", "05/05/2024", "06/07/2024")
    with pytest.raises(ImportRefused) as refusal:
        practice.imports()
    message = str(refusal.value)
    for told in (
        "treatments.csv",
        "treated_on",
        "day first or month first",
        "03/04/2024",
        'date_format = "%d/%m/%Y"',
        'date_format = "%m/%d/%Y"',
        "[treatments]",
    ):
        assert told in message


def test_dates_that_no_one_format_reads_are_refused(practice: Practice) -> None:
    write(practice, "13/04/2024", "04/13/2024")
    with pytest.raises(ImportRefused, match=r"no one way of writing dates reads them all: .*13"):
        practice.imports()


def test_iso_is_the_default_whatever_else_the_column_holds(practice: Practice) -> None:
    write(practice, "2024-03-04", "03/04/2024", "2023-02-30")
    report = practice.imports()
    assert [(line, value) for line, _, value, _ in reasons(report)] == [(3, "03/04/2024"), (4, "2023-02-30")]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ('date_format = "%d/%m/%Y"', date(2024, 4, 3)),
        ('date_format = ["%Y-%m-%d", "%m/%d/%Y"]', date(2024, 3, 4)),
        ('date_format = { treated_on = "%m/%d/%Y" }', date(2024, 3, 4)),
    ],
)
def test_a_declared_format_decides(practice: Practice, setting: str, expected: date) -> None:
    write(practice, "03/04/2024", "31/31/2024")
    report = practice.imports(practice.mapping(f'[treatments]\nfile = "treatments.csv"\n{setting}\n'))
    assert days(practice) == [expected]
    assert reasons(report) == [(3, "treated_on", "31/31/2024", "no date that can be read")]


def test_a_declared_format_reads_nothing_else(practice: Practice) -> None:
    write(practice, "2024-03-04", "03/04/2024", "03/04/24")
    report = practice.imports(practice.mapping('[treatments]\nfile = "*.csv"\ndate_format = "%d/%m/%Y"\n'))
    assert [value for _, _, value, _ in reasons(report)] == ["2024-03-04", "03/04/24"]
    assert days(practice) == [date(2024, 4, 3)]


def test_each_file_has_its_own_dates(practice: Practice) -> None:
    write(practice, "13/03/2024")
    practice.write("follow_ups.csv", "treatment_id,followed_up_on\nT0,03/14/2024\n")
    practice.imports()
    assert days(practice) == [date(2024, 3, 13)]
    assert practice.rows("select followed_up_on from follow_ups") == [(date(2024, 3, 14),)]


OFFSETS = """
treatment_id,patient_id,treated_on,treatment_type
A,P1,2024-01-10T23:30:00-05:00,skincare
B,P1,2024-06-30T22:30:00Z,skincare
C,P1,2024-06-30T20:00:00.123+0000,skincare
""".lstrip()


def test_times_with_an_offset_become_the_clinics_day(practice: Practice) -> None:
    practice.write("treatments.csv", OFFSETS)
    practice.imports(practice.mapping('[treatments]\nfile = "*.csv"\ntimezone = "Europe/Berlin"\n'))
    assert practice.rows("select treated_on from treatments order by treatment_id") == [
        (date(2024, 1, 11),),
        (date(2024, 7, 1),),
        (date(2024, 6, 30),),
    ]
    practice.imports(practice.mapping('[treatments]\nfile = "*.csv"\ntimezone = "America/New_York"\n'), replace=True)
    assert practice.rows("select min(treated_on) from treatments") == [(date(2024, 1, 10),)]


def test_without_a_time_zone_the_day_is_asked_for(practice: Practice) -> None:
    practice.write("treatments.csv", OFFSETS)
    with pytest.raises(ImportRefused, match=r'treated_on are written with an offset.*22:30:00Z.*timezone = "Europe'):
        practice.imports()
    practice.write("treatments.csv", OFFSETS + "D,P1,2024-02-02,skincare\n")
    assert [line for line, *_ in reasons(practice.imports())] == [2, 3, 4]


def test_the_day_numbers_of_a_spreadsheet_are_read_where_they_are_declared(practice: Practice) -> None:
    practice.write("treatments.csv", TREATMENTS.replace("2024-01-10", "45301").replace("2024-02-01", "45323.5"))
    mapping = '[treatments]\nfile = "*.csv"\ndate_format = ["excel", "%Y-%m-%d"]\n'
    practice.imports(practice.mapping(mapping))
    assert practice.rows("select treated_on from treatments order by treatment_id") == [
        (date(2024, 1, 10),),
        (date(2024, 1, 10),),
        (date(2024, 2, 1),),
        (date(2024, 5, 10),),
    ]
