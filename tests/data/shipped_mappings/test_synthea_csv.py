"""The mapping synthea_csv on a real export of Synthea, against a naive reading of the same files."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import data
from data import ImportReport
from tests.data.conftest import Practice
from tests.data.shipped_mappings.naive import accounts, latest, rejected_lines, sessions_of, treated_days

EXPORT = Path(__file__).parent.parent.parent.parent.parent / "shared" / "real" / "synthea"

pytestmark = pytest.mark.skipif(not EXPORT.exists(), reason=f"there is no export of Synthea at {EXPORT}")

Row = dict[str, str]


def rows(name: str) -> list[Row]:
    with (EXPORT / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def day_of(time: str) -> date:
    return datetime.fromisoformat(time).astimezone(ZoneInfo("America/New_York")).date()


def made_id(row: Row) -> str:
    return "/".join((row["PATIENT"], row["ENCOUNTER"], row["START"], row["CODE"]))


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Practice, ImportReport]:
    practice = Practice(tmp_path_factory.mktemp("synthea"))
    return practice, data.import_exports([EXPORT], practice.pointer, mapping="synthea_csv")


@pytest.fixture(scope="module")
def days() -> dict[str, list[date]]:
    return treated_days(("", row["PATIENT"], day_of(row["START"])) for row in rows("procedures"))


def test_every_row_is_accounted_for(imported: tuple[Practice, ImportReport]) -> None:
    # The export is an excerpt: 249 procedures beside all conditions and encounters, most of which come before any.
    assert accounts(imported[1]) == {
        ("conditions.csv", "side_effects"): (438, 30, 0, 15, 393),
        ("encounters.csv", "follow_ups"): (604, 15, 0, 80, 509),
        ("patients.csv", "patients"): (27, 27, 0, 0, 0),
        ("procedures.csv", "treatments"): (249, 249, 0, 0, 0),
    }
    told = [one for one in imported[1].warnings if "before 1990" not in one.reason]
    assert {one.column for one in told} == {"treatment_type", "area"}


def test_procedures_are_treatments_with_ids_made_of_what_they_are(imported: tuple[Practice, ImportReport]) -> None:
    places = {row["Id"]: (row["ORGANIZATION"], row["PROVIDER"]) for row in rows("encounters")}
    expected = [
        (
            made_id(row),
            row["PATIENT"],
            day_of(row["START"]),
            row["DESCRIPTION"],
            *places[row["ENCOUNTER"]],
            row["REASONDESCRIPTION"] or None,
        )
        for row in rows("procedures")
    ]
    found = imported[0].rows(
        "select treatment_id, patient_id, treated_on, treatment_type, clinic, practitioner, indication from treatments"
    )
    assert set(found) == set(expected)
    assert len(found) == len(expected)
    # Some were done in the evening, which is the next day in UTC.
    assert any(row["START"][:10] != day_of(row["START"]).isoformat() for row in rows("procedures"))


def test_encounters_and_conditions_follow_the_latest_session(
    imported: tuple[Practice, ImportReport], days: dict[str, list[date]]
) -> None:
    practice, report = imported
    treated_at = {row["ENCOUNTER"] for row in rows("procedures")}
    treated_for = {(row["PATIENT"], row["REASONCODE"]) for row in rows("procedures")}
    contacts: dict[str, tuple[Any, ...]] = {}
    effects: dict[str, tuple[Any, ...]] = {}
    early_contacts: set[int | None] = set()
    early_effects: set[int | None] = set()
    for line, row in enumerate(rows("encounters"), 2):
        if row["Id"] not in treated_at:
            session = latest(days, row["PATIENT"], day_of(row["START"]))
            if session is None:
                early_contacts.add(line)
            else:
                contacts[row["Id"]] = row["PATIENT"], session
    ends: dict[str, tuple[Any, ...]] = {}
    for line, row in enumerate(rows("conditions"), 2):
        if (row["PATIENT"], row["CODE"]) not in treated_for:
            onset = date.fromisoformat(row["START"])
            session = latest(days, row["PATIENT"], onset)
            if session is None:
                early_effects.add(line)
            else:
                effects[made_id(row)] = row["PATIENT"], session
                ends[made_id(row)] = (
                    row["DESCRIPTION"],
                    onset,
                    date.fromisoformat(row["STOP"]) if row["STOP"] else None,
                )
    assert rejected_lines(report, "follow_ups") == early_contacts
    assert rejected_lines(report, "side_effects") == early_effects
    assert sessions_of(practice, "follow_ups", "follow_up") == contacts
    assert sessions_of(practice, "side_effects", "side_effect") == effects
    found = practice.rows("select side_effect_id, effect, onset_on, resolved_on from side_effects")
    assert {row[0]: row[1:] for row in found} == ends
    assert {row[3] is None for row in found} == {True, False}


def test_the_same_export_again_changes_nothing(imported: tuple[Practice, ImportReport]) -> None:
    practice = imported[0]
    again = data.check_exports([EXPORT], mapping="synthea_csv", into=practice.pointer)
    assert {name: account[1:3] for name, account in accounts(again).items()} == {
        ("conditions.csv", "side_effects"): (0, 30),
        ("encounters.csv", "follow_ups"): (0, 15),
        ("patients.csv", "patients"): (0, 27),
        ("procedures.csv", "treatments"): (0, 249),
    }
    assert not any(one.rows_replaced for one in again.files)
