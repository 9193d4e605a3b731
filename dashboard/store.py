"""A snapshot, opened read-only: its measures, its records, and what there is to choose from."""

from __future__ import annotations

import datetime
import math
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Literal

import duckdb
import pandas as pd
import pyarrow as pa

import data
import queries
from dashboard import figures, privacy
from dashboard.filters import RECORD_FILTERS, VALUE_FILTERS, FilterError, Filters
from dashboard.measures import ESTIMATES, OF_FIGURES, OF_RESOLUTION_CURVES, OF_RETURN_CURVES
from dashboard.measures.comparison import groups_in_words
from dashboard.measures.maintenance import ReturnCurves, return_curves
from dashboard.measures.resolution import Limits, ResolutionCurves, resolution_curves
from data import catalogue
from data.contract import TABLES
from data.generations import number_of, published
from queries import Definition

Unit = Literal["session", "record", "patient"]
Clock = Literal["onset", "treatment"]
UNITS: tuple[Unit, ...] = ("session", "record", "patient")
CLOCKS: tuple[Clock, ...] = ("onset", "treatment")

MEASURES = queries.names("measures")
CHANGES = ("record_changes", "changed_records", "edited_columns", "edits", "recording", "account_changes")
OF_ONE_PATIENT = ("patient_overview", "patient_timeline", "patient_intervals")
RECORDS = (
    "treatments",
    "follow_ups",
    "side_effects",
    "patients",
    "recall_list",
    "lot_exposed",
    *OF_ONE_PATIENT,
    "rejects",
    "import_warnings",
    "imports",
)
LISTS = ("changed_records", "edits")
"""Those of CHANGES that list single records."""
COMPARED = (*TABLES, "treatment_types")
"""The tables whose records two snapshots are compared by."""

SNAPSHOT_VARIABLE = "OUTCOMES_SNAPSHOT"
DEFAULT_SNAPSHOT = Path(".outcomes") / "snapshot.json"
BATCH_ROWS = 50_000
MOST_FOUND = 50
MOST_CURVES = 200
OF_CURVES = {"clock", "limits"}
OF_COMPARISONS = {
    "time_to_resolution_summary": {"strata"},
    "comparison": {"strata", "reference"},
    "baseline_balance": {"reference"},
}
FIRST_LOOK = ("session", None, "onset", 0.95)
FEW_RECORDS = 2_000_000
HORIZON_DAYS = 30
SAMPLE = Path(data.__file__).parent / "sample"

# No file, no network, no extension, and no way back, for whatever this connection is asked.
_HARDENING = (
    "set enable_external_access = false",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set python_enable_replacements = false",
    "set lock_configuration = true",
)
_CONTRACT = ("treatments", "follow_ups", "side_effects", "patients")
# What snapshots of this version did not have from the beginning.
_ADDED = {
    "imports": " union all by name (select null::varchar as shape where false)",
    "treatment_types": " union all by name (select null::varchar as colour where false)",
}
_ACCOUNTS = ("figures", "rejects", "imports", "import_warnings", "treatment_types", "snapshot")


def snapshot_path() -> Path:
    """Where the snapshot is when nobody says: OUTCOMES_SNAPSHOT, else `.outcomes/snapshot.json` where one works."""
    return Path(os.environ.get(SNAPSHOT_VARIABLE) or DEFAULT_SNAPSHOT)


def default_snapshot(
    path: Path | None = None, progress: Callable[[str, int, int], None] | None = None
) -> tuple[Path, bool]:
    """The place of the snapshot, and whether it had to be built from the bundled sample because none was there.

    Raises data.ImportRefused where it cannot be built.
    """
    place = path or snapshot_path()
    if place.exists():
        return place, False
    data.import_exports([SAMPLE], into=place, progress=progress, figures=first_look)
    return place, True


def open_snapshot(path: Path | str | None = None, suppress_below: int | None = None) -> Store:
    """The current snapshot behind that pointer (or snapshot file), checked against its SHA-256.

    `suppress_below` is the smallest count that is told; where it is None, OUTCOMES_SUPPRESS_BELOW says so, else 0.
    Raises data.ImportRefused where there is no snapshot, or where it is damaged or of another version.
    """
    place = Path(path) if path else snapshot_path()
    k = privacy.suppress_below() if suppress_below is None else suppress_below
    while True:
        generation = data.current(place)
        try:
            return SuppressedStore(generation, k) if k > 1 else Store(generation)
        except duckdb.IOException:
            # A snapshot that later imports have removed in the meantime: the pointer names a newer one.
            if generation.path.exists():
                raise


