"""What several sources share (data/sharing.py), as an engine answers for it that speaks Spark Connect.

Only where a select is run differs from a snapshot of one's own; `translating.py` has the select.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Mapping
from functools import partial, reduce
from typing import Any, TypeVar, cast

import duckdb
import pandas as pd
import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession, functions
from pyspark.sql.connect.client.retries import DefaultPolicy

import queries
from dashboard import stopping
from dashboard.store.changes import Changes
from dashboard.store.connection import BATCH_ROWS, HARDENING
from dashboard.store.snapshot import Store
from dashboard.store.suppressed import SuppressedStore
from dashboard.store.translating import FILTERS, translated
from data import EVERYTHING, ImportRefused, Scope
from data.extracting import NOT_CUT
from data.generations import folder_of
from data.installation import installation_key
from data.refusal import unwritable
from data.sharing import OF_FOLDERS, RELATIONS, Share

TRIES = 3
"""So often the engine is asked, within seconds, before it is said not to answer."""

Given = TypeVar("Given")

# What each source says for itself, of which queries/sharing makes one.
_OF_EACH = {"snapshot": "snapshots", "treatment_types": "catalogues"}


class EngineStore(Store):
    """The records that sources share in a folder, read and counted by the engine at an address such as sc://host:15002.

    Raises ImportRefused where the engine does not answer, or does not read all that is shared, and for a scope.
    """

    def __init__(self, share: Share, engine: str, scope: Scope = EVERYTHING) -> None:
        if not scope.is_everything:
            raise ImportRefused(NOT_CUT)
        self.snapshot = self.generation = self._share = share
        self.name = share.name
        self.engine = engine
        self.suppress_below = 0
        self.is_up_to_date = True
        self.relations = {}
        self._connection = duckdb.connect(":memory:")  # through which answers become frames like those of a file
        for setting in HARDENING:
            self._connection.execute(setting)
        self._opening = threading.Lock()
        self._session = self._told(self._opened)
        self._stored = {}
        self._look()

    def _opened(self) -> SparkSession:
        """A session of its own, with a view of every relation."""
        session = SparkSession.builder.remote(self.engine).create()
        session.client.set_retry_policies([DefaultPolicy(max_retries=TRIES)])
        try:
            self._view(session)
        except BaseException:
            session.stop()
            raise
        return session

    def _view(self, session: SparkSession) -> None:
        rows = {table: self._read(session, table) for table in RELATIONS}
        self._require_everything(rows)
        for table, of_all in rows.items():
            of_all.drop("source", "snapshot", *OF_FOLDERS).createOrReplaceTempView(_OF_EACH.get(table, table))
        for table in _OF_EACH:
            session.sql(translated(queries.read(f"sharing/{table}"))).createOrReplaceTempView(table)

    def _read(self, session: SparkSession, table: str) -> DataFrame:
        """The rows of a relation of all sources, with those columns that their folders tell."""
        place = self._share.path.absolute() / table
        return session.read.option("basePath", str(place)).parquet(*(f"{place}/{one}" for one in self._share.folders))

    def _require_everything(self, rows: Mapping[str, DataFrame]) -> None:
        """Refuses where the engine finds less than is shared: a folder that it cannot see may be empty to it."""
        counted = [
            of_all.groupBy().agg(functions.lit(table).alias("table"), functions.count("*").alias("rows"))
            for table, of_all in rows.items()
        ]
        read = {row["table"]: row["rows"] for row in reduce(DataFrame.unionAll, counted).collect()}
        for table, shared in self._share.rows_of:
            if read[table] != shared:
                raise ImportRefused(
                    f"The engine at {self.engine} finds {read[table]:,} rows of {table}, where {shared:,} are shared "
                    f"in {self._share.path}. It has to see that folder under the same name."
                )

    def cut_to(self, scope: Scope) -> EngineStore:
        """The same, for a scope that is everything; raises ImportRefused for another."""
        return EngineStore(self._share, self.engine, scope)

    def close(self) -> None:
        """Ends the session, which the engine would else keep until it is forgotten."""
        self._session.stop()
        super().close()

    def since(self, earlier: Store) -> Changes:
        """Raises ImportRefused: a share is what it is now."""
        raise ImportRefused("What changed between two snapshots is told of the snapshot of a clinic, not by an engine.")

    def account(self, name: str, import_no: int | None = None) -> pd.DataFrame:
        """Raises ImportRefused: what became of imported rows is mended where they were imported."""
        raise ImportRefused("What became of imported rows is told of the snapshot of a clinic, not by an engine.")

    def rejects_to_mend(self, import_no: int, file: str) -> tuple[str, bytes]:
        """Raises ImportRefused, as `account` does."""
        raise ImportRefused("Rejected rows are mended where they were imported, not by an engine.")

    def columns(self, relation: str) -> list[tuple[str, str]]:
        """Raises ImportRefused: readers' SQL is not run by an engine."""
        raise ImportRefused("SQL is asked of the snapshot of a clinic, not by an engine.")

    @property
    def _installation_key(self) -> bytes:
        folder = folder_of(self._share.path)
        try:
            folder.mkdir(exist_ok=True)
            return installation_key(folder)
        except OSError as error:
            raise unwritable(folder, error) from error

    def _searched(self, sql: str, parameters: Mapping[str, object]) -> str:
        columns = self._reader(f"select * from ({sql}) limit 0", parameters).schema.names
        cells = ", ".join(f'"{column}"::varchar' for column in columns)
        return f"select * from ({sql}) where contains(lower(concat_ws(chr(10), {cells})), lower($search))"

    def _rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        return list(zip(*(column.to_pylist() for column in self._answer(sql, parameters).columns), strict=True))

    def _frame(self, sql: str, parameters: Mapping[str, object] | None = None) -> pd.DataFrame:
        frame: pd.DataFrame = self._connection.cursor().from_arrow(self._answer(sql, parameters)).df()
        return frame

    def _reader(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.RecordBatchReader:
        return self._answer(sql, parameters).to_reader(BATCH_ROWS)

    def _answer(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """The answer of the engine to a select."""
        given = dict(parameters or {})
        filters = cast(Mapping[str, object], given.pop("filters", {}))
        chosen = {name: value for name, value in filters.items() if value is not None}
        select = translated(sql, frozenset(chosen))
        bound = given | {f"{FILTERS}{name}": value for name, value in chosen.items()}
        session = self._session
        try:
            return _run(session, select, bound)
        except PySparkException:
            # Engines forget sessions that were idle for long, with their views: once it is asked in a new one.
            with self._opening:
                if self._session is session:
                    self._session = self._told(self._opened)
                    session.stop()
            return self._told(lambda: _run(self._session, select, bound))

    def _told(self, asked: Callable[[], Given]) -> Given:
        """What the engine answers; where it does not, that is said in words."""
        try:
            return asked()
        except PySparkException as failure:
            said = re.search(r'details = "(.*)"', str(failure))
            reason = said[1] if said else str(failure).splitlines()[0]
            raise ImportRefused(
                f"The engine at {self.engine} did not answer: {reason}. Is it running, and OUTCOMES_ENGINE its address?"
            ) from failure


def _run(session: SparkSession, select: str, bound: dict[str, Any]) -> pa.Table:
    """What a select gives; its query ends where nobody waits for it any more."""
    tag = uuid.uuid4().hex
    stopping.by(partial(session.interruptTag, tag))
    session.addTag(tag)
    try:
        return session.sql(select, args=bound).toArrow()
    finally:
        session.removeTag(tag)


class SuppressedEngineStore(SuppressedStore, EngineStore):
    """What one source shares, with small numbers untold; raises ImportRefused where there are several sources."""

    def __init__(self, share: Share, engine: str, k: int, scope: Scope = EVERYTHING) -> None:
        if len(share.folders) > 1:
            raise ImportRefused(
                "Small numbers cannot be kept back from what several sources share: who was treated at two of them "
                "counts as two people. Open the snapshot of a clinic instead, or share one that holds all."
            )
        EngineStore.__init__(self, share, engine, scope)
        self._keep_back(k)

    def cut_to(self, scope: Scope) -> SuppressedEngineStore:
        """As that of EngineStore, with the same numbers untold."""
        return SuppressedEngineStore(self._share, self.engine, self.suppress_below, scope)
