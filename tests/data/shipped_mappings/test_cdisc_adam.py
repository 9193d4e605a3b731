"""The mapping cdisc_adam on a real study, against a naive reading of the same files."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from data import import_exports
from tests.data.conftest import Practice

PILOT = Path(__file__).parent.parent.parent.parent.parent / "shared" / "real" / "cdisc_pilot"


pytestmark = pytest.mark.skipif(not PILOT.is_dir(), reason=f"the pilot study's files are not at {PILOT}")


def test_the_pilot_study_is_loaded_whole(tmp_path: Path) -> None:
    practice = Practice(tmp_path)
    report = import_exports([PILOT], practice.pointer, mapping="cdisc_adam")
    accounts = {(one.file, one.table): (one.rows_read, one.rows_loaded, one.rows_skipped) for one in report.files}
    assert accounts == {
        ("adsl.csv", "treatments"): (254, 254, 0),
        ("adsl.csv", "patients"): (254, 254, 0),
        ("adsl.csv", "follow_ups"): (254, 254, 0),
        ("adae.csv", "side_effects"): (1191, 1126, 65),
    }
    assert not report.rejects
    assert report.as_of == date(2015, 3, 5)
    assert practice.rows("select treatment_type, count(*) from treatments group by all order by all") == [
        ("Placebo", 86),
        ("Xanomeline High Dose", 84),
        ("Xanomeline Low Dose", 84),
    ]
    # An end date of an event that did not recover (236), or was fatal (3), is no resolution.
    assert practice.rows(
        "select count(last_present_on), count(*) filter (resolved_on = onset_on), count(*) filter (serious) "
        "from side_effects"
    ) == [(239, 140, 3)]


def test_no_value_is_shifted(tmp_path: Path) -> None:
    practice = Practice(tmp_path)
    import_exports([PILOT], practice.pointer, mapping="cdisc_adam")
    subjects, events = rows("adsl"), [row for row in rows("adae") if row["TRTEMFL"] == "Y"]
    assert set(
        practice.rows("select treatment_id, patient_id, treated_on, treatment_type, clinic from treatments")
    ) == {(row["USUBJID"], row["USUBJID"], day(row["TRTSDT"]), row["TRT01A"], row["SITEID"]) for row in subjects}
    sexes = {"F": "female", "M": "male"}
    assert set(practice.rows("select patient_id, sex, birth_year from patients")) == {
        (row["USUBJID"], sexes[row["SEX"]], int(row["TRTSDT"][:4]) - int(float(row["AGE"]))) for row in subjects
    }
    assert set(practice.rows("select treatment_id, followed_up_on from follow_ups")) == {
        (row["USUBJID"], day(row["RFENDT"])) for row in subjects
    }
    found = practice.rows(
        "select side_effect_id, treatment_id, effect, severity, onset_on, resolved_on, last_present_on, serious, "
        "action from side_effects"
    )
    assert len(found) == len(events)
    assert set(found) == {
        (
            f"{row['USUBJID']}/{row['AESEQ']}",
            row["USUBJID"],
            row["AEDECOD"],
            row["AESEV"].lower(),
            day(row["ASTDT"]),
            day(row["AENDT"]) if row["AEOUT"] == "RECOVERED/RESOLVED" else None,
            day(row["AENDT"]) if row["AEOUT"] != "RECOVERED/RESOLVED" else None,
            {"Y": True, "N": False}.get(row["AESER"]),
            row["AEACN"] or None,
        )
        for row in events
    }


def rows(name: str) -> list[dict[str, str]]:
    with (PILOT / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