def earlier_snapshots(pointer: Path) -> list[data.KeptSnapshot]:
    """The snapshots behind a pointer that were imported before the current one and can be opened, the newest first."""
    try:
        kept = data.snapshots(pointer)
    except data.ImportRefused:
        # A snapshot file that is opened by itself has none beside it.
        return []
    current = next((one.number for one in kept if one.is_current), 0)
    return [one for one in kept if one.number < current and one.imported_at and not one.problem]


def open_kept(pointer: Path, number: int, suppress_below: int | None = None) -> Store:
    """The snapshot of that number behind a pointer, opened like the current one (`open_snapshot`).

    Raises data.ImportRefused where it is not kept any more, or is damaged.
    """
    file = next((file for file in published(pointer) if number_of(file) == number), None)
    if not file:
        raise data.ImportRefused(f"Snapshot {number} is not kept any more. Choose another one.")
    return open_snapshot(file, suppress_below)


class Store:
    """One snapshot. Every answer comes from a cursor of its own, so threads may share a store.

    `is_up_to_date` where the snapshot holds all that is derived now, and was not made by an earlier version.
    """

    def __init__(self, generation: data.Generation, memory: int | None = None) -> None:
        self.name = generation.name
        self.generation = generation
        self.suppress_below = 0
        self._connection = duckdb.connect(":memory:")
        place = str(generation.path).replace("'", "''")
        self._connection.execute(f"attach '{place}' as snapshot_file (read_only)")
        there = self._tables()
        self.is_up_to_date = there >= set(queries.MODEL)
        for table in (*_CONTRACT, *_ACCOUNTS, *queries.MODEL):
            # What of the model snapshots did not have from the beginning is derived whenever it is asked.
            select = f"from snapshot_file.{table}" if table in there else f"({queries.read(f'model/{table}')})"
            self._connection.execute(f"create view {table} as {select}{_ADDED.get(table, '')}")
        for macro in queries.MACROS:
            self._connection.execute(f"create macro {macro}(filters) as table ({queries.read(macro)})")
        if memory:
            self._connection.execute(f"set memory_limit = '{memory}B'")
        for setting in _HARDENING:
            self._connection.execute(setting)
        about = self._rows("select as_of, created_at, is_synthetic from snapshot")[0]
        self.as_of: datetime.date = about[0]
        self.created_at: datetime.datetime = about[1]
        self.is_synthetic: bool = about[2]
        stored = self._rows(
            "select measure, groups, content from figures where fingerprint = $fingerprint",
            {"fingerprint": figures.fingerprint()},
        )
        self._stored: dict[tuple[str, str], bytes] = {(measure, by): content for measure, by, content in stored}
        self._curves: dict[tuple[Any, ...], ResolutionCurves] = {}
        self._return_curves: dict[tuple[Any, ...], ReturnCurves] = {}
        self._resampling = threading.Lock()

    def measure(
        self,
        name: str,
        filters: Filters | None = None,
        by: Sequence[str] = ("treatment_type",),
        unit: Unit = "session",
        window_days: int | None = None,
        clock: Clock = "onset",
        level: float = 0.95,
        limits: Limits = "clustered",
        strata: Sequence[str] = (),
        reference: str | None = None,
    ) -> pd.DataFrame:
        """The figures of a measure: first the columns of `by`, then those its definition names, a row per group.

        `limits` are those of resolution curves: clustered by patient, which may take seconds; greenwood, empty where a
        curve is Turnbull's; or none. Within `strata`, more groups, those of `by` are compared with each other;
        `reference` is the one that others are compared with, None being the largest (of crossed groups their values,
        with ", " between them). `by` may be empty: then there is one group and no column for it. A group of '' was not
        recorded. Options that a measure does not know are left alone. Raises FilterError for a group that the measure
        cannot be shown by, and for a reference that is none of the groups.
        """
        possible = queries.groups_of(name)
        of_comparison = OF_COMPARISONS.get(name, set())
        strata = tuple(strata) if "strata" in of_comparison else ()
        impossible = [group for group in (*by, *strata) if group not in possible]
        if twice := set(by) & set(strata):
            raise FilterError(f"groups cannot be compared within strata of the same: {', '.join(sorted(twice))}")
        if impossible:
            raise FilterError(f"{name} cannot be shown by {', '.join(impossible)}; it can by: {', '.join(possible)}")
        filters = filters or Filters()
        is_first_look = filters.is_empty and (unit, window_days, clock, level, *strata) == FIRST_LOOK
        is_first_look &= (limits == "none" or name not in OF_RESOLUTION_CURVES) and reference is None
        stored = self._stored.get((name, ",".join(by))) if is_first_look else None
        if stored:
            return figures.from_blob(stored)
        sql = queries.measure(name, by, strata)
        given = {"filters": filters.to_sql(), "unit": unit, "window_days": window_days, "clock": clock}
        counts = partial(self._frame, sql, {key: value for key, value in given.items() if f"${key}" in sql})
        chosen: dict[str, Any] = {"strata": strata, "reference": reference}
        more = {
            option: value for option, value in chosen.items() if option in of_comparison and value not in (None, ())
        }
        if name in OF_RESOLUTION_CURVES:
            curves = self._resolution_curves(filters, tuple(by), clock, level, limits)
            estimates = OF_RESOLUTION_CURVES[name](curves, by, counts, **more)
        elif name in OF_RETURN_CURVES:
            estimates = OF_RETURN_CURVES[name](self._curves_of_return(filters, tuple(by), level), by)
        elif name in OF_FIGURES:
            beside, parts = OF_FIGURES[name]
            estimates = beside(*(self.measure(part, filters, by, unit, window_days, level=level) for part in parts), by)
        else:
            rows = counts()
            if "reference" in more and len(rows) and reference not in (found := groups_in_words(rows, by)):
                raise FilterError(f"the reference {reference!r} is none of the groups; there are: {found}")
            estimates = ESTIMATES[name](rows, tuple(by), level, **more)
        texts = (*by, "effect", "outcome", "scale", "month")
        return estimates.astype({column: "str" for column in texts if column in estimates})

    def _resolution_curves(
        self, filters: Filters, by: tuple[str, ...], clock: Clock, level: float, limits: Limits
    ) -> ResolutionCurves:
        """The curves that several measures read, remembered; only one selection is resampled at a time."""
        asked = (filters, by, clock, level, limits)
        with self._resampling if limits == "clustered" else nullcontext():
            if asked not in self._curves:
                parameters = {"filters": filters.to_sql(), "clock": clock}
                counts = self._frame(queries.measure("time_to_resolution", by), parameters)
                rows = queries.observations("resolution_observations", by)
                observations = self._frame(rows, parameters) if limits == "clustered" else None
                self._curves[asked] = resolution_curves(counts, observations, by, level, limits)
                if len(self._curves) > MOST_CURVES:
                    del self._curves[next(iter(self._curves))]
            return self._curves[asked]

    def _curves_of_return(self, filters: Filters, by: tuple[str, ...], level: float) -> ReturnCurves:
        """The curves that both measures of maintenance intervals read, remembered."""
        asked = (filters, by, level)
        curves = self._return_curves.get(asked)
        if curves is None:
            counts = self._frame(queries.measure("maintenance_intervals", by), {"filters": filters.to_sql()})
            curves = self._return_curves[asked] = return_curves(counts, by, level)
            if len(self._return_curves) > MOST_CURVES:
                self._return_curves.pop(next(iter(self._return_curves)), None)
        return curves

    def records(
        self,
        table: str,
        filters: Filters | None = None,
        limit: int | None = None,
        horizon_days: int = HORIZON_DAYS,
        search: str = "",
        patient_id: str | None = None,
    ) -> pd.DataFrame:
        """The records of a table that belong to the cohort, in the contract's columns, at most `limit` of them.

        The recall list has those who are due within `horizon_days`, or overdue. `search` keeps the rows that have this
        text in a cell, whatever the capitals. The tables of one patient are those of `patient_id`; raises FilterError
        where that is left out, or nobody's.
        """
        reader = self.records_reader(table, filters, limit, horizon_days, search, patient_id)
        frame: pd.DataFrame = reader.read_all().to_pandas()
        return frame

    def records_reader(
        self,
        table: str,
        filters: Filters | None = None,
        limit: int | None = None,
        horizon_days: int = HORIZON_DAYS,
        search: str = "",
        patient_id: str | None = None,
    ) -> pa.RecordBatchReader:
        """The same records as Arrow batches, with their types kept (dates, whole numbers, empty values)."""
        sql = _records_sql(table)
        if table in OF_ONE_PATIENT:
            if patient_id is None:
                raise FilterError(f"{table} is of one patient: say of whom, by the patient_id")
            if not self._is_known(patient_id):
                raise FilterError(f"there is no patient {patient_id!r}")
        if search:
            sql = f"from ({sql}) where contains(lower(concat_ws(chr(10), *columns(*))), lower($search))"
        if limit is not None:
            sql = f"from ({sql}) limit {int(limit)}"
        parameters = _parameters(sql, filters, horizon_days, search, patient_id)
        return self._connection.cursor().sql(sql, params=parameters).to_arrow_reader(BATCH_ROWS)

    def record_count(
        self, table: str, filters: Filters | None = None, horizon_days: int = HORIZON_DAYS
    ) -> tuple[int, int]:
        """How many records of a table belong to the cohort, and how many there are without any filter."""
        select = f"select count(*) from ({_records_sql(table)})"

        def counted(chosen: Filters | None) -> int:
            return int(self._rows(select, _parameters(select, chosen, horizon_days))[0][0])

        return counted(filters), counted(None)

    def patients_found(self, search: str = "", most: int = MOST_FOUND) -> list[str]:
        """The ids that hold this text, whatever the capitals, at most so many: itself first, then what begins so."""
        found = """
            with ids as (select patient_id from sessions union select patient_id from patients)
            select patient_id
            from ids
            where contains(lower(patient_id), lower($search))
            order by patient_id <> $search, not starts_with(lower(patient_id), lower($search)), patient_id
            limit $most
        """
        return [patient_id for (patient_id,) in self._rows(found, {"search": search, "most": most})]

    def _is_known(self, patient_id: str) -> bool:
        known = "select patient_id from sessions union all select patient_id from patients"
        return bool(self._rows(f"from ({known}) where patient_id = $id limit 1", {"id": patient_id}))

    def recall_counts(self, filters: Filters | None = None, horizon_days: int = HORIZON_DAYS) -> pd.DataFrame:
        """How many stand on the recall list (`listed`), per `status` and `basis`."""
        counted = f"select status, basis, count(*) as listed from ({_records_sql('recall_list')}) group by all"
        return self._frame(f"{counted} order by all", _parameters(counted, filters, horizon_days))

    def account(self, name: str, import_no: int | None = None) -> pd.DataFrame:
        """What became of the imported rows, counted as `queries/account/<name>.sql` says; of one import, or of all."""
        sql = queries.read(f"account/{name}")
        return self._frame(sql, {"import_no": import_no} if "$import_no" in sql else None)

    def rejects_to_mend(self, import_no: int, file: str) -> tuple[str, bytes]:
        """The rejected rows of a file as a file of its own shape, with its name; KeyError where there is none."""
        shapes = {(number, name): shape for number, name, shape in self._rows(queries.read("account/files_to_mend"))}
        shape = shapes[import_no, file]
        rejected = self._rows(queries.read("account/rejects_of_file"), {"import_no": import_no, "file": file})
        return data.mendable_name(file, import_no, shape), data.mendable(shape, rejected)

    def cohort_size(self, filters: Filters | None = None) -> tuple[int, int]:
        """How many treatment records the filters leave, and how many there are."""
        filters_only = {"filters": (filters or Filters()).to_sql()}
        selected = self._rows("select count(*) from cohort($filters)", filters_only)[0][0]
        return selected, self._rows("select count(*) from treatment_records")[0][0]

    def values(self, column: str) -> list[tuple[str, int]]:
        """The values of a filter's column with the number of their records, the most frequent first.

        Raises FilterError for a column that is no filter.
        """
        if column not in VALUE_FILTERS:
            raise FilterError(f"there is no column {column!r} to select by; there are: {', '.join(VALUE_FILTERS)}")
        table = "treatment_records" if column in RECORD_FILTERS else "side_effect_observations"
        sql = f"select {column}::varchar as value, count(*) from {table} group by 1 order by 2 desc, 1"
        return [(value, count) for value, count in self._rows(sql)]

    def check(self, filters: Filters) -> None:
        """Nothing, where every value that the filters name occurs; else FilterError, which lists what there is."""
        for column in VALUE_FILTERS:
            chosen = getattr(filters, column)
            if not chosen:
                continue
            known = [value for value, _ in self.values(column)]
            for value in chosen:
                if value not in known:
                    listed = ", ".join(repr(text) if text else "'' (not recorded)" for text in known[:40])
                    more = f" and {len(known) - 40} more" if len(known) > 40 else ""
                    raise FilterError(f"{column} {value!r} occurs nowhere; there are: {listed}{more}")

    def since(self, earlier: Store) -> Changes:
        """What differs in the records since an earlier snapshot."""
        return Changes(earlier.generation, self.generation)

    def close(self) -> None:
        """Lets go of the snapshot's file; a store that others still ask is better dropped than closed."""
        self._connection.close()

    @property
    def period(self) -> tuple[datetime.date, datetime.date] | None:
        """The first and the last day of treatment, or None where there is no record."""
        first, last = self._rows("select min(treated_on), max(treated_on) from treatment_records")[0]
        return (first, last) if first else None

    @property
    def treatment_types(self) -> tuple[data.TreatmentType, ...]:
        """The catalogue that the snapshot was derived by, with the types that it did not know at its end."""
        return tuple(data.TreatmentType(*row) for row in self._rows("from treatment_types"))

    def _tables(self) -> set[str]:
        """The tables of the snapshot's file, but one of treatment records that lacks an attribute of later versions."""
        columns = self._rows(
            "select table_name, column_name from duckdb_columns() where database_name = 'snapshot_file'"
        )
        attributes = {column for table, column in columns if table == "treatment_records"}
        older = set() if attributes >= set(queries.ATTRIBUTES) else {"treatment_records"}
        return {table for table, _ in columns} - older

    def _rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        return self._connection.cursor().execute(sql, parameters).fetchall()

    def _frame(self, sql: str, parameters: Mapping[str, object] | None = None) -> pd.DataFrame:
        return self._connection.cursor().execute(sql, parameters).df()


