"""Numbers, doses with units, yes and no, and days are read where there is one way to read them; else warned of."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest

from data import ImportReport
from tests.data.conftest import Practice, reasons

BOTH = 'a mapping says which, by decimal = "." or decimal = ","'


def imported(practice: Practice, columns: str, rows: Sequence[Sequence[str]], settings: str = "") -> ImportReport:
    """Imports treatment records of one patient, T0, T1, ..., with these further columns."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["treatment_id", "patient_id", "treated_on", "treatment_type", *columns.split(",")])
    writer.writerows([f"T{n}", "P1", "2024-01-10", "skincare", *row] for n, row in enumerate(rows))
    practice.write("treatments.csv", written.getvalue())
    mapping = practice.mapping(f'[treatments]\nfile = "treatments.csv"\n{settings}\n') if settings else None
    return practice.imports(mapping)


def column(practice: Practice, name: str, table: str = "treatments") -> list[object]:
    return [value for (value,) in practice.rows(f"select {name} from {table} order by {table[:-1]}_id")]


@pytest.mark.parametrize(
    ("text", "number"),
    [
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
    ],
)
def test_a_number_that_can_be_read_in_one_way_is_read(practice: Practice, text: str, number: float) -> None:
    imported(practice, "dose", [[text]])
    assert column(practice, "dose") == [number]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
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
    ],
)
def test_a_number_that_cannot_be_read_in_one_way_is_empty(practice: Practice, text: str, reason: str) -> None:
    report = imported(practice, "dose", [[text]])
    assert column(practice, "dose") == [None]
    assert [(one.line, one.column, one.value, one.reason) for one in report.warnings] == [(2, "dose", text, reason)]


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


@pytest.mark.parametrize(
    ("dose", "unit", "read", "kept"),
    [
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
    ],
)
def test_a_unit_glued_to_a_dose_is_read(
    practice: Practice, dose: str, unit: str, read: float, kept: str | None
) -> None:
    imported(practice, "dose,dose_unit", [[dose, unit]])
    assert practice.rows("select dose, dose_unit from treatments") == [(read, kept)]


@pytest.mark.parametrize(
    ("dose", "unit", "reason"),
    [
        ("20 U", "mL", "in U, where dose_unit says mL"),
        ("20k", "", "a unit that is not known: k"),
        ("20 Pens", "U", "a unit that is not known: Pens"),
        ("1,500 U", "", f"either 1500 or 1.5: {BOTH}"),
        ("10 U left", "", "no number that can be read"),
    ],
)
def test_a_dose_whose_unit_is_not_certain_is_empty(practice: Practice, dose: str, unit: str, reason: str) -> None:
    report = imported(practice, "dose,dose_unit", [[dose, unit]])
    assert practice.rows("select dose, dose_unit from treatments") == [(None, unit or None)]
    assert [(one.column, one.value, one.reason) for one in report.warnings] == [("dose", dose, reason)]


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


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2024-03", "only a month, no day"),
        ("03/2024", "only a month, no day"),
        ("Mar 2024", "only a month, no day"),
        ("2024", "only a year, no day"),
        ("soon", "no date that can be read"),
    ],
)
@pytest.mark.parametrize("usual", ["2024-02-01", "13.02.2024"])
def test_a_date_without_a_day_is_rejected_where_it_is_required(
    practice: Practice, text: str, reason: str, usual: str
) -> None:
    rows = f"T1,pain,{usual},{text}\nT1,pain,{text},\nT1,pain,{usual},{usual}\n"
    practice.write("side_effects.csv", f"treatment_id,effect,onset_on,resolved_on\n{rows}")
    report = practice.imports()
    assert reasons(report) == [(3, "onset_on", text, reason)]
    assert [(one.line, one.column, one.value, one.reason) for one in report.warnings] == [
        (2, "resolved_on", text, reason)
    ]
    assert practice.rows("select resolved_on is null from side_effects order by side_effect_id") == [(True,), (False,)]
