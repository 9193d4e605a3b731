"""One snapshot, opened read-only."""

from __future__ import annotations

import datetime
import shutil
import tempfile
import threading
import uuid
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, Literal, overload

import duckdb
import pandas as pd
import pyarrow as pa
from cachetools import LRUCache, cachedmethod

import data
import queries
from dashboard import figures
from dashboard.filters import RECORD_FILTERS, VALUE_FILTERS, FilterError, Filters
from dashboard.measures import ESTIMATES, OF_COURSES, OF_FIGURES, OF_RESOLUTION_CURVES
from dashboard.measures.comparison import groups_in_words
from dashboard.measures.frames import cast
from dashboard.measures.maintenance import CoursesByGroup, courses_by_group
from dashboard.measures.resolution import Limits, ResolutionCurves, resolution_curves
from dashboard.store.changes import Changes
from dashboard.store.connection import BATCH_ROWS, HARDENING, cursor_of, most_memory
from dashboard.store.names import (
    HORIZON_DAYS,
    MEASURES,
    OF_COMPARISONS,
    OF_ONE_PATIENT,
    Clock,
    Unit,
    check_groups,
    check_name,
    records_sql,
    unordered,
    unusual,
)
from data import EVERYTHING, Scope, pseudonyms
from data.installation import installation_key
from data.refusal import unwritable

MOST_FOUND = 50
PERIOD_ROWS = 1_500_000
DAYS = {"treatments": "treated_on", "follow_ups": "followed_up_on", "side_effects": "onset_on"}
"""The days by which the tables that may be longest are in order."""
MOST_CURVES = 20
FIRST_LOOK = ("session", None, "onset", 0.95)