class SuppressedStore(Store):
    """A store that tells no small number (dashboard/privacy.py) and no record: what leaves it may be seen by others."""

    def __init__(self, generation: data.Generation, k: int) -> None:
        super().__init__(generation)
        self.suppress_below = k

    def measure(  # type: ignore[override]
        self,
        name: str,
        filters: Filters | None = None,
        by: Sequence[str] = ("treatment_type",),
        **options: Any,
    ) -> pd.DataFrame:
        """The figures of a measure, with small numbers and what would give them away empty, and so marked.

        Raises privacy.Withheld for a measure of single patients, and for crossed groups.
        """
        privacy.check(name, by)
        k, level = self.suppress_below, options.get("level", 0.95)

        def told(measure: str, **changed: Any) -> pd.DataFrame:
            return super(SuppressedStore, self).measure(measure, filters, **{"by": by, **options, **changed})

        if name in privacy.CURVES:
            summary = privacy.CURVES[name].summary
            total = told(summary, by=())
            return privacy.suppressed_curve(
                name, told(name), privacy.suppressed(summary, told(summary), total, by, k), by, k
            )
        if curve := privacy.curve_of(name):
            return privacy.suppressed_summary(name, told(name), told(name, by=()), told(curve), by, k)
        patients = None
        if "unit" in options_of(name) and options.get("unit") != "patient":
            patients = told(name, unit="patient"), told(name, unit="patient", by=())
        return privacy.suppressed(name, told(name), told(name, by=()), by, k, patients, level)

    def cohort_size(self, filters: Filters | None = None) -> tuple[float, int]:  # type: ignore[override]
        """How many treatment records the filters leave, nan where they or the others are few, and of how many."""
        selected, of = super().cohort_size(filters)
        is_told = all(not 0 < few < self.suppress_below for few in (selected, of - selected))
        return selected if is_told else math.nan, of

    def records_reader(self, table: str, *_: Any, **__: Any) -> pa.RecordBatchReader:
        """Raises privacy.Withheld: records are of single patients."""
        raise privacy.Withheld(f"{table} are records of single patients, withheld while small numbers are suppressed")

    def record_count(self, table: str, *_: Any, **__: Any) -> tuple[int, int]:
        """Raises privacy.Withheld, as `records_reader` does."""
        raise privacy.Withheld(f"{table} are records of single patients, withheld while small numbers are suppressed")

    def recall_counts(self, *_: Any, **__: Any) -> pd.DataFrame:
        """Raises privacy.Withheld, as `records_reader` does."""
        raise privacy.Withheld(
            "the recall list names single patients, and is withheld while small numbers are suppressed"
        )

    def patients_found(self, *_: Any, **__: Any) -> list[str]:
        """Raises privacy.Withheld, as `records_reader` does."""
        raise privacy.Withheld("who the patients are is withheld while small numbers are suppressed")

    def rejects_to_mend(self, import_no: int, file: str) -> tuple[str, bytes]:
        """Raises privacy.Withheld, as `records_reader` does."""
        raise privacy.Withheld("rejected rows are withheld while small numbers are suppressed")

    def since(self, earlier: Store) -> Changes:
        """Raises privacy.Withheld: the difference of two snapshots may be that of a single patient."""
        raise privacy.Withheld(
            "what changed between two snapshots may be of a single patient, and is withheld while small numbers are "
            "suppressed"
        )


