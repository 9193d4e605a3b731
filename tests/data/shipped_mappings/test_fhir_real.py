"""The mapping fhir on a real bulk export (R4), against a naive reading of the same files."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import data
from data import ImportReport
from tests.data.conftest import Practice
from tests.data.shipped_mappings.naive import accounts, latest, rejected_lines, sessions_of, treated_days

EXPORT = Path(__file__).parent.parent.parent.parent.parent / "shared" / "real" / "fhir"

pytestmark = pytest.mark.skipif(not EXPORT.exists(), reason=f"there is no FHIR export at {EXPORT}")


def records(kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EXPORT / f"{kind}.ndjson").read_text(encoding="utf-8").splitlines()]


def reference(one: dict[str, Any]) -> str:
    return str(one["reference"]).split("/")[1]


def day_of(time: str) -> date:
    return datetime.fromisoformat(time).date()


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Practice, ImportReport]:
    practice = Practice(tmp_path_factory.mktemp("fhir"))
    return practice, data.import_exports([EXPORT], practice.pointer, mapping="fhir")


@pytest.fixture(scope="module")
def procedures() -> list[dict[str, Any]]:
    return records("Procedure")


@pytest.fixture(scope="module")
def days(procedures: list[dict[str, Any]]) -> dict[str, list[date]]:
    return treated_days(
        (one["id"], reference(one["subject"]), day_of(one["performedPeriod"]["start"])) for one in procedures
    )


def test_every_row_is_accounted_for(imported: tuple[Practice, ImportReport]) -> None:
    assert accounts(imported[1]) == {
        ("Condition.ndjson", "side_effects"): (554, 258, 0, 24, 272),
        ("Encounter.ndjson", "follow_ups"): (562, 186, 0, 224, 152),
        ("Patient.ndjson", "patients"): (12, 12, 0, 0, 0),
        ("Procedure.ndjson", "treatments"): (1089, 1089, 0, 0, 0),
    }
    # What is warned of is what the export has not, how old much of it is, and that nothing is in the catalogue.
    told = [one for one in imported[1].warnings if one.column != "treatment_type" and "before 1990" not in one.reason]
    assert {(one.file, one.line) for one in told} == {("Condition.ndjson", None), ("Procedure.ndjson", None)}


def test_procedures_are_treatments_on_the_clinics_day(
    imported: tuple[Practice, ImportReport], procedures: list[dict[str, Any]]
) -> None:
    expected = [
        (
            one["id"],
            reference(one["subject"]),
            day_of(one["performedPeriod"]["start"]),
            one["code"]["coding"][0]["display"],
            one["location"]["display"],
        )
        for one in procedures
    ]
    found = imported[0].rows("select treatment_id, patient_id, treated_on, treatment_type, clinic from treatments")
    assert sorted(found) == sorted(expected)
    # Procedures of the evening, on the next day in UTC.
    assert ("0029b986-11ef-caa1-3b3e-a0e120d4acd9", date(1984, 12, 15)) in {(row[0], row[2]) for row in found}
    starts = [datetime.fromisoformat(one["performedPeriod"]["start"]) for one in procedures]
    assert sum(start.astimezone(UTC).date() != start.date() for start in starts) > 100


def test_encounters_without_a_procedure_are_follow_ups(
    imported: tuple[Practice, ImportReport], procedures: list[dict[str, Any]], days: dict[str, list[date]]
) -> None:
    treated_at = {reference(one["encounter"]) for one in procedures}
    expected: dict[str, tuple[date, str, date]] = {}
    early: set[int | None] = set()
    for line, one in enumerate(records("Encounter"), 1):
        patient, day = reference(one["subject"]), day_of(one["period"]["start"])
        session = latest(days, patient, day)
        if one["id"] in treated_at:
            continue
        if session is None:
            early.add(line)
        else:
            expected[f"Encounter/{one['id']}"] = day, patient, session
    practice, report = imported
    assert rejected_lines(report, "follow_ups") == early
    assert {row[0]: row[1] for row in practice.rows("select follow_up_id, followed_up_on from follow_ups")} == {
        number: day for number, (day, _, _) in expected.items()
    }
    assert sessions_of(practice, "follow_ups", "follow_up") == {number: row[1:] for number, row in expected.items()}


def test_conditions_are_side_effects_and_stay_open_until_they_are_resolved(
    imported: tuple[Practice, ImportReport], procedures: list[dict[str, Any]], days: dict[str, list[date]]
) -> None:
    treated_for = {reference(reason) for one in procedures for reason in one.get("reasonReference", [])}
    expected: dict[str, tuple[Any, ...]] = {}
    sessions: dict[str, tuple[Any, ...]] = {}
    early: set[int | None] = set()
    for line, one in enumerate(records("Condition"), 1):
        patient, onset = reference(one["subject"]), day_of(one["onsetDateTime"])
        session = latest(days, patient, onset)
        if one["id"] in treated_for:
            continue
        if session is None:
            early.add(line)
            continue
        is_over = one["clinicalStatus"]["coding"][0]["code"] == "resolved"
        gone = day_of(one["abatementDateTime"]) if is_over else None
        name = one["code"]["coding"][0]["display"]
        expected[f"Condition/{one['id']}"] = patient, name, onset, gone, None, None
        sessions[f"Condition/{one['id']}"] = patient, session
    practice, report = imported
    assert rejected_lines(report, "side_effects") == early
    found = practice.rows(
        "select side_effect_id, patient_id, effect, onset_on, resolved_on, resolved_by, last_present_on "
        "from side_effects"
    )
    assert {row[0]: row[1:] for row in found} == expected
    assert sessions_of(practice, "side_effects", "side_effect") == sessions
    assert {row[4] is None for row in found} == {True, False}


def test_patients_have_a_year_of_birth_and_a_sex(imported: tuple[Practice, ImportReport]) -> None:
    expected = [(one["id"], int(one["birthDate"][:4]), one["gender"]) for one in records("Patient")]
    assert sorted(imported[0].rows("select patient_id, birth_year, sex from patients")) == sorted(expected)