class Store:
    """One snapshot, cut to a scope. Every answer comes from a cursor of its own, so threads may share a store.

    Of a scope that is not everything an extract of `snapshot` is read (data/extracting.py), so that there are no other
    rows to tell of; `generation` and `name` are then those of the extract, and `limited_to` says what it is, else "".
    `is_up_to_date` where the snapshot holds all that is derived now, and was not made by an earlier version. `engine`
    is the address of the one that answers, "" where that is this process itself.
    """

    engine = ""

    def __init__(self, generation: data.Generation, memory: int | None = None, scope: Scope = EVERYTHING) -> None:
        self.snapshot = generation
        generation = data.extract(generation, scope)
        self.name = generation.name
        self.generation = generation
        self.suppress_below = 0
        self._connection = duckdb.connect(":memory:")
        attached = data.attach(self._connection, generation.path)
        self.is_up_to_date = attached.is_up_to_date
        self.relations: dict[str, str] = attached.relations
        """The select of every relation over `snapshot_file`, each after those that it reads."""
        for macro in queries.MACROS:
            self._connection.execute(f"create macro {macro}(filters) as table ({queries.read(macro)})")
        spilled = f"{tempfile.gettempdir()}/outcomes-{uuid.uuid4().hex}"  # made by DuckDB, where it needs it
        weakref.finalize(self, shutil.rmtree, spilled, True)
        self._connection.execute(f"set memory_limit = '{memory or most_memory()}B'; set temp_directory = '{spilled}'")
        for setting in HARDENING:
            self._connection.execute(setting)
        stored = self._rows(
            "select selection, measure, groups, content from figures where fingerprint = $fingerprint",
            {"fingerprint": figures.fingerprint()},
        )
        self._stored: dict[tuple[str, ...], bytes] = {tuple(asked): content for *asked, content in stored}
        self._look()

    def _look(self) -> None:
        """What is read of a snapshot when it is opened, and what is remembered of it from then on."""
        about = self._rows("select as_of, created_at, is_synthetic, coalesce(limited_to, '') from snapshot")[0]
        self.as_of: datetime.date = about[0]
        self.created_at: datetime.datetime = about[1]
        self.is_synthetic: bool = about[2]
        self.limited_to: str = about[3]
        self._counted: LRUCache[tuple[Any, ...], pd.DataFrame] = LRUCache(MOST_CURVES)
        self._counting = threading.Condition()
        self._curves: dict[tuple[Any, ...], ResolutionCurves] = {}
        self._courses: LRUCache[tuple[Any, ...], CoursesByGroup] = LRUCache(MOST_CURVES)
        self._resampling = threading.Lock()

    @overload
    def table(
        self,
        name: str,
        filters: Filters | None = None,
        by: str | Sequence[str] = ("treatment_type",),
        *,
        as_arrow: Literal[False] = False,
        **options: Any,
    ) -> pd.DataFrame: ...

    @overload
    def table(
        self,
        name: str,
        filters: Filters | None = None,
        by: str | Sequence[str] = ("treatment_type",),
        *,
        as_arrow: Literal[True],
        **options: Any,
    ) -> pa.Table: ...

    def table(
        self,
        name: str,
        filters: Filters | None = None,
        by: str | Sequence[str] = ("treatment_type",),
        *,
        as_arrow: bool = False,
        **options: Any,
    ) -> pd.DataFrame | pa.Table:
        """A measure by its groups, or the records of a table, as the command `outcomes export` writes it.

        `name` is one of those that `outcomes measures` lists. `by` names the groups of a measure: one, several that are
        crossed, or () for one group of everything; records have none. `options` are the command's, with _ for -: unit,
        window_days, clock, level, limits, strata, reference, horizon_days, patient_id. The answer is a pandas frame
        with the columns that `outcomes measures` tells, or with `as_arrow` an Arrow table; shares are 0 to 1, times are
        in days, and what is empty in a download is missing. Raises FilterError for a name, a group, an option or a
        filter's value that there is not, and says what there is.
        """
        check_name(name)
        kept = unusual(name, options)
        self.check(filters or Filters())
        if name not in MEASURES:
            records = self.records_reader(name, filters, **kept).read_all()
            return records if as_arrow else records.to_pandas()
        figures = self.measure(name, filters, (by,) if isinstance(by, str) else tuple(by), **kept)
        return pa.Table.from_pandas(figures, preserve_index=False) if as_arrow else figures

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
        of_comparison = OF_COMPARISONS.get(name, set())
        strata = tuple(strata) if "strata" in of_comparison else ()
        if twice := set(by) & set(strata):
            raise FilterError(f"groups cannot be compared within strata of the same: {', '.join(sorted(twice))}")
        check_groups(name, (*by, *strata))
        filters = filters or Filters()
        is_first_look = reference is None and (unit, window_days, clock, level, *strata) == FIRST_LOOK
        is_first_look &= limits == "none" or name not in OF_RESOLUTION_CURVES
        if is_first_look and self.is_stored(name, filters, by):
            return figures.from_blob(self._stored[figures.selection(filters), name, ",".join(by)])
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
        elif name in OF_COURSES:
            estimates = OF_COURSES[name](self._courses_by_group(filters, tuple(by), level), by)
        elif name in OF_FIGURES:
            beside, parts = OF_FIGURES[name]
            estimates = beside(*(self.measure(part, filters, by, unit, window_days, level=level) for part in parts), by)
        else:
            rows = counts()
            if "reference" in more and len(rows) and reference not in (found := groups_in_words(rows, by)):
                raise FilterError(f"the reference {reference!r} is none of the groups; there are: {found}")
            estimates = ESTIMATES[name](rows, tuple(by), level, **more)
        texts = (*by, "effect", "outcome", "scale", "month")
        return cast(estimates, {column: "str" for column in texts if column in estimates})

    def is_stored(self, name: str, filters: Filters, by: Sequence[str]) -> bool:
        """Whether the figures of a measure stand in the snapshot, as pages first ask for them, without options."""
        return (figures.selection(filters), name, ",".join(by)) in self._stored

    def _resolution_curves(
        self, filters: Filters, by: tuple[str, ...], clock: Clock, level: float, limits: Limits
    ) -> ResolutionCurves:
        """The curves that several measures read, remembered; only one selection is resampled at a time."""
        asked = (filters, by, clock, level, limits)
        with self._resampling if limits == "clustered" else nullcontext():
            if asked not in self._curves:
                counts, observations = self._resolution_counts(filters, by, clock), None
                if limits == "clustered":
                    rows = queries.observations("resolution_observations", by)
                    observations = self._frame(rows, {"filters": filters.to_sql(), "clock": clock})
                self._curves[asked] = resolution_curves(counts, observations, by, level, limits)
                if len(self._curves) > MOST_CURVES:
                    del self._curves[next(iter(self._curves))]
            return self._curves[asked]

    @cachedmethod(lambda self: self._counted, condition=lambda self: self._counting)
    def _resolution_counts(self, filters: Filters, by: tuple[str, ...], clock: Clock) -> pd.DataFrame:
        """What curves are made of, with limits or without, which are asked for at once: counted once for both."""
        return self._frame(queries.measure("time_to_resolution", by), {"filters": filters.to_sql(), "clock": clock})

    @cachedmethod(lambda self: self._courses, condition=lambda self: self._counting)
    def _courses_by_group(self, filters: Filters, by: tuple[str, ...], level: float) -> CoursesByGroup:
        """What the measures of maintenance intervals read, counted once for all of them."""
        rows = self._frame(queries.observations("course_outcomes", by), {"filters": filters.to_sql()})
        return courses_by_group(rows, by, level)

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
        """The same records as Arrow batches, with their types kept (dates, whole numbers, empty values).

        All of them come period after period, so that no more than PERIOD_ROWS have to be sorted at a time.
        """
        sql = records_sql(table)
        if table in OF_ONE_PATIENT:
            if patient_id is None:
                raise FilterError(f"{table} is of one patient: say of whom, by the patient_id")
            if not self._is_known(patient_id):
                raise FilterError(f"there is no patient {patient_id!r}")
        if search:
            sql = self._searched(sql, _parameters(sql, filters, horizon_days, "", patient_id))
        if limit is not None:
            sql = f"from ({sql}) limit {int(limit)}"
        parameters = _parameters(sql, filters, horizon_days, search, patient_id)
        periods = self._periods(table) if table in DAYS and limit is None and not search else []
        if len(periods) > 1:
            return self._by_period(table, sql, filters or Filters(), periods)
        return self._reader(sql, parameters)

    def _searched(self, sql: str, parameters: Mapping[str, object]) -> str:
        """The select of those rows that have the text of `$search` in a cell."""
        return f"from ({sql}) where contains(lower(concat_ws(chr(10), *columns(*))), lower($search))"

    def _periods(self, table: str) -> list[tuple[datetime.date, datetime.date]]:
        """The first and last day of each period with about PERIOD_ROWS of all records of the table."""
        counted = f"""
            with days as (select {DAYS[table]} as day, count(*) as records from {table} group by {DAYS[table]}),
            so_far as (select day, sum(records) over (order by day) - records as before from days)
            select min(day), max(day) from so_far group by floor(before / {PERIOD_ROWS}) order by min(day)
        """
        return [(first, last) for first, last in self._rows(counted)]

    def _by_period(
        self, table: str, sql: str, filters: Filters, periods: Sequence[tuple[datetime.date, datetime.date]]
    ) -> pa.RecordBatchReader:
        of_period = f"from ({sql}) where {DAYS[table]} between $first and $last"

        def reader(first: datetime.date, last: datetime.date) -> pa.RecordBatchReader:
            # The day of a treatment is one by which the cohort is selected, so that less has to be scanned.
            within = _within(filters, first, last) if table == "treatments" else filters
            bound = {"filters": within.to_sql(), "first": first, "last": last}
            return self._reader(of_period, bound)

        def batches() -> Iterator[pa.RecordBatch]:
            for period in periods:
                yield from reader(*period)

        empty = self._reader(f"from ({sql}) limit 0", {"filters": filters.to_sql()})
        return pa.RecordBatchReader.from_batches(empty.schema, batches())

    def record_count(self, table: str, filters: Filters | None = None, horizon_days: int = HORIZON_DAYS) -> int:
        """How many records of a table belong to the cohort."""
        select = f"select count(*) from ({unordered(records_sql(table))})"
        return int(self._rows(select, _parameters(select, filters, horizon_days))[0][0])

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

    def pseudonym(self, patient_id: str) -> str:
        """What stands for a patient where others may read it, the same as in extracts with pseudonyms."""
        return pseudonyms.pseudonym(self._installation_key, "patient_id", patient_id)

    def patient_of(self, pseudonym: str) -> str | None:
        """The id of the patient for whom a pseudonym stands; None where it is nobody's."""
        hashed = pseudonyms.SQL.format(kind="'patient_id'", id="patient_id", inner="$inner::blob", outer="$outer::blob")
        found = f"""
            with ids as (select patient_id from sessions union select patient_id from patients)
            select patient_id from ids where {hashed} = $pseudonym limit 1
        """
        inner, outer = pseudonyms.pads(self._installation_key)
        rows = self._rows(found, {"inner": inner, "outer": outer, "pseudonym": pseudonym})
        return rows[0][0] if rows else None

    @property
    def _installation_key(self) -> bytes:
        folder = self.snapshot.path.parent
        try:
            return installation_key(folder)
        except OSError as error:
            raise unwritable(folder, error) from error

    def _is_known(self, patient_id: str) -> bool:
        known = "select patient_id from sessions union all select patient_id from patients"
        return bool(self._rows(f"from ({known}) where patient_id = $id limit 1", {"id": patient_id}))

    def recall_counts(self, filters: Filters | None = None, horizon_days: int = HORIZON_DAYS) -> pd.DataFrame:
        """How many stand on the recall list (`listed`), per `status` and `basis`."""
        listed = queries.observations("due_courses", ())
        counted = (
            f"select status, basis, count(*) as listed from ({listed}) group by status, basis order by status, basis"
        )
        return self._frame(counted, _parameters(counted, filters, horizon_days))

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

    def patients_of_courses(self, filters: Filters | None = None) -> int:
        """How many patients have the courses that the filters leave: the `patients` of maintenance_summary as one."""
        counted = "select count(distinct patient_no) from cohort($filters) where course_no is not null"
        return int(self._rows(counted, {"filters": (filters or Filters()).to_sql()})[0][0])

    def values(self, column: str) -> list[tuple[str, int]]:
        """The values of a filter's column with the number of their records, the most frequent first.

        Raises FilterError for a column that is no filter.
        """
        if column not in VALUE_FILTERS:
            raise FilterError(f"there is no column {column!r} to select by; there are: {', '.join(VALUE_FILTERS)}")
        table = "treatment_records" if column in RECORD_FILTERS else "side_effect_observations"
        sql = f"select {column}::varchar as value, count(*) from {table} group by 1 order by 2 desc, 1"
        return [(value, count) for value, count in self._rows(sql)]

    def columns(self, relation: str) -> list[tuple[str, str]]:
        """The columns of one of `relations` with their types; those with a list of values are said to be ENUM."""
        asked = """
            select column_name, if(starts_with(data_type, 'ENUM'), 'ENUM', data_type)
            from duckdb_columns()
            where database_name = 'memory' and table_name = $relation
            order by column_index
        """
        return self._rows(asked, {"relation": relation})

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
        """What differs in the records since an earlier snapshot, which has to be cut to the same scope."""
        if earlier.limited_to != self.limited_to:
            raise ValueError("two snapshots that are cut to different scopes cannot be compared")
        return Changes(earlier.generation, self.generation)

    def cut_to(self, scope: Scope) -> Store:
        """The same snapshot, cut to another scope."""
        return Store(self.snapshot, scope=scope)

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

    def _rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        return cursor_of(self._connection).execute(sql, parameters).fetchall()

    def _frame(self, sql: str, parameters: Mapping[str, object] | None = None) -> pd.DataFrame:
        return cursor_of(self._connection).execute(sql, parameters).df()

    def _reader(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.RecordBatchReader:
        return cursor_of(self._connection).sql(sql, params=parameters).to_arrow_reader(BATCH_ROWS)


def _within(filters: Filters, first: datetime.date, last: datetime.date) -> Filters:
    """The filters for a part of their period; where the part is outside it they stay as they are."""
    first, last = max(filters.treated_from or first, first), min(filters.treated_to or last, last)
    return filters.within(first, last) if first <= last else filters


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