class Changes:
    """Two snapshots side by side, and what differs in their records. Every answer comes from a cursor of its own."""

    def __init__(self, earlier: data.Generation, later: data.Generation) -> None:
        self._connection = duckdb.connect(":memory:")
        for name, generation in (("earlier", earlier), ("later", later)):
            place = str(generation.path).replace("'", "''")
            self._connection.execute(f"attach '{place}' as {name} (read_only)")
        for table in COMPARED:
            compared = queries.changes("compared", _identifiers(table))
            self._connection.execute(f"create table compared_{table} as {compared}")
        for setting in _HARDENING:
            self._connection.execute(setting)

    def counts(self, name: str) -> pd.DataFrame:
        """What `queries/changes/<name>.sql` counts, of every table (`table`, then the columns of its header)."""
        tables = TABLES if name == "recording" else COMPARED
        of_tables = [self._frame(queries.changes(name, _identifiers(table)), table) for table in tables]
        return pd.concat([frame for frame in of_tables if len(frame)] or of_tables[:1], ignore_index=True)

    def account(self) -> pd.DataFrame:
        """What became of the rows read before and since, per table (queries/changes/account_changes.sql)."""
        return self._connection.cursor().execute(queries.read("changes/account_changes")).df()

    def table(self, name: str) -> pa.RecordBatchReader | pd.DataFrame:
        """What CHANGES names, as a download has it."""
        if name in LISTS:
            return self.records_reader(name)
        return self.account() if name == "account_changes" else self.counts(name)

    def records(self, name: str, tables: Sequence[str], limit: int) -> pd.DataFrame:
        """The first rows of one of LISTS, so many of each table: single records, for whoever may see patients."""
        frame: pd.DataFrame = self.records_reader(name, tables, limit).read_all().to_pandas()
        return frame

    def records_reader(
        self, name: str, tables: Sequence[str] = COMPARED, limit: int | None = None
    ) -> pa.RecordBatchReader:
        """The same rows as Arrow batches, all of them unless so many of each table are asked for."""
        most = "" if limit is None else f" limit {int(limit)}"
        parts = (
            f"(select '{table}' as \"table\", * from ({queries.changes(name, _identifiers(table))}){most})"
            for table in tables
        )
        return self._connection.cursor().sql(" union all ".join(parts)).to_arrow_reader(BATCH_ROWS)

    def _frame(self, sql: str, table: str) -> pd.DataFrame:
        frame = self._connection.cursor().execute(sql).df()
        frame.insert(0, "table", pd.Series(table, frame.index, "str"))
        return frame


