"""What several sources share, as an engine answers for it: the same as DuckDB over the same rows, or a refusal."""

from __future__ import annotations

import datetime
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from streamlit.testing.v1 import AppTest

import data
import queries
from dashboard.filters import Filters
from dashboard.pages import PAGES
from dashboard.privacy import Withheld
from dashboard.sandbox.asking import NotAnswered, ask
from dashboard.store import (
    MEASURES,
    OF_ONE_PATIENT,
    RECORDS,
    Scope,
    Store,
    SuppressedStore,
    open_snapshot,
    options_of,
)
from data import ImportRefused
from tests.engine.conftest import CLINICS, Shared
from tests.pages.conftest import main_stays_what_it_was  # noqa: F401
from tests.pages.opening import front_door, said

PAGES_BY_URL = [page.URL_PATH for page in PAGES]
FILTERS = (
    Filters(datetime.date(2023, 3, 1), datetime.date(2024, 6, 30), dose_from=1, dose_to=500),
    Filters(clinic=("007", "South", ""), sex=("female", ""), area=("lips", "cheek", "")),
    Filters(severity=("mild", "moderate"), serious=("no", ""), smoker=("no", "")),
    Filters(effect=("bruising", "redness"), clinic=("Nørd / 'a' %2F", "2024-05")),
    Filters(product=("it's none",)),
)


def plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with texts in place of lists of values, as which only DuckDB keeps them."""
    texts = [column for column in rows if isinstance(rows[column].dtype, pd.CategoricalDtype)]
    return rows.astype(dict.fromkeys(texts, "str"))


def agree(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert_frame_equal(plain(found), plain(expected), rtol=1e-12, atol=1e-12)


def options(name: str, draw: random.Random) -> dict[str, Any]:
    """Some of what a measure or a record table takes."""
    taken = options_of(name)
    some: dict[str, Any] = {"limits": "none"} if "limits" in taken else {}
    if "unit" in taken:
        some["unit"] = draw.choice(("session", "record", "patient"))
    if "window_days" in taken:
        some["window_days"] = draw.choice((None, 14))
    if "clock" in taken:
        some["clock"] = draw.choice(("onset", "treatment"))
    return some


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_is_that_of_duckdb_over_the_same_rows(name: str, asked: Store, local: Store) -> None:
    draw, groups = random.Random(name), queries.groups_of(name)
    within = [group for group in ("severity", "effect", "position") if group in groups]
    cases: list[tuple[tuple[str, ...], Filters]] = [
        (("treatment_type",), Filters()),
        (tuple(within[:1] or ["sex"]), FILTERS[draw.randrange(2)]),
        (tuple(draw.sample([group for group in groups if group not in within], 2)), FILTERS[2 + draw.randrange(2)]),
        ((), FILTERS[4]),
    ]
    for by, filters in cases:
        some = options(name, draw)
        if "strata" in options_of(name) and len(by) == 1:
            some["strata"] = ("area", "month")
        agree(asked.measure(name, filters, by, **some), local.measure(name, filters, by, **some))


def test_records_are_those_of_duckdb_over_the_same_rows(asked: Store, local: Store) -> None:
    """As a table and as batches, searched and counted; those of patients of both sources, one by one."""
    for name in RECORDS:
        if name not in OF_ONE_PATIENT:
            for filters in (Filters(), FILTERS[len(name) % 3]):
                agree(asked.records(name, filters), local.records(name, filters))
            assert asked.record_count(name, FILTERS[1]) == local.record_count(name, FILTERS[1])
    agree(asked.records("treatments", search="LIPS"), local.records("treatments", search="LIPS"))
    agree(asked.recall_counts(horizon_days=400), local.recall_counts(horizon_days=400))
    found = asked.patients_found("1")
    assert found == local.patients_found("1") != []
    for patient_id in (found[0], found[-1]):
        for name in OF_ONE_PATIENT:
            agree(asked.records(name, patient_id=patient_id), local.records(name, patient_id=patient_id))
    assert asked.patient_of(asked.pseudonym(found[0])) == found[0]
    assert asked.treatment_types == local.treatment_types
    for column in ("clinic", "effect"):
        assert asked.values(column) == local.values(column)
    assert (asked.as_of, asked.period, asked.cohort_size(FILTERS[0])) == (
        local.as_of,
        local.period,
        local.cohort_size(FILTERS[0]),
    )


def test_of_its_clinics_a_source_is_told_what_its_own_snapshot_tells(asked: Store, shared: Shared) -> None:
    """Whatever the cut-off of the other source, and though both have patients and records of the same ids."""
    for source, own in shared.own.items():
        clinics = tuple(clinic or "" for clinic in CLINICS[source])
        filters = Filters(clinic=clinics, sex=("female", ""))
        for place, name in enumerate(MEASURES):
            # Each of one source; which months are complete is said of all, and so of the one with the earlier cut-off.
            of_months = name in ("rates_over_time", "days_between_events")
            if source != ("north" if of_months or place % 2 else "south"):
                continue
            some: dict[str, Any] = {"limits": "none"} if "limits" in options_of(name) else {}
            by = ("clinic",) if "clinic" in queries.groups_of(name) else ()
            agree(asked.measure(name, filters, by, **some), own.measure(name, filters, by, **some))
        for name in ("treatments", "follow_ups", "side_effects", "patients", "recall_list", "lot_exposed"):
            records = asked.records(name, filters)
            for column in records.columns[records.columns.str.endswith("_id")]:
                assert records[column].dropna().str.startswith(f"{source}/").all()
                records[column] = records[column].str.removeprefix(f"{source}/")
            agree(records, own.records(name, filters))
    assert asked.cohort_size()[1] == sum(own.cohort_size()[1] for own in shared.own.values())
    assert asked.as_of == min(own.as_of for own in shared.own.values())
    assert shared.own["north"].as_of < shared.own["south"].as_of


def test_small_numbers_are_kept_back_of_one_source_and_refused_of_several(on_engine: Shared, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="counts as two people"):
        open_snapshot(suppress_below=5)
    own = on_engine.own["south"].generation
    data.share(own.path.parent.parent / "outcomes.json", tmp_path / "south")
    asked, local = open_snapshot(tmp_path, suppress_below=5), SuppressedStore(own, 5)
    for name, by in (
        ("side_effect_rates", ("clinic",)),
        ("kept_plans", ("treatment_type",)),
        ("time_to_resolution_summary", ("area",)),
        ("maintenance_summary", ("clinic",)),
        ("results", ("clinic",)),
    ):
        some: dict[str, Any] = {"limits": "none"} if "limits" in options_of(name) else {}
        agree(asked.measure(name, by=by, **some), local.measure(name, by=by, **some))
    with pytest.raises(Withheld):
        asked.records("treatments")
    asked.close()


def test_what_an_engine_is_not_asked_is_refused_in_words(on_engine: Shared, asked: Store, tmp_path: Path) -> None:
    for scope in (Scope(clinics=("South",)), Scope(practitioners=("P1",)), Scope(pseudonyms=True)):
        with pytest.raises(ImportRefused, match="cannot be cut"):
            open_snapshot(scope=scope)
        with pytest.raises(ImportRefused, match="cannot be cut"):
            asked.cut_to(scope)
        with pytest.raises(ImportRefused, match="cannot be cut"):
            data.is_extracted(asked.snapshot, scope)
    with pytest.raises(NotAnswered, match="SQL is asked of the snapshot of a clinic"):
        ask(asked, "select 1")
    with pytest.raises(ImportRefused, match="Nothing is shared"):
        open_snapshot(tmp_path)
    # A folder that the engine does not see is empty to Sail, and an error to Spark.
    for pointer in on_engine.folder.glob("*.json"):
        (tmp_path / pointer.name).write_bytes(pointer.read_bytes())
    with pytest.raises(ImportRefused, match=r"finds 0 rows of treatments|Path does not exist"):
        open_snapshot(tmp_path)


def test_an_engine_that_forgot_the_session_is_asked_in_a_new_one(asked: Store) -> None:
    before = asked.values("clinic")
    asked._session.client.release_session()  # type: ignore[attr-defined]
    assert asked.values("clinic") == before


@pytest.mark.usefixtures("on_engine", "main_stays_what_it_was")
def test_pages_open_on_an_engine() -> None:
    """One with figures, one with records, and those that say why they are not there."""

    def opened(page: str, **query: str) -> AppTest:
        app = AppTest.from_function(front_door, default_timeout=60, kwargs={"place": PAGES_BY_URL.index(page)})
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    page = opened("side-effects", clinic="South")
    assert not page.exception
    assert page.get("plotly_chart")
    assert "South" in said(page)
    records = opened("records")
    assert not records.exception
    assert records.dataframe[0].value.iloc[:, 0].str.startswith(("north/", "south/")).all()
    for url in ("data", "sql", "what-changed"):
        page = opened(url)
        assert not page.exception
        assert "Not there for what several sources share" in said(page)
        assert not page.get("file_uploader")
