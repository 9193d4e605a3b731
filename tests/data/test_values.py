"""Numbers, doses with units, yes and no, and days are read where there is one way to read them; else warned of."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from data import ImportReport
from tests.data.conftest import TREATMENTS, Practice, Told, told

BOTH = 'a mapping says which, by decimal = "." or decimal = ","'

NUMBERS: list[tuple[str, float]] = [
    ("20", 20),
    ("+5", 5),
    (".5", 0.5),
    ("5.", 5),
    ("1.500", 1.5),
    ("0,5", 0.5),
    (",5", 0.5),
    ("12,25", 12.25),
    ("0,500", 0.5),
    ("1234,567", 1234.567),
    ("1.234,5", 1234.5),
    ("1,234.5", 1234.5),
    ("1,234,567", 1234567),
    ("1.234.567", 1234567),
    ("1 234,5", 1234.5),
    ("1 234.567", 1234.567),
    ("1\u00a0234,5", 1234.5),
    ("1\u202f234", 1234),
    ("1\u2009234", 1234),
    ("1'234.5", 1234.5),
    ("1’234", 1234),
]
NO_NUMBERS = [
    ("1,500", f"either 1500 or 1.5: {BOTH}"),
    ("12,000", f"either 12000 or 12: {BOTH}"),
    ("two", "no number that can be read"),
    ("1e3", "a unit that is not known: e3"),
    ("1_000", "no number that can be read"),
    ("12,34,567", "no number that can be read"),
    ("1,234'567", "no number that can be read"),
    ("12 34", "no number that can be read"),
    ("1.2.3", "no number that can be read"),
    ("10-20", "no number that can be read"),
    ("nan", "no number that can be read"),
    ("inf", "no number that can be read"),
    ("9" * 400, "no number that can be read"),
]
UNITS: list[tuple[str, str, float, str | None]] = [
    ("20u", "", 20, "U"),
    ("20 U", "", 20, "U"),
    ("20 I.E.", "", 20, "U"),
    ("20 Units", "U", 20, "U"),
    ("20u", "units", 20, "units"),
    ("0,5 ml", "", 0.5, "mL"),
    ("1.5cc", "", 1.5, "mL"),
    ("1.5cc", "ml", 1.5, "ml"),
    ("2 syringes", "", 2, "syringe"),
    ("2 Pens", "pens", 2, "pens"),
    ("1\u00a0234,5 U", "", 1234.5, "U"),
    ("20", "", 20, None),
    ("20", "Pens", 20, "Pens"),
]
UNCERTAIN_UNITS = [
    ("20 U", "mL", "in U, where dose_unit says mL"),
    ("20k", "", "a unit that is not known: k"),
    ("20 Pens", "U", "a unit that is not known: Pens"),
    ("1,500 U", "", f"either 1500 or 1.5: {BOTH}"),
    ("10 U left", "", "no number that can be read"),
]
NO_DAYS = [
    ("2024-03", "only a month, no day"),
    ("03/2024", "only a month, no day"),
    ("Mar 2024", "only a month, no day"),
    ("2024", "only a year, no day"),
    ("soon", "no date that can be read"),
]
USUAL_DAYS = ("2024-02-01", "13.02.2024")


@dataclass(frozen=True)
class Dose:
    """A dose as it was loaded, its unit, and what was warned of: line, column, value, reason."""

    read: float | None
    unit: str | None
    warnings: list[Told]


Doses = dict[tuple[str, str | None], Dose]


@pytest.fixture(scope="module")
def doses(tmp_path_factory: pytest.TempPathFactory) -> Doses:
    """What becomes of each dose, by how it and its unit are written: alone in its file, all files in one import."""
    practice = Practice(tmp_path_factory.mktemp("doses"))
    asked: list[tuple[str, str | None]] = [(text, None) for text, _ in NUMBERS]
    asked += [(text, None) for text, _ in NO_NUMBERS]
    asked += [(text, unit) for text, unit, _, _ in UNITS]
    asked += [(text, unit) for text, unit, _ in UNCERTAIN_UNITS]
    for n, (text, unit) in enumerate(asked):
        columns, cells = ("dose", [text]) if unit is None else ("dose,dose_unit", [text, unit])
        practice.write(f"{n}_treatments.csv", treatments(columns, [cells], f"{n}-"))
    report = practice.imports()
    loaded = practice.rows("select dose, dose_unit from treatments order by split_part(treatment_id, '-', 1)::integer")
    return {
        one: Dose(read, kept, told(report.warnings, f"{n}_treatments.csv"))
        for n, (one, (read, kept)) in enumerate(zip(asked, loaded, strict=True))
    }


def treatments(columns: str, rows: Sequence[Sequence[str]], mark: str = "T") -> str:
    """Treatment records of one patient, T0, T1, ..., with these further columns."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["treatment_id", "patient_id", "treated_on", "treatment_type", *columns.split(",")])
    writer.writerows([f"{mark}{n}", "P1", "2024-01-10", "skincare", *row] for n, row in enumerate(rows))
    return written.getvalue()


def imported(practice: Practice, columns: str, rows: Sequence[Sequence[str]], settings: str = "") -> ImportReport:
    """Imports treatment records of one patient, T0, T1, ..., with these further columns."""
    practice.write("treatments.csv", treatments(columns, rows))
    mapping = practice.mapping(f'[treatments]\nfile = "treatments.csv"\n{settings}\n') if settings else None
    return practice.imports(mapping)


