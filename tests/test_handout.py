"""The page to print: a sentence that is true, nothing of too few patients, nothing that runs or asks another host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from dashboard.handout import Question, handout, sentence
from tests.conftest import SnapshotOf
from tests.drawing import Exports, on

if TYPE_CHECKING:
    import pandas as pd

BRUISING = Question("Bruising", "Dermal filler", "Lips")


def bruises(patients: int, each: int = 1, effect: str = "bruising") -> Exports:
    """So many patients with so many bruises each; seven in ten are gone on day 5, the others on day 20."""
    treatments, side_effects = [], []
    for patient in range(patients):
        for visit in range(each):
            key = f"t{patient}-{visit}"
            treatments.append(
                {
                    "treatment_id": key,
                    "patient_id": f"p{patient}",
                    "treated_on": on(40 * visit),
                    "treatment_type": "dermal_filler",
                    "area": "lips",
                }
            )
            side_effects.append(
                {
                    "treatment_id": key,
                    "effect": effect,
                    "onset_on": on(40 * visit),
                    "resolved_on": on(40 * visit + (5 if patient % 10 < 7 else 20)),
                }
            )
    return Exports(treatments, [], [], side_effects)


@pytest.fixture
def fifty(snapshot_of: SnapshotOf) -> pd.DataFrame:
    return snapshot_of(bruises(50)).measure("healing_clock", by=())


def test_the_sentence(fifty: pd.DataFrame) -> None:
    # 35 of 50: limits of about .56 and .82.
    assert sentence(fifty, BRUISING, 7) == (
        "Of 50 of our patients with bruising after dermal filler (lips), 7 in 10 (between 5 and 9 in 10) were free of "
        "it by day 7 after it began."
    )
    assert "all" in sentence(fifty, BRUISING, 30)


def test_several_times_in_one_patient_are_told(snapshot_of: SnapshotOf) -> None:
    clock = snapshot_of(bruises(30, each=2)).measure("healing_clock", by=())
    assert sentence(clock, BRUISING, 7).startswith(
        "30 of our patients had bruising after dermal filler (lips), 60 times in all: 7 in 10"
    )


def test_of_too_few_nothing_is_told(snapshot_of: SnapshotOf) -> None:
    clock = snapshot_of(bruises(4)).measure("healing_clock", by=())
    assert sentence(clock, BRUISING, 7).startswith("Fewer than 5 of our patients")
    page = handout(clock, BRUISING, 7, "", is_synthetic=False)
    assert "dot gone" not in page
    assert "Fewer than 20" not in page
    few = snapshot_of(bruises(10)).measure("healing_clock", by=())
    assert "Fewer than 20 patients" in handout(few, BRUISING, 7, "", is_synthetic=False)


def test_the_page(fifty: pd.DataFrame) -> None:
    page = handout(fifty, BRUISING, 7, "Treatment type Dermal filler. Data as of 1 March 2024.", is_synthetic=True)
    assert "How long does bruising last?" in page
    assert "Synthetic sample data" in page
    asked = re.search(r'<tr class="asked">.*?</tr>', page)
    assert asked
    assert asked[0].count('"dot gone"') == 7
    assert asked[0].count('"dot open"') == 2
    assert "Data as of 1 March 2024." in page
    assert not re.search(r"<script|src=|href=|@import|url\(|https?:", page)


def test_names_are_text(fifty: pd.DataFrame) -> None:
    hostile = Question("<script>x</script>", "<img src=x>", "&")
    page = handout(fifty, hostile, 7, "<b>", is_synthetic=False)
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page