def first_look(place: Path, memory: int | None = None) -> list[tuple[str, str, str, bytes]]:
    """The figures to store with the snapshot in that file: measure, groups, fingerprint, content.

    Limits that may take seconds are not among them. `memory` bounds, in bytes, what they are counted in.
    """
    store = Store(data.Generation(place, sha256="", name=place.stem), memory)

    def made(name: str, by: tuple[str, ...]) -> tuple[str, str, str, bytes]:
        return name, ",".join(by), figures.fingerprint(), figures.to_blob(store.measure(name, by=by, limits="none"))

    # While one is counted, another is estimated; where there are many records, that would take twice the memory.
    with ThreadPoolExecutor(2 if store.cohort_size()[1] <= FEW_RECORDS else 1) as pool:
        looks = list(pool.map(made, *zip(*product(figures.MEASURES, figures.GROUPS), strict=True)))
    store.close()
    return looks


def counts_side_effects(name: str) -> bool:
    """Whether filters on side effects change a measure or a record table."""
    sql = queries.measure(name, ()) if name in MEASURES else _records_sql(name)
    return "cohort_side_effects" in sql


def options_of(name: str) -> tuple[str, ...]:
    """The options of a measure or a record table besides filters and groups: unit, window_days, clock, ..."""
    sql = queries.measure(name, ()) if name in MEASURES else _records_sql(name)
    bound = set(re.findall(r"\$(\w+)", sql)) - {"filters"}
    of_curves = OF_CURVES if name in OF_RESOLUTION_CURVES else set()
    return tuple(sorted(bound | of_curves | OF_COMPARISONS.get(name, set())))