def column(practice: Practice, name: str, table: str = "treatments") -> list[object]:
    return [value for (value,) in practice.rows(f"select {name} from {table} order by {table[:-1]}_id")]


@pytest.mark.parametrize(("text", "number"), NUMBERS)
def test_a_number_that_can_be_read_in_one_way_is_read(doses: Doses, text: str, number: float) -> None:
    assert doses[text, None].read == number


@pytest.mark.parametrize(("text", "reason"), NO_NUMBERS)
def test_a_number_that_cannot_be_read_in_one_way_is_empty(doses: Doses, text: str, reason: str) -> None:
    assert doses[text, None] == Dose(None, None, [(2, "dose", text, reason)])


@pytest.mark.parametrize(
    ("decimal", "readings"),
    [
        (".", {"1,500": 1500, "1.500": 1.5, "0,5": 0.5, "1.234,5": 1234.5}),
        (",", {"1,500": 1.5, "1.500": None, "0.5": 0.5, "1,234.5": 1234.5, "1.234.567": 1234567}),
    ],
)
def test_the_mapping_says_what_a_comma_is(practice: Practice, decimal: str, readings: dict[str, float | None]) -> None:
    report = imported(practice, "dose", [[text] for text in readings], f'decimal = "{decimal}"')
    assert column(practice, "dose") == list(readings.values())
    told = [one.reason for one in report.warnings if one.reason.startswith("either")]
    assert told == ['either 1500 or 1.5, where the mapping says decimal = ","'] * (decimal == ",")


def test_a_column_that_has_decimal_commas_leaves_a_point_open(practice: Practice) -> None:
    report = imported(practice, "dose,baseline_asymmetry", [["0,5", "1.500"], ["1.500", "2.5"]])
    assert column(practice, "dose") == [0.5, None]
    assert column(practice, "baseline_asymmetry") == [1.5, 2.5]
    assert [(one.line, one.value, one.reason) for one in report.warnings] == [
        (3, "1.500", f"either 1500 or 1.5: {BOTH}")
    ]


@pytest.mark.parametrize(("dose", "unit", "read", "kept"), UNITS)
def test_a_unit_glued_to_a_dose_is_read(doses: Doses, dose: str, unit: str, read: float, kept: str | None) -> None:
    assert (doses[dose, unit].read, doses[dose, unit].unit) == (read, kept)


@pytest.mark.parametrize(("dose", "unit", "reason"), UNCERTAIN_UNITS)
def test_a_dose_whose_unit_is_not_certain_is_empty(doses: Doses, dose: str, unit: str, reason: str) -> None:
    assert doses[dose, unit] == Dose(None, unit or None, [(2, "dose", dose, reason)])


def test_yes_and_no_are_read_in_several_languages(practice: Practice) -> None:
    readings: dict[str, bool | None] = {
        **dict.fromkeys(["yes", "Y", "TRUE", "t", "1", "1.0", "on", "ja", "J", "oui", "si", "sí", "SÌ", "sim"], True),
        **dict.fromkeys(["x", "X", "✓"], True),
        **dict.fromkeys(["no", "N", "False", "f", "0", "0.0", "off", "nein", "non", "NÃO", "nee"], False),
        **dict.fromkeys(("perhaps", "2", "-1", "yes no", "?"), None),
    }
    rows = "".join(f"F{n:02},T1,2024-02-01,{text}\n" for n, text in enumerate(readings))
    practice.write("follow_ups.csv", f"follow_up_id,treatment_id,followed_up_on,goal_met\n{rows}")
    report = practice.imports()
    assert dict(zip(readings, column(practice, "goal_met", "follow_ups"), strict=True)) == readings
    assert [(one.value, one.reason) for one in report.warnings] == [
        (text, "neither yes nor no") for text, read in readings.items() if read is None
    ]


@pytest.fixture(scope="module")
def no_days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Practice, ImportReport]:
    """Side effects on days that are none, among usual ones: each text and way of writing days in a file of its own."""
    practice = Practice(tmp_path_factory.mktemp("days"))
    practice.write("treatments.csv", TREATMENTS)
    for n, ((text, _), usual) in enumerate(itertools.product(NO_DAYS, USUAL_DAYS)):
        rows = f"T1,pain,{usual},{text}\nT1,pain,{text},\nT1,pain,{usual},{usual}\n"
        practice.write(f"{n}_side_effects.csv", f"treatment_id,effect,onset_on,resolved_on\n{rows}")
    return practice, practice.imports()


@pytest.mark.parametrize("usual", USUAL_DAYS)
@pytest.mark.parametrize(("text", "reason"), NO_DAYS)
def test_a_date_without_a_day_is_rejected_where_it_is_required(
    no_days: tuple[Practice, ImportReport], text: str, reason: str, usual: str
) -> None:
    practice, report = no_days
    n = [(text, usual) for (text, _), usual in itertools.product(NO_DAYS, USUAL_DAYS)].index((text, usual))
    file = f"{n}_side_effects.csv"
    assert told(report.rejects, file) == [(3, "onset_on", text, reason)]
    assert told(report.warnings, file) == [(2, "resolved_on", text, reason)]
    select = (
        f"select resolved_on is null from side_effects where side_effect_id like '{file}:%' order by side_effect_id"
    )
    assert practice.rows(select) == [(True,), (False,)]
