"""A real third-party export through a mapping; skipped where it is absent."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data import import_exports
from tests.data.conftest import Practice

ROOT = Path(__file__).parent.parent.parent
PILOT = ROOT.parent / "shared" / "real" / "cdisc_pilot"
MAPPING = ROOT / "tests" / "mappings" / "cdisc_pilot.toml"


@pytest.mark.skipif(not PILOT.is_dir(), reason="the pilot study's files are not beside the project")
def test_the_pilot_study_is_loaded_whole(practice: Practice) -> None:
    report = import_exports([PILOT], practice.pointer, mapping=MAPPING)
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