def definition(name: str) -> Definition:
    """What a measure or a record table means, from the header of its SQL; KeyError where there is no such name."""
    if name in MEASURES:
        return queries.definition(f"measures/{name}")
    if name in RECORDS:
        return queries.definition(f"records/{name}")
    if name in CHANGES:
        return queries.definition(f"changes/{name}")
    raise KeyError(name)


_DAYS = {"treatments": "treated_on", "follow_ups": "followed_up_on", "side_effects": "onset_on"}
# A contact needs one of the first two only, and a side effect that is still there has no end.
_MAY_BE_EMPTY = {"treatment_id", "patient_id", "resolved_on", "resolved_by", "last_present_on"}


def _required(table: str) -> list[str]:
    return [column.name for column in TABLES[table].columns if column.required] if table in TABLES else []


def _identifiers(table: str) -> dict[str, str]:
    """What stands for a table and its columns in queries/changes; of the contract's columns."""
    if table in TABLES:
        id_column, names = TABLES[table].id_column, TABLES[table].column_names
    else:
        # How a treatment type is drawn changes no figure, and earlier snapshots do not know it.
        id_column, names = "code", tuple(name for name in catalogue.COLUMNS if name != "colour")
    columns = [name for name in names if name != id_column]
    return {
        "table": table,
        "id": id_column,
        "patient_id": "patient_id" if "patient_id" in names else "cast(null as varchar)",
        "day": _DAYS.get(table, "cast(null as date)"),
        "columns": ", ".join(columns),
        "recorded": ", ".join(name for name in columns if name not in {*_required(table), *_MAY_BE_EMPTY}),
        "texts": ", ".join(f"cast({name} as varchar) as {name}" for name in columns),
        "is_edited": " or ".join(f"earlier.{name} is distinct from later.{name}" for name in columns),
        "is_late": f"later.{_DAYS[table]} < as_of" if table in _DAYS else "false",
    }


def _records_sql(table: str) -> str:
    if table not in RECORDS:
        raise KeyError(table)
    return queries.read(f"records/{table}")


def _parameters(
    sql: str, filters: Filters | None, horizon_days: int, search: str = "", patient_id: str | None = None
) -> dict[str, object]:
    given = {
        "filters": (filters or Filters()).to_sql(),
        "horizon_days": horizon_days,
        "search": search,
        "patient_id": patient_id,
    }
    return {name: value for name, value in given.items() if f"${name}" in sql}
