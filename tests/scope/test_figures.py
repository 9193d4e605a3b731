"""What a scope leaves is what a filter leaves, under every name; whoever has it has the rows of nobody else."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import queries
from dashboard.filters import Filters
from dashboard.store import MEASURES, OF_ONE_PATIENT, RECORDS, Scope, Store, options_of
from tests.conftest import SnapshotOf
from tests.scope.clinics import CLINICS, of_clinics

ACCOUNTS = ("rejects", "import_warnings", "imports")


@pytest.fixture(scope="module")
def whole(snapshot_of: SnapshotOf) -> Store:
    return snapshot_of(of_clinics())


def scoped(store: Store, scope: Scope) -> Store:
    """The snapshot of a store, cut to a scope."""
    return Store(store.generation, scope=scope)


def plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with texts in place of lists of values, which are of all that occurs in a snapshot."""
    texts = [column for column in rows if isinstance(rows[column].dtype, pd.CategoricalDtype)]
    return rows.astype(dict.fromkeys(texts, "str"))


SCOPES = {
    "one": Scope(clinics=(CLINICS[0],)),
    "several": Scope(clinics=CLINICS[2:6]),
    "practitioners": Scope(practitioners=("P1 <C02>", "P2 <C03>", "")),
    "both": Scope(clinics=CLINICS[1:5], practitioners=("P1 <C02>", "P2 <C03>", "P1 <C09>")),
}


@pytest.mark.parametrize("name", SCOPES)
def test_a_scope_gives_the_figures_and_the_records_of_a_filter(name: str, whole: Store) -> None:
    scope = SCOPES[name]
    cut = scoped(whole, scope)
    filtered = Filters(clinic=scope.clinics, practitioner=scope.practitioners)
    draw = random.Random(name)
    assert cut.cohort_size()[0] == cut.cohort_size()[1] == whole.cohort_size(filtered)[0] > 0
    for measure in MEASURES:
        groups = queries.groups_of(measure)
        # Limits that are resampled take long, and come of the same observations.
        options: dict[str, Any] = (
            {"limits": "clustered" if name == "one" else "none"} if "limits" in options_of(measure) else {}
        )
        more: dict[str, Any] = draw.choice(
            ({}, {"sex": ("female",)}, {"treated_from": "2023-03-01", "effect": "bruising <C03>"})
        )
        by = draw.choice(((), tuple(draw.sample(groups, 1)), tuple(draw.sample(groups, 2))))
        told = cut.measure(measure, Filters(**more), by, **options)
        expected = whole.measure(measure, replace(filtered, **more), by, **options)
        assert_frame_equal(plain(told), plain(expected), rtol=1e-9, obj=f"{measure} {by} {more}")
    for table in RECORDS:
        if table in ACCOUNTS:
            assert cut.records(table).empty
        elif table not in OF_ONE_PATIENT:
            assert_frame_equal(plain(cut.records(table)), plain(whole.records(table, filtered)), obj=table)


def test_a_patient_is_told_as_far_as_the_clinic_knows_them(whole: Store) -> None:
    """Each row of a timeline is of a session, and here each session is of one clinic."""
    cut = scoped(whole, SCOPES["several"])
    of_clinic = {
        (row["patient_id"], row["treated_on"]) for row in of_clinics().treatments if row["clinic"] in CLINICS[2:6]
    }
    for patient_id in sorted({patient for patient, _ in of_clinic})[:12]:
        days = {day for patient, day in of_clinic if patient == patient_id}
        for table, day in (("patient_timeline", "treated_on"), ("patient_intervals", "started_on")):
            rows, told = (store.records(table, patient_id=patient_id) for store in (whole, cut))
            # Courses are counted from the first that is told of.
            expected = rows[[each in days for each in rows[day]]].drop(columns="course", errors="ignore")
            told = told.drop(columns="course", errors="ignore")
            assert_frame_equal(plain(told), plain(expected.reset_index(drop=True)), check_dtype=False)
        overview = cut.records("patient_overview", patient_id=patient_id).iloc[0]
        timeline = cut.records("patient_timeline", patient_id=patient_id)
        assert overview["sessions"] == len(days)
        assert overview["first_treated_on"] == min(days)
        assert overview["side_effects"] == (timeline["event"] == "side effect").sum()
        assert overview["follow_ups"] == (timeline["event"] == "follow-up").sum()
