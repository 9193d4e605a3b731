"""Every rule of the contract (queries/checks) by one row that breaks it and one that keeps it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import pytest

import queries
from data import ImportReport
from data.checking import RULES
from data.contract import TABLES, Table
from tests.data.conftest import TREATMENTS, Practice

CUT_OFF = date(2024, 6, 30)
WITHOUT_IDS = ("follow_ups", "side_effects")
"""Tables whose rows are numbered by file and line."""


class Case(NamedTuple):
    """The columns of a file, a row that breaks a rule, one that keeps it; the column and reason that are told."""

    columns: str
    breaking: str
    keeping: str
    column: str
    reason: str


TREATMENT = "treatment_id,patient_id,treated_on,treatment_type"
LOG = "treatment_id,followed_up_on"
EFFECT = "treatment_id,effect,onset_on"

CASES = {
    # treatments
    "totals_line_in_treatments": Case(
        TREATMENT,
        "Grand Total,2,2024-01-10,skincare",
        "TOT,Totten,2024-01-10,skincare",
        "treatment_id",
        "a totals line",
    ),
    "treated_after_cut_off": Case(
        TREATMENT, "A,P1,2024-07-01,skincare", "B,P1,2024-06-30,skincare", "treated_on", "later than 2024-06-30"
    ),
    "treated_before_1990": Case(
        TREATMENT, "A,P1,1989-12-31,skincare", "B,P1,1990-01-01,skincare", "treated_on", "before 1990"
    ),
    "negative_dose": Case(
        f"{TREATMENT},dose", "A,P1,2024-01-10,skincare,-1", "B,P1,2024-01-10,skincare,0", "dose", "below 0"
    ),
    "implausible_dose": Case(
        f"{TREATMENT},dose,dose_unit",
        'A,P1,2024-01-10,skincare,"5,000.0",Units',
        "B,P1,2024-01-10,skincare,1500,Units",
        "dose",
        "more than 1500 Units in one area",
    ),
    "baseline_asymmetry_out_of_range": Case(
        f"{TREATMENT},baseline_asymmetry",
        "A,P1,2024-01-10,skincare,10.5",
        "B,P1,2024-01-10,skincare,10",
        "baseline_asymmetry",
        "above 10",
    ),
    "planned_interval_out_of_range": Case(
        f"{TREATMENT},planned_interval_days",
        "A,P1,2024-01-10,skincare,0",
        "B,P1,2024-01-10,skincare,1",
        "planned_interval_days",
        "below 1",
    ),
    # patients; P1 is treated in 2024
    "totals_line_in_patients": Case("patient_id,sex", "Total: 2,female", "P1,female", "patient_id", "a totals line"),
    "birth_year_out_of_range": Case("patient_id,birth_year", "P1,1899", "P2,1914", "birth_year", "below 1900"),
    "birth_year_after_cut_off": Case("patient_id,birth_year", "P1,2025", "P2,2024", "birth_year", "later than"),
    "born_after_treatment": Case(
        "patient_id,birth_year", "P3,2024", "P2,2023", "birth_year", "treated before birth, on 2023-12-31"
    ),
    "age_over_110": Case("patient_id,birth_year", "P1,1913", "P2,1914", "birth_year", "111 years old at a treatment"),
    # follow_ups
    "totals_line_in_follow_ups": Case(
        f"follow_up_id,{LOG}", "Summe,T1,2024-02-01", "F1,T1,2024-02-01", "follow_up_id", "a totals line"
    ),
    "follow_up_names_nobody": Case(LOG, ",2024-02-01", "T1,2024-02-01", "treatment_id", "neither treatment_id nor"),
    "follow_up_after_cut_off": Case(LOG, "T1,2024-07-01", "T1,2024-06-30", "followed_up_on", "later than 2024-06-30"),
    "followed_up_before_1990": Case(LOG, "T0,1989-12-31", "T0,1990-01-01", "followed_up_on", "before 1990"),
    "satisfaction_out_of_range": Case(
        f"{LOG},satisfaction", "T1,2024-02-01,6", "T1,2024-02-01,5", "satisfaction", "above 5"
    ),
    "gais_out_of_range": Case(f"{LOG},gais", "T1,2024-02-01,7", "T1,2024-02-01,1", "gais", "above 5"),
    "asymmetry_out_of_range": Case(f"{LOG},asymmetry", "T1,2024-02-01,-0.5", "T1,2024-02-01,0", "asymmetry", "below 0"),
    "follow_up_of_unknown_treatment": Case(
        LOG, "T9,2024-02-01", "T1,2024-02-01", "treatment_id", "no treatment record 'T9'"
    ),
    "follow_up_before_any_treatment": Case(
        "patient_id,followed_up_on", "P1,2024-01-09", "P1,2024-01-10", "patient_id", "no treatment on or before"
    ),
    "follow_up_before_its_treatment": Case(
        LOG, "T1,2024-01-09", "T1,2024-01-10", "followed_up_on", "before its treatment on 2024-01-10"
    ),
    "follow_up_of_another_patient": Case(
        f"patient_id,{LOG}", "P2,T1,2024-02-01", "P1,T1,2024-02-01", "patient_id", "treatment record 'T1' is of patient"
    ),
    # side_effects
    "totals_line_in_side_effects": Case(
        f"patient_id,{EFFECT}", "TOTALS,T1,pain,2024-01-10", "P1,T1,pain,2024-01-10", "patient_id", "a totals line"
    ),
    "side_effect_names_nobody": Case(
        EFFECT, ",pain,2024-01-10", "T1,pain,2024-01-10", "treatment_id", "neither treatment_id nor"
    ),
    "effect_named_any": Case(EFFECT, "T1,Any,2024-01-10", "T1,any pain,2024-01-10", "effect", "a name that is taken"),
    "onset_after_cut_off": Case(EFFECT, "T1,pain,2024-07-01", "T1,pain,2024-06-30", "onset_on", "later than"),
    "onset_before_1990": Case(EFFECT, "T0,pain,1989-12-31", "T0,pain,1990-01-01", "onset_on", "before 1990"),
    "resolved_after_cut_off": Case(
        f"{EFFECT},resolved_on",
        "T1,pain,2024-01-10,2024-07-01",
        "T1,pain,2024-01-10,2024-06-30",
        "resolved_on",
        "later than",
    ),
    "seen_gone_after_cut_off": Case(
        f"{EFFECT},resolved_by",
        "T1,pain,2024-01-10,2024-07-01",
        "T1,pain,2024-01-10,2024-06-30",
        "resolved_by",
        "later than",
    ),
    "last_present_after_cut_off": Case(
        f"{EFFECT},last_present_on",
        "T1,pain,2024-01-10,2024-07-01",
        "T1,pain,2024-01-10,2024-06-30",
        "last_present_on",
        "later than",
    ),
    "resolved_before_onset": Case(
        f"{EFFECT},resolved_on",
        "T1,pain,2024-01-11,2024-01-10",
        "T1,pain,2024-01-11,2024-01-11",
        "resolved_on",
        "before the onset on 2024-01-11",
    ),
    "seen_gone_before_onset": Case(
        f"{EFFECT},resolved_by",
        "T1,pain,2024-01-11,2024-01-10",
        "T1,pain,2024-01-11,2024-01-11",
        "resolved_by",
        "before the onset on 2024-01-11",
    ),
    "last_present_before_onset": Case(
        f"{EFFECT},last_present_on",
        "T1,pain,2024-01-11,2024-01-10",
        "T1,pain,2024-01-11,2024-01-11",
        "last_present_on",
        "before the onset on 2024-01-11",
    ),
    "resolved_before_last_present": Case(
        f"{EFFECT},resolved_on,last_present_on",
        "T1,pain,2024-01-11,2024-01-12,2024-01-13",
        "T1,pain,2024-01-11,2024-01-13,2024-01-13",
        "resolved_on",
        "resolved before it was last present on 2024-01-13",
    ),
    "seen_gone_before_last_present": Case(
        f"{EFFECT},resolved_by,last_present_on",
        "T1,pain,2024-01-11,2024-01-12,2024-01-13",
        "T1,pain,2024-01-11,2024-01-13,2024-01-13",
        "resolved_by",
        "seen gone before it was last present on 2024-01-13",
    ),
    "seen_gone_before_resolved": Case(
        f"{EFFECT},resolved_by,resolved_on",
        "T1,pain,2024-01-11,2024-01-12,2024-01-13",
        "T1,pain,2024-01-11,2024-01-13,2024-01-13",
        "resolved_by",
        "seen gone before it resolved on 2024-01-13",
    ),
    "side_effect_of_unknown_treatment": Case(
        EFFECT, "T9,pain,2024-01-10", "T1,pain,2024-01-10", "treatment_id", "no treatment record 'T9'"
    ),
    "side_effect_before_any_treatment": Case(
        "patient_id,effect,onset_on,area",
        "P1,pain,2024-01-09,lips",
        "P1,pain,2024-01-10,glabella",
        "patient_id",
        "no treatment on or before",
    ),
    "side_effect_before_its_treatment": Case(
        EFFECT, "T1,pain,2024-01-09", "T1,pain,2024-01-10", "onset_on", "before its treatment on 2024-01-10"
    ),
    "side_effect_of_another_patient": Case(
        f"patient_id,{EFFECT}",
        "P2,T1,pain,2024-01-10",
        "P1,T1,pain,2024-01-10",
        "patient_id",
        "treatment record 'T1' is of patient",
    ),
    "side_effect_of_no_area": Case(
        "patient_id,effect,onset_on,area",
        "P1,pain,2024-01-10,lips",
        "P1,pain,2024-01-10,Forehead",
        "area",
        "1 row: linked to the record with the smallest treatment_id",
    ),
}


def test_every_rule_is_asked_of_one_table_and_has_a_case() -> None:
    asked = [rule for rules in RULES.values() for rule in rules]
    assert sorted(asked) == list(queries.names("checks")) == sorted(CASES)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Practice, ImportReport]]:
    """The import in which a rule is asked; that of a table whose rows need no ids is one for all its rules."""

    @functools.cache
    def imported(*rules: str) -> tuple[Practice, ImportReport]:
        practice = Practice(tmp_path_factory.mktemp("asked"))
        practice.write("treatments.csv", TREATMENTS)
        practice.write("a_treatments.csv", f"{TREATMENT}\nT0,P0,1985-01-01,skincare\nT5,P3,2023-12-31,skincare\n")
        for rule in rules:
            case = CASES[rule]
            practice.write(file_of(rule), f"{case.columns}\n{case.breaking}\n{case.keeping}\n")
        return practice, practice.imports(as_of=CUT_OFF)

    def import_of(rule: str) -> tuple[Practice, ImportReport]:
        name = table_of(rule).name
        return imported(*RULES[name]) if name in WITHOUT_IDS else imported(rule)

    return import_of


def table_of(rule: str) -> Table:
    return next(TABLES[name] for name, rules in RULES.items() if rule in rules)


def file_of(rule: str) -> str:
    return f"{list(CASES).index(rule)}_{table_of(rule).name}.csv"


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_the_row_that_breaks_it(asked: Callable[[str], tuple[Practice, ImportReport]], rule: str) -> None:
    case, table, file = CASES[rule], table_of(rule), file_of(rule)
    practice, report = asked(rule)
    account = next(one for one in report.files if one.file == file)
    warnings = [one for one in report.warnings if one.file == account.file]
    of_it = f"where starts_with({table.id_column}, '{file}:')" if table.name in WITHOUT_IDS else ""
    loaded = practice.rows(f"select {case.column} from {table.name} {of_it}")
    action = queries.definition(f"checks/{rule}").notes["action"]
    if action == "reject":
        told = [(one.line, one.column, one.reason) for one in report.rejects if one.file == file]
        assert (account.rows_loaded, account.rows_rejected, warnings) == (1, 1, [])
    else:
        told = [(one.line, one.column, one.reason) for one in warnings]
        assert (account.rows_loaded, account.rows_rejected, account.warnings) == (2, 0, 1)
    assert [(line, column) for line, column, _ in told] == [(None if action == "count" else 2, case.column)]
    assert told[0][2].startswith(case.reason)
    if action != "reject":
        cells = dict(zip(case.columns.split(","), case.breaking.replace('"5,000.0"', "5000.0").split(","), strict=True))
        is_kept = cells[case.column] in {str(value) for (value,) in loaded}
        assert is_kept == (action != "empty")
