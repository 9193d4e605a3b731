"""The main job on real data: by the mapping cdisc_adam, the CDISC pilot study gives the figures published of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import data
from dashboard.store import Store, open_snapshot
from data.mapping import SHIPPED

PILOT = Path(__file__).parent.parent.parent / "shared" / "real" / "cdisc_pilot"
ARMS = {"Placebo": "placebo_n", "Xanomeline Low Dose": "xan_low_n", "Xanomeline High Dose": "xan_high_n"}

pytestmark = pytest.mark.skipif(not PILOT.exists(), reason=f"the pilot study's files are not at {PILOT}")


def imported(mapping: Path | str, folder: Path) -> Store:
    data.import_exports([PILOT], into=folder / "pilot.json", mapping=mapping)
    return open_snapshot(folder / "pilot.json")


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return imported("cdisc_adam", tmp_path_factory.mktemp("pilot"))


def test_every_published_count_is_found(pilot: Store) -> None:
    rates = pilot.measure("side_effect_rates", unit="patient")
    found = {(row.treatment_type, row.effect): row for row in rates.itertuples()}
    with (PILOT / "table_14-5.01.csv").open() as file:
        published = list(csv.DictReader(file))
    terms = [row for row in published if row["term"] != "(any)"]
    assert len(terms) == 230
    for row in terms:
        for arm, column in ARMS.items():
            assert found[arm, row["term"]].affected == int(row[column]), (row["term"], arm)
    for arm, column in ARMS.items():
        assert found[arm, "any"].affected == int(published[0][column])
    assert set(rates["effect"]) == {"any", *(row["term"] for row in terms)}


def test_everybody_treated_is_evaluable(pilot: Store) -> None:
    completeness = pilot.measure("follow_up_completeness", unit="patient")
    assert dict(zip(completeness["treatment_type"], completeness["evaluable"], strict=True)) == {
        "Placebo": 86,
        "Xanomeline Low Dose": 84,
        "Xanomeline High Dose": 84,
    }


def medians(store: Store) -> dict[str, float]:
    summary = store.measure("time_to_resolution_summary")
    return dict(zip(summary["treatment_type"], summary["median_days"], strict=True))


def test_only_what_recovered_has_resolved(pilot: Store) -> None:
    assert medians(pilot) == {"Placebo": 64, "Xanomeline Low Dose": 117, "Xanomeline High Dose": 168}
    assert pilot.measure("time_to_resolution_summary", by=())["median_days"].item() == 120


def test_taking_every_end_date_for_a_resolution_would_say_less(tmp_path: Path) -> None:
    lines = (SHIPPED / "cdisc_adam.toml").read_text().splitlines()
    kept = [line for line in lines if not line.startswith(("resolved_on", "last_present_on"))]
    position = next(number for number, line in enumerate(kept) if line.startswith("onset_on"))
    (tmp_path / "mapping.toml").write_text("\n".join([*kept[:position], 'resolved_on = "AENDT"', *kept[position:]]))
    store = imported(tmp_path / "mapping.toml", tmp_path)
    assert medians(store) == {"Placebo": 17, "Xanomeline Low Dose": 29, "Xanomeline High Dose": 37}
    assert store.measure("time_to_resolution_summary", by=())["median_days"].item() == 28
