"""Two sources that share with a Sail server, and the same rows in DuckDB."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest
import streamlit as st

import data
from dashboard.store import Store, open_snapshot
from data.sharing import RELATIONS
from tests.conftest import exports_with_results, import_once
from tests.drawing import Exports

CLINICS = {"north": ("007", "Nørd / 'a' %2F", None), "south": ("South", "2024-05")}
"""Of every source its clinics; as folders they would be numbers, days, other folders, or nothing."""
SEEDS = {"north": 5, "south": 6}


@dataclass(frozen=True)
class Shared:
    """A folder that two sources share, the snapshot of each, and the address of an engine."""

    folder: Path
    own: dict[str, Store]
    engine: str


def of_clinics(source: str) -> Exports:
    """Random exports in which clinic after clinic of a source has the next patient."""
    exports, clinics = exports_with_results(SEEDS[source]), CLINICS[source]
    patients = sorted({row["patient_id"] for row in exports.treatments})
    place = {patient: clinics[number % len(clinics)] for number, patient in enumerate(patients)}
    return replace(exports, treatments=[{**row, "clinic": place[row["patient_id"]]} for row in exports.treatments])


@pytest.fixture(scope="session")
def engine() -> Iterator[str]:
    """The address of a Sail server; or of the engine that OUTCOMES_TEST_ENGINE names, which sees the same files."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(sys, "ps1", "", raising=False)  # a worker of pytest-xdist is taken for PySpark's own doctests
        importlib.import_module("pyspark.sql.connect.session")
    if address := os.environ.get("OUTCOMES_TEST_ENGINE"):
        yield address
        return
    os.environ.setdefault("RUST_LOG", "error")
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer()
    server.start(background=True)
    _, port = server.listening_address
    yield f"sc://127.0.0.1:{port}"
    st.cache_resource.clear()  # of the pages, whose stores would else ask a server that is gone to forget them
    gc.collect()
    server.stop()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, engine: str) -> Shared:
    base = tmp_path_factory.mktemp("engine")
    own = {source: import_once(of_clinics(source), base / source) for source in CLINICS}
    for source in CLINICS:
        data.share(base / source / "outcomes.json", base / "shared" / source)
    return Shared(base / "shared", own, engine)


@pytest.fixture
def on_engine(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> Shared:
    """As somebody starts the program who has an engine."""
    monkeypatch.setenv("OUTCOMES_ENGINE", shared.engine)
    monkeypatch.setenv("OUTCOMES_SNAPSHOT", str(shared.folder))
    return shared


@pytest.fixture(scope="session")
def asked(shared: Shared) -> Iterator[Store]:
    """The store of the engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTCOMES_ENGINE", shared.engine)
        store = open_snapshot(shared.folder)
    yield store
    store.close()


@pytest.fixture(scope="session")
def local(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The rows that the files in the folder hold, as a snapshot of DuckDB."""
    file = tmp_path_factory.mktemp("same") / "same.duckdb"
    with duckdb.connect(str(file)) as connection:
        for table in RELATIONS:
            files = f"{shared.folder}/{table}/**/*.parquet"
            connection.execute(f"create table {table} as from read_parquet('{files}', hive_partitioning = false)")
        # One row of each: the earliest cut-off, and the types of both, which have the same catalogue.
        connection.execute("delete from snapshot where as_of > (select min(as_of) from snapshot)")
        connection.execute("create or replace table snapshot as from snapshot limit 1")
        connection.execute(
            "create or replace table treatment_types as select * exclude (place, created_at) "
            "from (select distinct on (code) * from treatment_types) order by place, code"
        )
        connection.execute("create table figures (measure varchar, groups varchar, fingerprint varchar, content blob)")
    return Store(data.Generation(file, sha256="", name="same"))
