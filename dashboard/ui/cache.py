"""The current snapshot and its answers, remembered until the snapshot changes."""

from __future__ import annotations

import atexit
import gc
from concurrent.futures import Future, wait
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts.style import DARK, LIGHT, Look
from dashboard.filters import Filters
from dashboard.store import HORIZON_DAYS, Store, default_snapshot, open_snapshot, options_of, snapshot_path
from data import ImportRefused, current

AT_ONCE = 0.1
"""Seconds for which a page waits for limits before it is drawn without them."""


def current_store() -> Store:
    """The snapshot that is current now: a look at the pointer and the file, and a new store only where they changed.

    Raises data.ImportRefused where there is none and none can be built, or where it was damaged since.
    """
    place = _place(snapshot_path())
    return _opened(str(place), current(place).name)


def readable_store() -> tuple[Store | None, str]:
    """The current snapshot, or None and why it cannot be read."""
    try:
        return current_store(), ""
    except ImportRefused as refused:
        return None, str(refused)


def snapshot_name() -> str:
    """The name of the current snapshot, "" where none can be read; another one whenever the data changes."""
    store, _ = readable_store()
    return store.name if store else ""


def pointer() -> Path:
    """Where the current snapshot is, and where an import puts the next one."""
    return snapshot_path().absolute()


@st.cache_resource(show_spinner="Preparing the sample data ...")
def _place(wanted: Path) -> Path:
    """The snapshot's place; only where none was there when the server first looked is it built from the sample."""
    return default_snapshot(wanted)[0]


@st.cache_resource(max_entries=2, show_spinner="Opening the data ...")
def _opened(place: str, name: str) -> Store:
    store = open_snapshot(Path(place))
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)
    return store


def measure(name: str, filters: Filters, by: tuple[str, ...] = (), **options: Any) -> pd.DataFrame:
    """The figures of a measure in the current snapshot; see Store.measure."""
    store = current_store()
    return _measure(store, store.name, name, filters, by, tuple(sorted(options.items())))


def arriving(name: str, filters: Filters, by: tuple[str, ...] = (), **options: Any) -> tuple[pd.DataFrame, bool]:
    """The figures of a measure, and whether limits are still to come: until they are there, figures without them.

    Limits that take long are estimated beside the pages, once for everybody who looks at the same snapshot.
    """
    if "limits" not in options_of(name):
        return measure(name, filters, by, **options), False
    store = current_store()
    asked = (store, store.name, name, filters, by, tuple(sorted(options.items())))
    limited = _limited(*asked)
    wait([limited], timeout=AT_ONCE)
    if not limited.done():
        return measure(name, filters, by, limits="none", **options), True
    if limited.exception():
        _limited.clear(*asked)  # whoever looks next tries again
    return limited.result(), False


@st.cache_resource(max_entries=200, show_spinner=False)
def _limited(
    _store: Store, snapshot: str, name: str, filters: Filters, by: tuple[str, ...], options: tuple[tuple[str, Any], ...]
) -> Future[pd.DataFrame]:
    limited: Future[pd.DataFrame] = Future()

    def estimate() -> None:
        try:
            limited.set_result(_store.measure(name, filters, by, **dict(options)))
        except Exception as failure:
            limited.set_exception(failure)

    # A server that is stopped does not wait for it.
    Thread(target=estimate, daemon=True).start()
    return limited


@st.cache_data(max_entries=1_000, show_spinner=False)
def _measure(
    _store: Store, snapshot: str, name: str, filters: Filters, by: tuple[str, ...], options: tuple[tuple[str, Any], ...]
) -> pd.DataFrame:
    return _store.measure(name, filters, by, **dict(options))


def cohort_size(filters: Filters) -> tuple[int, int]:
    """How many treatment records the filters leave, and how many there are."""
    store = current_store()
    return _cohort_size(store, store.name, filters)


@st.cache_data(max_entries=1_000, show_spinner=False)
def _cohort_size(_store: Store, snapshot: str, filters: Filters) -> tuple[int, int]:
    return _store.cohort_size(filters)


def values(column: str) -> list[str]:
    """The values of a filter's column that occur, the most frequent first."""
    store = current_store()
    return _values(store, store.name, column)


@st.cache_data(max_entries=100, show_spinner=False)
def _values(_store: Store, snapshot: str, column: str) -> list[str]:
    return [value for value, _ in _store.values(column)]


def treatment_types() -> dict[str, str]:
    """Code to label of every treatment type, the catalogue's order first."""
    store = current_store()
    return _treatment_types(store, store.name)


