"""The current snapshot and its answers, remembered until the snapshot changes."""

from __future__ import annotations

import atexit
import datetime
import gc
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextvars import ContextVar
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.access import in_place_of, may_import, smallest_told, somebody, viewer
from dashboard.charts.style import DARK, LIGHT, Look
from dashboard.filters import Filters
from dashboard.patient_summary import Patient
from dashboard.privacy import suppress_below
from dashboard.store import (
    HORIZON_DAYS,
    OF_ONE_PATIENT,
    Changes,
    Scope,
    Store,
    default_snapshot,
    open_kept,
    open_snapshot,
    options_of,
    snapshot_path,
)
from data import ImportRefused, KeptSnapshot, TreatmentType, current

_STORE = "store"
_SHOWN: ContextVar[Store | None] = ContextVar("shown", default=None)
SCOPES = 32
"""So many stores are open at a time, one for each scope that somebody who looks has; each takes few megabytes."""
AT_ONCE = 0.1
"""Seconds for which pages wait for limits, after they were first asked for, before they are drawn without them."""
LARGE, AFTER = 50_000, 1.0
"""From so many treatment records on nobody waits, and limits are begun so many seconds later: the page comes first."""


def figures_scope() -> Scope:
    """The records of which whoever looks may have figures: of clinicians not their own patients' alone."""
    who = somebody()
    return Scope(who.clinics, () if "clinician" in who.roles else who.practitioners)


def records_scope() -> Scope:
    """The records that whoever looks may see one by one, as they may have to be told: a clinician's own patients."""
    who = somebody()
    return Scope(who.clinics, who.practitioners, pseudonyms="clinician" not in who.roles)


def look_again() -> None:
    """From here on the snapshot that is current now: called once when a run of the page begins."""
    st.session_state.pop(_STORE, None)


def current_store() -> Store:
    """The snapshot that was current when this run of the page began, so that a page tells of one snapshot only.

    It is cut to the records of which whoever looks may have figures. It is found by a look at the pointer and the file;
    there is a new store only where they changed. Raises data.ImportRefused where there is none and none can be built,
    or where it was damaged since.
    """
    if shown := _SHOWN.get():
        return shown
    if _STORE not in st.session_state:
        place = _place(snapshot_path())
        st.session_state[_STORE] = _opened(str(place), current(place).name, figures_scope(), smallest_told())
    store: Store = st.session_state[_STORE]
    return store


def current_records_store() -> Store:
    """The same snapshot, cut to the records that whoever looks may see one by one; it tells none where that is none."""
    return _of_records(current_store())


def accounts_store() -> Store:
    """The same snapshot for whoever may import: with what became of every row, and the rows that were rejected."""
    if not may_import():
        return current_store()
    place = _place(snapshot_path())
    return _opened(str(place), current_store().snapshot.name, figures_scope(), suppress_below())


