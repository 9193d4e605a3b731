"""The current snapshot and its answers, remembered until the snapshot changes."""

from __future__ import annotations

import atexit
import datetime
import gc
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future, wait
from contextvars import ContextVar
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboard import stopping
from dashboard.access import in_place_of, may_import, smallest_told, somebody, viewer
from dashboard.changes import Signals, compare_figures, compare_signals
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
    current_snapshot,
    default_snapshot,
    open_kept,
    open_snapshot,
    options_of,
    snapshot_path,
    unusual,
)
from dashboard.ui.remembering import Remembered, made_of
from dashboard.ui.waiting import Tasks, wait_for, waited_for
from data import Generation, ImportRefused, KeptSnapshot, TreatmentType, current, extract_beside, is_extracted
from data.generations import number_of, published

Made = TypeVar("Made")
_STORE = "store"
_SHOWN: ContextVar[Store | None] = ContextVar("shown", default=None)
SCOPES = 32
"""So many stores are open at a time, one for each scope that somebody who looks has; each takes few megabytes."""
AT_ONCE = 0.1
"""Seconds for which pages wait for limits, after they were first asked for, before they are drawn without them."""
LARGE, AFTER = 5_000, 1.0
"""From so many treatment records on nobody waits, and limits are begun so many seconds later: the page comes first."""
_SOON, _LATER, _EXTRACTS = Tasks(at_once=4), Tasks(at_once=2), Tasks(at_once=2)
_NEWEST: dict[Path, str] = {}
"""The snapshot of each place that was opened last."""


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
        st.session_state[_STORE] = _store(place, current_snapshot(place), figures_scope(), smallest_told())
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
    return _store(place, current_store().snapshot, figures_scope(), suppress_below())


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


def _store(place: Path, generation: Generation, scope: Scope, suppress_below: int) -> Store:
    """The snapshot that is current, opened; what came before it is let go of, but for pages that show it still."""
    _prepared(generation, scope)
    if _NEWEST.get(place, generation.name) != generation.name:
        for stores in (_opened, _kept, _cut, _changes):
            stores.clear()
    _NEWEST[place] = generation.name
    return _opened(str(place), generation.name, scope, suppress_below)


@st.cache_resource(max_entries=SCOPES, show_spinner="Opening the data ...")
def _opened(place: str, name: str, scope: Scope, suppress_below: int) -> Store:
    store = open_snapshot(Path(place), suppress_below, scope=scope)
    _freeze()
    return store