@st.cache_data(max_entries=2, show_spinner=False)
def _treatment_types(_store: Store, snapshot: str) -> dict[str, str]:
    catalogue = _store.treatment_types
    return dict(zip(catalogue["code"].astype(str), catalogue["label"].astype(str), strict=True))


def expected_interval(treatment_type: str) -> tuple[int, int] | None:
    """The first and the last day of the interval that the catalogue expects for a type; None where it says nothing."""
    store = current_store()
    return _expected_intervals(store, store.name).get(treatment_type)


@st.cache_data(max_entries=2, show_spinner=False)
def _expected_intervals(_store: Store, snapshot: str) -> dict[str, tuple[int, int]]:
    columns = ["code", "expected_interval_low_days", "expected_interval_high_days"]
    known = _store.treatment_types[columns].dropna()
    return {str(code): (int(low), int(high)) for code, low, high in known.itertuples(index=False)}


def look() -> Look:
    """The colours of the theme that is on, with the treatment types of the current snapshot."""
    return (DARK if st.context.theme.type == "dark" else LIGHT).of_types(treatment_types())


def maintained_types(filters: Filters) -> dict[str, str]:
    """Label to code of the treatment types that are maintained and selected."""
    returning = set(measure("maintenance_summary", filters, ("treatment_type",))["treatment_type"])
    return {label: code for code, label in treatment_types().items() if code in returning}


def usual_maintained_type(filters: Filters) -> tuple[str, ...]:
    """The maintained treatment type with the most courses among those selected; () where there is none."""
    summary = measure("maintenance_summary", filters, ("treatment_type",))
    return () if summary.empty else (str(summary["treatment_type"].iloc[int(summary["courses"].fillna(0).argmax())]),)


def largest(column: str, filters: Filters, **options: Any) -> list[str]:
    """The values of a group that are treated, those with the most evaluable units first, "not recorded" the last."""
    groups = measure("follow_up_completeness", filters, (column,), **options)
    groups = groups.assign(is_unknown=groups[column].astype(str) == "").sort_values(
        ["is_unknown", "evaluable"], ascending=[True, False], kind="stable"
    )
    return list(groups[column].astype(str))


def affected(column: str, filters: Filters) -> list[str]:
    """The values of a group with at least one selected side effect, those with the most affected first."""
    rates = measure("side_effect_rates", filters, (column,))
    if column != "effect":
        rates = rates[rates["effect"] == "any"]
    rates = rates[(rates["affected"] > 0) & (rates[column] != "any")]
    return list(rates.sort_values("affected", ascending=False, kind="stable")[column].astype(str))


def records(
    table: str, filters: Filters, limit: int, horizon_days: int = HORIZON_DAYS, search: str = ""
) -> pd.DataFrame:
    """The first records of a table that belong to the cohort; see Store.records."""
    store = current_store()
    return _records(store, store.name, table, filters, limit, horizon_days, search)


@st.cache_data(max_entries=50, show_spinner=False)
def _records(
    _store: Store, snapshot: str, table: str, filters: Filters, limit: int, horizon_days: int, search: str
) -> pd.DataFrame:
    return _store.records(table, filters, limit, horizon_days, search)


def record_count(table: str, filters: Filters, horizon_days: int = HORIZON_DAYS) -> tuple[int, int]:
    """How many records of a table belong to the cohort, and how many there are."""
    store = current_store()
    return _record_count(store, store.name, table, filters, horizon_days)


@st.cache_data(max_entries=500, show_spinner=False)
def _record_count(_store: Store, snapshot: str, table: str, filters: Filters, horizon_days: int) -> tuple[int, int]:
    return _store.record_count(table, filters, horizon_days)


def recall_counts(filters: Filters, horizon_days: int) -> pd.DataFrame:
    """How many stand on the recall list, per status and basis."""
    store = current_store()
    return _recall_counts(store, store.name, filters, horizon_days)


@st.cache_data(max_entries=500, show_spinner=False)
def _recall_counts(_store: Store, snapshot: str, filters: Filters, horizon_days: int) -> pd.DataFrame:
    return _store.recall_counts(filters, horizon_days)


def account(name: str, import_no: int | None = None) -> pd.DataFrame:
    """What became of the imported rows; see Store.account."""
    store = current_store()
    return _account(store, store.name, name, import_no)


@st.cache_data(max_entries=100, show_spinner=False)
def _account(_store: Store, snapshot: str, name: str, import_no: int | None) -> pd.DataFrame:
    return _store.account(name, import_no)