def as_shown(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same work whenever it is done, such as at a click, for whoever looks, on the snapshot that the page shows."""
    store, who = current_store(), viewer()

    def done(*given: Any) -> Any:
        token = _SHOWN.set(store)
        try:
            with in_place_of(who):
                return work(*given)
        finally:
            _SHOWN.reset(token)

    return done


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


@st.cache_resource(max_entries=SCOPES, show_spinner="Opening the data ...")
def _opened(place: str, name: str, scope: Scope, suppress_below: int) -> Store:
    store = open_snapshot(Path(place), suppress_below, scope=scope)
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
    is_large = not cohort_size(filters)[0] < LARGE
    limited, began = _limited(*asked, AFTER if is_large else 0.0)
    wait([limited], timeout=0 if is_large else max(0.0, began + AT_ONCE - time.monotonic()))
    if not limited.done():
        return measure(name, filters, by, limits="none", **options), True
    if limited.exception():
        _limited.clear(*asked, 0.0)  # whoever looks next tries again
    return limited.result(), False


@st.cache_resource(max_entries=200, show_spinner=False)
def _limited(
    _store: Store,
    snapshot: str,
    name: str,
    filters: Filters,
    by: tuple[str, ...],
    options: tuple[tuple[str, Any], ...],
    _after: float,
) -> tuple[Future[pd.DataFrame], float]:
    """The figures with their limits, once they are there, and when that was asked for; it begins so much later."""
    return _begun(lambda: _store.measure(name, filters, by, **dict(options)), _after), time.monotonic()


def _begun(work: Callable[[], Any], after: float = 0.0) -> Future[Any]:
    """What the work will give, beside the pages."""
    future: Future[Any] = Future()

    def at_work() -> None:
        time.sleep(after)
        try:
            future.set_result(work())
        except Exception as failure:
            future.set_exception(failure)

    # A server that is stopped does not wait for it.
    Thread(target=at_work, daemon=True).start()
    return future


@st.cache_data(max_entries=1_000, show_spinner=False)
def _measure(
    _store: Store, snapshot: str, name: str, filters: Filters, by: tuple[str, ...], options: tuple[tuple[str, Any], ...]
) -> pd.DataFrame:
    return _store.measure(name, filters, by, **dict(options))


def kept_store(kept: KeptSnapshot) -> Store:
    """A snapshot that is kept, opened; raises data.ImportRefused where it is gone meanwhile, or damaged."""
    return _kept(str(pointer()), kept.number, kept.imported_at, figures_scope(), smallest_told())


@st.cache_resource(max_entries=SCOPES, show_spinner="Opening the earlier data ...")
def _kept(place: str, number: int, imported_at: datetime.datetime | None, scope: Scope, suppress_below: int) -> Store:
    return open_kept(Path(place), number, suppress_below, scope)


def _of_records(store: Store) -> Store:
    """The snapshot of a store of figures, cut to single records."""
    scope = records_scope()
    return store if store.suppress_below or scope == figures_scope() else _cut(store, store.snapshot.name, scope)


@st.cache_resource(max_entries=SCOPES, show_spinner="Opening the records ...")
def _cut(_store: Store, snapshot: str, scope: Scope) -> Store:
    return _store.cut_to(scope)


def changes(earlier: Store, of_records: bool = False) -> Changes:
    """What differs in the records between an earlier snapshot and the current one; see Store.since.

    `of_records`: in those that whoever looks may see one by one, which may be fewer.
    """
    store = current_store()
    if of_records:
        store, earlier = _of_records(store), _of_records(earlier)
    return _changes(store, earlier, store.name, earlier.name)


@st.cache_resource(max_entries=SCOPES, show_spinner="Comparing the records ...")
def _changes(_store: Store, _earlier: Store, snapshot: str, earlier: str) -> Changes:
    return _store.since(_earlier)


def change_counts(earlier: Store, name: str, of_records: bool = False) -> pd.DataFrame:
    """What of a kind differs, counted; see Changes.counts."""
    compared = changes(earlier, of_records)
    return _change_counts(compared, compared.name, name)


@st.cache_data(max_entries=20 * SCOPES, show_spinner=False)
def _change_counts(_changes: Changes, changes: str, name: str) -> pd.DataFrame:
    return _changes.counts(name)


Comparison = Callable[[Store, Store, Filters], Any]
"""What is compared of an earlier and a later snapshot, for a selection."""


def comparing(what: str, compare: Comparison, earlier: Store, filters: Filters) -> Future[Any]:
    """A comparison of an earlier snapshot with the current one, by its name: made beside the pages, once for all."""
    store = current_store()
    asked = (store, earlier, compare, store.name, earlier.name, what, filters)
    future = _comparing(*asked)
    if future.done() and future.exception():
        _comparing.clear(*asked)  # whoever looks next tries again
    return future


@st.cache_resource(max_entries=200, show_spinner=False)
def _comparing(
    _store: Store, _earlier: Store, _compare: Comparison, snapshot: str, earlier: str, what: str, filters: Filters
) -> Future[Any]:
    return _begun(lambda: _compare(_earlier, _store, filters))


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
    return {one.code: one.label for one in catalogue()}


def catalogue() -> tuple[TreatmentType, ...]:
    """The treatment types of the current snapshot."""
    store = current_store()
    return _catalogue(store, store.name)


@st.cache_data(max_entries=SCOPES, show_spinner=False)
def _catalogue(_store: Store, snapshot: str) -> tuple[TreatmentType, ...]:
    return _store.treatment_types


def expected_interval(treatment_type: str) -> tuple[int, int] | None:
    """The first and the last day of the interval that the catalogue expects for a type; None where it says nothing."""
    one = next((each for each in catalogue() if each.code == treatment_type), None)
    if one is None or one.expected_interval_low_days is None or one.expected_interval_high_days is None:
        return None
    return one.expected_interval_low_days, one.expected_interval_high_days


def look() -> Look:
    """The colours of the theme that is on, with the treatment types of the current snapshot."""
    return (DARK if st.context.theme.type == "dark" else LIGHT).of_types(
        treatment_types(), {one.code: one.colour for one in catalogue() if one.colour}
    )


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
    store = current_records_store()
    return _records(store, store.name, table, filters, limit, horizon_days, search)


@st.cache_data(max_entries=50, show_spinner=False)
def _records(
    _store: Store, snapshot: str, table: str, filters: Filters, limit: int, horizon_days: int, search: str
) -> pd.DataFrame:
    return _store.records(table, filters, limit, horizon_days, search)


def record_count(table: str, filters: Filters, horizon_days: int = HORIZON_DAYS) -> int:
    """How many records of a table belong to the cohort."""
    store = current_records_store()
    return _record_count(store, store.name, table, filters, horizon_days)


@st.cache_data(max_entries=500, show_spinner=False)
def _record_count(_store: Store, snapshot: str, table: str, filters: Filters, horizon_days: int) -> int:
    return _store.record_count(table, filters, horizon_days)


def recall_counts(filters: Filters, horizon_days: int) -> pd.DataFrame:
    """How many stand on the recall list, per status and basis."""
    store = current_records_store()
    return _recall_counts(store, store.name, filters, horizon_days)


@st.cache_data(max_entries=500, show_spinner=False)
def _recall_counts(_store: Store, snapshot: str, filters: Filters, horizon_days: int) -> pd.DataFrame:
    return _store.recall_counts(filters, horizon_days)


def patients_found(search: str) -> list[str]:
    """The first ids that hold this text; see Store.patients_found."""
    store = current_records_store()
    return _patients_found(store, store.name, search)


@st.cache_data(max_entries=200, show_spinner=False)
def _patients_found(_store: Store, snapshot: str, search: str) -> list[str]:
    return _store.patients_found(search)


def pseudonym(patient_id: str) -> str:
    """What stands for a patient in an address and in the audit log.

    "" where the installation has no key and none can be made; raises ImportRefused then where it has to be noted who is
    looked at.
    """
    try:
        return current_records_store().pseudonym(patient_id)
    except ImportRefused:
        if viewer().subject:
            raise
        return ""


def patient(patient_id: str) -> Patient:
    """Everything that is recorded of one person, whatever the filters."""
    store = current_records_store()
    overview, timeline, intervals = (_patient_table(store, store.name, name, patient_id) for name in OF_ONE_PATIENT)
    of_types = measure("maintenance_summary", Filters(), ("treatment_type",))
    return Patient(overview, timeline, intervals, of_types, store.as_of, records_scope())


@st.cache_data(max_entries=60, show_spinner=False)
def _patient_table(_store: Store, snapshot: str, table: str, patient_id: str) -> pd.DataFrame:
    return _store.records(table, patient_id=patient_id)


def account(name: str, import_no: int | None = None) -> pd.DataFrame:
    """What became of the imported rows; see Store.account."""
    store = accounts_store()
    return _account(store, store.name, name, import_no)


@st.cache_data(max_entries=100, show_spinner=False)
def _account(_store: Store, snapshot: str, name: str, import_no: int | None) -> pd.DataFrame:
    return _store.account(name, import_no)