@cache
def _freeze() -> None:
    """What the program is made of is not looked through again whenever garbage is collected."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)


def _prepared(generation: Generation, scope: Scope) -> None:
    """Waits until the extract of a scope is there: a process of its own makes it, for all who wait for it."""
    if is_extracted(generation, scope):
        return
    with st.spinner("Preparing the records that you may see ...", show_time=True):
        while not is_extracted(generation, scope):
            made = _EXTRACTS.ask((generation.sha256, scope), partial(extract_beside, generation, scope, stopping.by))
            if wait_for(made):
                made.result()


def measure(name: str, filters: Filters, by: tuple[str, ...] = (), **options: Any) -> pd.DataFrame:
    """The figures of a measure in the current snapshot; see Store.measure."""
    store = current_store()
    return _measure(store, name, filters, by, _told_apart(name, options))


def arriving(name: str, filters: Filters, by: tuple[str, ...] = (), **options: Any) -> tuple[pd.DataFrame, bool]:
    """The figures of a measure, and whether limits are still to come: until they are there, figures without them.

    Limits that take long are estimated beside the pages, once for everybody who looks at the same snapshot.
    """
    if "limits" not in options_of(name):
        return measure(name, filters, by, **options), False
    store = current_store()
    asked = (name, filters, by, _told_apart(name, options))
    limited = _measure.known(store, *asked)
    if limited is not None:
        return limited, False
    is_large = not cohort_size(filters)[0] < LARGE
    estimated = partial(_measure, store, *asked)
    if is_large:
        future = _LATER.ask((store.name, *asked), estimated, AFTER)
    else:
        future = _SOON.ask((store.name, *asked), estimated)
        wait([future], timeout=AT_ONCE)
    if future.done() and not future.cancelled():
        return future.result(), False
    return measure(name, filters, by, limits="none", **options), True


def _told_apart(name: str, options: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """The options by which answers are told apart: those that stand there by themselves make no other one."""
    return tuple(sorted(unusual(name, options).items()))


@Remembered
def _measure(
    store: Store, name: str, filters: Filters, by: tuple[str, ...], options: tuple[tuple[str, Any], ...]
) -> pd.DataFrame:
    return store.measure(name, filters, by, **dict(options))


def kept_store(kept: KeptSnapshot) -> Store:
    """A snapshot that is kept, opened; raises data.ImportRefused where it is gone meanwhile, or damaged."""
    if file := next((file for file in published(pointer()) if number_of(file) == kept.number), None):
        _prepared(current(file), figures_scope())
    return _kept(str(pointer()), kept.number, kept.imported_at, figures_scope(), smallest_told())


@st.cache_resource(max_entries=SCOPES, show_spinner="Opening the earlier data ...")
def _kept(place: str, number: int, imported_at: datetime.datetime | None, scope: Scope, suppress_below: int) -> Store:
    return open_kept(Path(place), number, suppress_below, scope)


def _of_records(store: Store) -> Store:
    """The snapshot of a store of figures, cut to single records."""
    scope = records_scope()
    if store.suppress_below or scope == figures_scope():
        return store
    _prepared(store.snapshot, scope)
    return _cut(store, store.snapshot.name, scope)


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
    return waited_for(partial(_store.since, _earlier))


def change_counts(earlier: Store, name: str, of_records: bool = False) -> pd.DataFrame:
    """What of a kind differs, counted; see Changes.counts."""
    compared = changes(earlier, of_records)
    return _change_counts(compared, name)


@Remembered
def _change_counts(changes: Changes, name: str) -> pd.DataFrame:
    return changes.counts(name)


def comparing(what: str, earlier: Store, filters: Filters) -> Future[Any]:
    """What an earlier snapshot and the current one have of a selection: "signals", or the figures of a measure.

    It is compared beside the pages, once for everybody who looks at the same.
    """
    both = _Both(earlier, current_store())
    known = _compared.known(both, what, filters)
    if known is None:
        return _LATER.ask((both.name, what, filters), partial(_compared, both, what, filters))
    future: Future[Any] = Future()
    future.set_result(known)
    return future


class _Both:
    """An earlier and a later snapshot."""

    def __init__(self, earlier: Store, later: Store) -> None:
        self.snapshots = earlier, later
        self.name = f"{earlier.name} {later.name}"


@Remembered
def _compared(both: _Both, what: str, filters: Filters) -> Signals | pd.DataFrame:
    if what == "signals":
        return compare_signals(*both.snapshots, filters)
    return compare_figures(what, *both.snapshots, filters)


def cohort_size(filters: Filters) -> tuple[int, int]:
    """How many treatment records the filters leave, and how many there are."""
    store = current_store()
    return _cohort_size(store, filters)


@Remembered
def _cohort_size(store: Store, filters: Filters) -> tuple[int, int]:
    return store.cohort_size(filters)


def patients_of_courses(filters: Filters) -> int:
    """How many patients have the courses that the filters leave."""
    store = current_store()
    return _patients_of_courses(store, filters)


@Remembered
def _patients_of_courses(store: Store, filters: Filters) -> int:
    return store.patients_of_courses(filters)


def values(column: str) -> list[str]:
    """The values of a filter's column that occur, the most frequent first."""
    store = current_store()
    return _values(store, column)


@Remembered
def _values(store: Store, column: str) -> list[str]:
    return [value for value, _ in store.values(column)]


def treatment_types() -> dict[str, str]:
    """Code to label of every treatment type, the catalogue's order first."""
    return {one.code: one.label for one in catalogue()}


def catalogue() -> tuple[TreatmentType, ...]:
    """The treatment types of the current snapshot."""
    store = current_store()
    return _catalogue(store)


@Remembered
def _catalogue(store: Store) -> tuple[TreatmentType, ...]:
    return store.treatment_types


def expected_interval(treatment_type: str) -> tuple[int, int] | None:
    """The first and the last day of the interval that the catalogue expects for a type; None where it says nothing."""
    one = next((each for each in catalogue() if each.code == treatment_type), None)
    if one is None or one.expected_interval_low_days is None or one.expected_interval_high_days is None:
        return None
    return one.expected_interval_low_days, one.expected_interval_high_days


