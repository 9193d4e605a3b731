"""The mapping fhir on small synthetic exports in the shape of FHIR R4 (4.0.1) and R5 (5.0.0)."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data import ImportRefused
from tests.data.conftest import Practice, reasons
from tests.data.shipped_mappings.naive import accounts

Resource = dict[str, Any]
NEXT_DAY_IN_UTC = "2024-03-01T23:30:00-05:00"


def coded(code: str, display: str | None = None) -> Resource:
    return {"coding": [{"system": "urn:example", "code": code} | ({"display": display} if display else {})]}


def patient(number: str = "P1") -> Resource:
    return {"reference": f"Patient/{number}"}


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    return Practice(tmp_path)


def write(practice: Practice, kind: str, *resources: Resource, name: str | None = None) -> None:
    lines = [json.dumps({"resourceType": kind, "id": f"{kind[0]}{at}", **one}) for at, one in enumerate(resources, 1)]
    text = "\n".join(lines).encode()
    name = name or f"{kind}.ndjson"
    practice.write(name, gzip.compress(text) if name.endswith(".gz") else text)


def r4_procedure(**more: Any) -> Resource:
    return {
        "status": "completed",
        "code": coded("B", "Botulinum toxin"),
        "subject": patient(),
        "performedDateTime": "2024-01-10",
    } | more


def test_a_procedure_of_r4(practice: Practice) -> None:
    write(
        practice,
        "Procedure",
        r4_procedure(
            performedDateTime=NEXT_DAY_IN_UTC,
            performer=[{"actor": {"reference": "Practitioner/7", "display": "Dr. A"}}],
            location={"reference": "Location/1", "display": "Main Street"},
            bodySite=[{"text": "cheek", "coding": [{"code": "60819002"}, {"code": "7771000"}]}],
            reasonCode=[{"text": "volume"}],
            usedCode=[coded("J", "Brand J")],
        ),
        r4_procedure(
            code={"text": "Lip filler"},
            performedPeriod={"start": NEXT_DAY_IN_UTC, "end": "2024-03-02T00:10:00-05:00"},
            performedDateTime=None,
            subject={"reference": "https://example.org/fhir/Patient/P2"},
            performer=[{"actor": {"reference": "Practitioner/7"}}],
            bodySite=[coded("1", "Lips"), coded("51440002")],
        ),
        r4_procedure(subject={"reference": "urn:uuid:6f0c"}),
        r4_procedure(status="not-done"),
        r4_procedure(status="entered-in-error"),
        r4_procedure(performedDateTime="2024-01"),
        r4_procedure(subject={"reference": "Group/G"}),
        name="1.Procedure.ndjson.gz",
    )
    report = practice.imports("fhir")
    assert accounts(report) == {("1.Procedure.ndjson.gz", "treatments"): (7, 3, 0, 2, 2)}
    assert sorted(reasons(report)) == [
        (6, "treated_on", "2024-01", "only a month, no day"),
        (7, "patient_id", None, "patient_id is missing"),
    ]
    assert practice.rows(
        "select treatment_id, patient_id, treated_on, treatment_type, product, area, side, practitioner, clinic, "
        "indication from treatments order by all"
    ) == [
        (
            "P1",
            "P1",
            date(2024, 3, 1),
            "Botulinum toxin",
            "Brand J",
            "cheek",
            "left",
            "Dr. A",
            "Main Street",
            "volume",
        ),
        ("P2", "P2", date(2024, 3, 1), "Lip filler", None, "Lips", "both", "Practitioner/7", None, None),
        ("P3", "6f0c", date(2024, 1, 10), "Botulinum toxin", None, None, None, None, None, None),
    ]


def test_an_export_of_r5(practice: Practice) -> None:
    write(
        practice,
        "Procedure",
        {
            "status": "completed",
            "code": coded("B", "Botulinum toxin"),
            "subject": patient(),
            "occurrencePeriod": {"start": NEXT_DAY_IN_UTC},
            "encounter": {"reference": "Encounter/E1"},
            "reason": [{"reference": {"reference": "Condition/C2"}}, {"concept": {"text": "lines"}}],
            "used": [{"concept": coded("J", "Brand J")}],
        },
        {
            "status": "completed",
            "code": coded("F", "Filler"),
            "subject": patient(),
            "occurrenceDateTime": "2024-06-01",
            "reason": [{"concept": {"text": "volume"}}],
        },
        {
            "status": "not-done",
            "code": coded("F", "Filler"),
            "subject": patient(),
            "occurrenceDateTime": "2024-07-01",
            "encounter": {"reference": "Encounter/E3"},
        },
    )
    encounter = {"status": "completed", "subject": patient()}
    write(
        practice,
        "Encounter",
        encounter | {"actualPeriod": {"start": "2024-03-01T23:00:00-05:00"}},
        encounter | {"actualPeriod": {"start": "2024-03-15T23:30:00-05:00"}},
        encounter | {"actualPeriod": {"start": "2024-07-01T12:00:00-04:00"}},
        encounter | {"actualPeriod": {"start": "2024-07-02"}, "status": "cancelled"},
        encounter | {"actualPeriod": {"start": "2024-02-29T23:59:59-05:00"}},
    )
    condition = {
        "subject": patient(),
        "code": coded("1", "Bruising"),
        "onsetDateTime": "2024-03-02T08:00:00-05:00",
        "clinicalStatus": coded("resolved"),
    }
    write(
        practice,
        "Condition",
        condition | {"abatementDateTime": "2024-03-09T23:30:00-05:00", "severity": coded("255604002")},
        condition,
        condition | {"abatementDateTime": "2024-03-09", "clinicalStatus": coded("remission")},
        condition | {"abatementPeriod": {"start": "2024-03-08", "end": "2024-03-12"}},
        condition | {"clinicalStatus": coded("active")},
        condition | {"verificationStatus": coded("refuted")},
        condition | {"onsetDateTime": None, "recordedDate": "2024-03-03"},
    )
    event = {
        "status": "completed",
        "actuality": "actual",
        "subject": patient(),
        "code": coded("2", "Ptosis"),
        "occurrencePeriod": {"start": "2024-03-05", "end": "2024-04-05"},
    }
    write(
        practice,
        "AdverseEvent",
        event | {"outcome": [coded("resolved")], "seriousness": coded("non-serious")},
        event | {"outcome": [coded("ongoing")], "seriousness": coded("serious")},
        event | {"outcome": [coded("resolvedWithSequelae")], "mitigatingAction": [{"itemCodeableConcept": coded("d")}]},
        event | {"actuality": "potential"},
        event | {"status": "entered-in-error"},
        event | {"resultingEffect": [{"reference": "Condition/C1"}]},
        event
        | {
            "occurrencePeriod": None,
            "occurrenceDateTime": "2024-06-03",
            "suspectEntity": [{"instanceReference": {"reference": "Procedure/P1"}}],
        },
    )
    report = practice.imports("fhir", as_of=date(2024, 12, 31))
    assert accounts(report) == {
        ("Procedure.ndjson", "treatments"): (3, 2, 0, 1, 0),
        ("Encounter.ndjson", "follow_ups"): (5, 2, 0, 2, 1),
        ("Condition.ndjson", "side_effects"): (7, 4, 0, 2, 1),
        ("AdverseEvent.ndjson", "side_effects"): (7, 4, 0, 3, 0),
    }
    assert sorted((one.line, one.reason) for one in report.rejects) == [
        (5, "no treatment on or before 2024-02-29"),
        (7, "onset_on is missing"),
    ]
    assert practice.rows("select treated_on, product, indication from treatments order by all") == [
        (date(2024, 3, 1), "Brand J", None),
        (date(2024, 6, 1), None, "volume"),
    ]
    # The visit at which nothing was done after all is a follow-up, the visit of the treatment is not.
    assert practice.rows("select follow_up_id, followed_up_on from follow_ups order by all") == [
        ("Encounter/E2", date(2024, 3, 15)),
        ("Encounter/E3", date(2024, 7, 1)),
    ]
    assert practice.rows(
        "select side_effect_id, effect, severity, onset_on, resolved_on, resolved_by, last_present_on, serious, "
        "treatments.treatment_id from side_effects join side_effect_links using (side_effect_no) "
        "join treatments using (treatment_no) order by all"
    ) == [
        ("AdverseEvent/A1", "Ptosis", None, date(2024, 3, 5), date(2024, 4, 5), None, None, False, "P1"),
        ("AdverseEvent/A2", "Ptosis", None, date(2024, 3, 5), None, None, date(2024, 4, 5), True, "P1"),
        ("AdverseEvent/A3", "Ptosis", None, date(2024, 3, 5), None, None, date(2024, 4, 5), None, "P1"),
        ("AdverseEvent/A7", "Ptosis", None, date(2024, 6, 3), None, None, None, None, "P1"),
        ("Condition/C1", "Bruising", "mild", date(2024, 3, 2), date(2024, 3, 9), None, None, None, "P1"),
        ("Condition/C3", "Bruising", None, date(2024, 3, 2), None, None, None, None, "P1"),
        ("Condition/C4", "Bruising", None, date(2024, 3, 2), None, date(2024, 3, 12), date(2024, 3, 8), None, "P1"),
        ("Condition/C5", "Bruising", None, date(2024, 3, 2), None, None, None, None, "P1"),
    ]


def test_adverse_events_and_observations_of_r4(practice: Practice) -> None:
    write(practice, "Procedure", r4_procedure(), r4_procedure(performedDateTime="2024-01-20"))
    write(
        practice,
        "AdverseEvent",
        {
            "actuality": "actual",
            "subject": patient(),
            "event": {"text": "Bruising"},
            "date": "2024-01-22T23:30:00-05:00",
            "severity": coded("moderate"),
            "seriousness": coded("SeriousResultsInHospitalization"),
            "outcome": coded("resolved"),
            "suspectEntity": [{"instance": {"reference": "Procedure/P1"}}],
        },
        {
            "actuality": "actual",
            "subject": patient(),
            "event": {"text": "Swelling"},
            "date": "2024-01-21",
            "resultingCondition": [{"reference": "Condition/C1"}],
        },
    )
    score = {"status": "final", "subject": patient(), "effectiveDateTime": "2024-02-01T23:30:00-05:00"}
    write(
        practice,
        "Observation",
        score | {"code": coded("satisfaction"), "valueInteger": 4},
        score | {"code": coded("gais"), "valueQuantity": {"value": 2, "unit": "{score}"}},
        score | {"code": coded("asymmetry"), "valueQuantity": {"value": 1.5}, "effectiveDateTime": "2024-02-02"},
        score | {"code": coded("goal_met"), "valueBoolean": False, "partOf": [{"reference": "Procedure/P1"}]},
        score | {"code": coded("8867-4", "Heart rate"), "valueQuantity": {"value": 80}},
        score | {"code": coded("satisfaction"), "valueInteger": 5, "status": "entered-in-error"},
        score | {"code": coded("satisfaction"), "valueInteger": 9},
    )
    write(practice, "Patient", {"birthDate": "1980-05", "gender": "unknown"}, {"gender": "other"})
    report = practice.imports("fhir")
    assert accounts(report) == {
        ("Procedure.ndjson", "treatments"): (2, 2, 0, 0, 0),
        ("Observation.ndjson", "follow_ups"): (7, 5, 0, 2, 0),
        ("AdverseEvent.ndjson", "side_effects"): (2, 1, 0, 1, 0),
        ("Patient.ndjson", "patients"): (2, 2, 0, 0, 0),
    }
    assert sorted((one.file, one.line, one.column, one.value) for one in report.warnings if one.line) == [
        ("Observation.ndjson", 7, "satisfaction", "9"),
        ("Procedure.ndjson", 1, "treatment_type", "Botulinum toxin"),
    ]
    assert practice.rows(
        "select follow_up_id, treatment_id, followed_up_on, satisfaction, gais, asymmetry, goal_met from follow_ups "
        "order by all"
    ) == [
        ("Observation/O1", None, date(2024, 2, 1), 4, None, None, None),
        ("Observation/O2", None, date(2024, 2, 1), None, 2, None, None),
        ("Observation/O3", None, date(2024, 2, 2), None, None, 1.5, None),
        ("Observation/O4", "P1", date(2024, 2, 1), None, None, None, False),
        ("Observation/O7", None, date(2024, 2, 1), None, None, None, None),
    ]
    # R4 says that it resolved, and not when: it stays open.
    assert practice.rows("select effect, severity, serious, onset_on, resolved_on, treatment_id from side_effects") == [
        ("Bruising", "moderate", True, date(2024, 1, 22), None, "P1")
    ]
    assert practice.rows("select patient_id, birth_year, sex from patients order by all") == [
        ("P1", 1980, None),
        ("P2", None, "other"),
    ]


def test_times_in_utc_ask_where_the_clinic_is(practice: Practice) -> None:
    write(practice, "Procedure", r4_procedure(performedDateTime="2024-03-02T04:30:00Z"))
    with pytest.raises(ImportRefused, match=r"times of treated_on are in UTC.*2024-03-02T04:30:00Z.*timezone"):
        practice.imports("fhir")