def theme() -> str:
    """The theme that is on: "light" or "dark"."""
    return st.context.theme.type or "light"


def look() -> Look:
    """The colours of the theme that is on, with the treatment types of the current snapshot."""
    return _look(theme() == "dark", catalogue())


@lru_cache
def _look(is_dark: bool, types: tuple[TreatmentType, ...]) -> Look:
    return (DARK if is_dark else LIGHT).of_types(
        {one.code: one.label for one in types}, {one.code: one.colour for one in types if one.colour}
    )


def looking(what: Hashable, make: Callable[[], Made]) -> Made:
    """What `make` makes of answers and colours, such as a chart; remembered by `what` it is, and not to be changed."""
    return made_of(current_store(), (theme(), what), make)


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
    """The values of a group with at least one selected side effect, those with the most first."""
    if column == "effect":
        counts = measure("side_effect_rates", filters).rename(columns={"affected": "side_effects"})
        counts = counts[counts["effect"] != "any"]
    else:
        # Less work than the rates, as nobody has to be counted who has none.
        counts = measure("time_to_resolution_summary", filters, (column,), limits="none")
    counts = counts[counts["side_effects"] > 0].sort_values("side_effects", ascending=False, kind="stable")
    return list(counts[column].astype(str))


def records(
    table: str, filters: Filters, limit: int, horizon_days: int = HORIZON_DAYS, search: str = ""
) -> pd.DataFrame:
    """The first records of a table that belong to the cohort; see Store.records."""
    store = current_records_store()
    return _records(store, table, filters, limit, horizon_days, search)


@Remembered
def _records(store: Store, table: str, filters: Filters, limit: int, horizon_days: int, search: str) -> pd.DataFrame:
    return store.records(table, filters, limit, horizon_days, search)


def record_count(table: str, filters: Filters, horizon_days: int = HORIZON_DAYS) -> int:
    """How many records of a table belong to the cohort."""
    store = current_records_store()
    return _record_count(store, table, filters, horizon_days)


@Remembered
def _record_count(store: Store, table: str, filters: Filters, horizon_days: int) -> int:
    return store.record_count(table, filters, horizon_days)


def recall_list(filters: Filters, limit: int, horizon_days: int, search: str) -> pa.Table:
    """The first of the recall list, its treatment types in words."""
    store = current_records_store()
    return _recall_list(store, filters, limit, horizon_days, search)


@Remembered
def _recall_list(store: Store, filters: Filters, limit: int, horizon_days: int, search: str) -> pa.Table:
    listed = store.records_reader("recall_list", filters, limit, horizon_days, search).read_all()
    name = _look(False, store.treatment_types).name
    of_types = [name("treatment_type", str(code)) for code in listed["treatment_type"].to_pylist()]
    place = listed.column_names.index("treatment_type")
    return listed.set_column(place, "treatment_type", pa.array(of_types, pa.string()))


def recall_counts(filters: Filters, horizon_days: int) -> pd.DataFrame:
    """How many stand on the recall list, per status and basis."""
    store = current_records_store()
    return _recall_counts(store, filters, horizon_days)


@Remembered
def _recall_counts(store: Store, filters: Filters, horizon_days: int) -> pd.DataFrame:
    return store.recall_counts(filters, horizon_days)


def patients_found(search: str) -> list[str]:
    """The first ids that hold this text; see Store.patients_found."""
    store = current_records_store()
    return _patients_found(store, search)


@Remembered
def _patients_found(store: Store, search: str) -> list[str]:
    return store.patients_found(search)


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
    overview, timeline, intervals = (_patient_table(store, name, patient_id) for name in OF_ONE_PATIENT)
    of_types = measure("maintenance_summary", Filters(), ("treatment_type",))
    return Patient(overview, timeline, intervals, of_types, store.as_of, records_scope())


@Remembered
def _patient_table(store: Store, table: str, patient_id: str) -> pd.DataFrame:
    return store.records(table, patient_id=patient_id)


def account(name: str, import_no: int | None = None) -> pd.DataFrame:
    """What became of the imported rows; see Store.account."""
    store = accounts_store()
    return _account(store, name, import_no)


@Remembered
def _account(store: Store, name: str, import_no: int | None) -> pd.DataFrame:
    return store.account(name, import_no)
