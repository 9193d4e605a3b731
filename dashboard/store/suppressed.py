"""A snapshot whose small numbers stay untold."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pyarrow as pa

import data
import queries
from dashboard import privacy
from dashboard.filters import Filters
from dashboard.statistics.disclosure import TOGETHER, Cell, Merged, merged
from dashboard.store.changes import Changes
from dashboard.store.snapshot import Store
from data import EVERYTHING, Scope


class SuppressedStore(Store):
    """A store that tells no small number (dashboard/privacy.py) and no record: what leaves it may be seen by others."""

    def __init__(self, generation: data.Generation, k: int, scope: Scope = EVERYTHING) -> None:
        super().__init__(generation, scope=scope)
        self._keep_back(k)

    def _keep_back(self, k: int) -> None:
        self.suppress_below = k
        self.name = f"{self.name}-below-{k}"  # what is remembered of it is told to nobody else
        self._tables: dict[tuple[str, tuple[str, ...]], Merged | None] = {}
        self._days: dict[tuple[str, tuple[str, ...], Any], tuple[int, ...]] = {}
        self._judging = threading.RLock()

    def measure(  # type: ignore[override]
        self,
        name: str,
        filters: Filters | None = None,
        by: Sequence[str] = ("treatment_type",),
        **options: Any,
    ) -> pd.DataFrame:
        """The figures of a measure, with the rows that would tell a small number empty, and so marked.

        Raises privacy.Withheld for a measure of single patients, and for what no table tells.
        """
        filters = filters or Filters()
        asked = privacy.question(name, filters, by, self.period, options)
        rule = privacy.RULES[name]
        table = self.table_of(rule.contributors, asked.columns)
        figures = super().measure(name, filters, by, **options)
        if curve := privacy.curve_of(name):
            days = self._days_of(curve, asked.columns, table, options)
            tell = privacy.suppressed_curve if name == curve else privacy.suppressed_summary
            return tell(name, figures, asked, by, table, days)
        told = privacy.suppressed(name, figures, asked, by, table)
        if rule.is_across and told[privacy.MARK].any():
            told = self._told_again(told, name, filters, by, options, asked, table)
        return told

    def _told_again(
        self,
        told: pd.DataFrame,
        name: str,
        filters: Filters,
        by: Sequence[str],
        options: dict[str, Any],
        asked: privacy.Question,
        table: Merged | None,
    ) -> pd.DataFrame:
        """The same, with the figures that are made of all groups together made of those alone that are told."""
        groups = [column for column in by if column != privacy.RULES[name].detail]
        is_hidden = told[privacy.MARK]
        if is_hidden.all() or len(groups) != 1 or groups[0] not in queries.ATTRIBUTES:
            return told
        apart = {
            str(value)
            for column in (groups[0], "reference")
            if column in told
            for value in told.loc[~is_hidden, column]
        }
        if apart >= set(told[groups[0]].astype(str)):
            return told
        narrowed: dict[str, Any] = {groups[0]: tuple(apart)}
        again = privacy.suppressed(
            name, super().measure(name, replace(filters, **narrowed), by, **options), asked, by, table
        )
        keys = [column for column in (*by, privacy.RULES[name].detail) if column]
        of_told = pd.MultiIndex.from_frame(told.loc[~is_hidden, keys].astype(str))
        kept = again[pd.MultiIndex.from_frame(again[keys].astype(str)).isin(of_told)]
        return pd.concat([kept, told[is_hidden]], ignore_index=True)

    def table_of(self, contributors: str, columns: tuple[str, ...]) -> Merged | None:
        """The values that stand together in a table of these columns, by column; None where nothing of it is told."""
        key = contributors, columns
        with self._judging:
            if key not in self._tables:
                self._tables[key] = self._judged(contributors, columns)
            return self._tables[key]

    def _judged(self, contributors: str, columns: tuple[str, ...]) -> Merged | None:
        coarser = [(contributors, columns[:place] + columns[place + 1 :]) for place in range(len(columns))]
        if contributors in privacy.BEGINS_WITH:
            coarser.append((privacy.BEGINS_WITH[contributors], columns))
        within: dict[str, Merged] = {}
        for column in columns:
            parent = privacy.PARENTS.get(column)
            if parent and parent not in columns:
                others = tuple(sorted({*columns, parent} - {column}))
                coarser.append((contributors, others))
                within[parent] = self.table_of(contributors, others) or {}
        begin: dict[str, frozenset[str]] = {}
        for each in coarser:
            table = self.table_of(*each)
            if table is None:
                return None
            for column, together in table.items():
                if column == "detail" and each[0] != contributors:  # effects are no outcomes
                    together &= privacy.OF_DETAIL.keys()
                begin[column] = begin.get(column, frozenset()) | together
        groups = (*columns, *within)
        found = self._frame(
            queries.contributors(contributors, groups), {"filters": Filters().to_sql(), "most": self.suppress_below}
        )
        found[list(groups)] = found[list(groups)].astype(str)
        # What stands first is what the others are weighed by, and sums of shares are those of one order.
        places = {counted: place for place, counted in enumerate(privacy.COUNTED)}
        found = found.assign(place=found["counted"].map(places)).sort_values(["place", *groups, "detail"])
        cells = [
            Cell(
                at=tuple(row[column] for column in columns),
                within=tuple(
                    TOGETHER if row[parent] in table[parent] else row[parent] for parent, table in within.items()
                ),
                counted=row["counted"],
                detail=row["detail"],
                patients=frozenset(() if row["patients"] is None else row["patients"]),
                at_least=int(row["at_least"]),
                units=int(row["units"]),
            )
            for row in found.astype({"patients": object}).to_dict("records")
        ]
        return merged(cells, columns, self.suppress_below, begin, contributors in privacy.LEAVES_OUT)

    def _days_of(
        self, curve: str, columns: tuple[str, ...], table: Merged | None, options: dict[str, Any]
    ) -> tuple[int, ...]:
        """The days on which a curve is told in all answers of a table."""
        key = curve, columns, options.get("clock", "onset")
        with self._judging:
            if key not in self._days:
                given = {"clock": key[2], "limits": "none"} if curve == "time_to_resolution" else {}
                all_of_it = super().measure(curve, Filters(), columns, **given)
                self._days[key] = privacy.told_days(curve, all_of_it, columns, table, self.suppress_below)
            return self._days[key]

    def cohort_size(self, filters: Filters | None = None) -> tuple[float, int]:  # type: ignore[override]
        """How many treatment records the filters leave, nan where that is not told, and of how many."""
        filters = filters or Filters()
        selected, of = super().cohort_size(filters)
        try:
            asked = privacy.selected(filters, period=self.period)
        except privacy.Withheld:
            return math.nan, of
        if len(asked.columns) > privacy.MOST_COLUMNS:
            return math.nan, of
        table = self.table_of("side_effects", asked.columns)
        is_told = privacy.is_told(asked, table) and table is not None and "unseen" not in table["detail"]
        return selected if is_told else math.nan, of

    def records_reader(self, table: str, *_: Any, **__: Any) -> pa.RecordBatchReader:
        """Raises privacy.Withheld: records are of single patients."""
        raise privacy.Withheld(f"{table} are records of single patients, withheld while small numbers are suppressed")

    def record_count(self, table: str, *_: Any, **__: Any) -> int:
        """Raises privacy.Withheld, as `records_reader` does."""
        raise privacy.Withheld(f"{table} are records of single patients, withheld while small numbers are suppressed")

    def recall_counts(self, *_: Any, **__: Any) -> pd.DataFrame:
        """Raises privacy.Withheld, as `records_reader` does."""
        raise privacy.Withheld(
            "the recall list names single patients, and is withheld while small numbers are suppressed"
        )

    def patients_of_courses(self, filters: Filters | None = None) -> int:
        """Raises privacy.Withheld: maintenance_summary says which numbers of patients are told."""
        raise privacy.Withheld(
            "the patients of courses are told by maintenance_summary, while small numbers are suppressed"
        )

    def patient_of(self, *_: Any, **__: Any) -> str | None:
        """Raises privacy.Withheld, as `records_reader` does."""
        raise privacy.Withheld("who the patients are is withheld while small numbers are suppressed")

    def patients_found(self, *_: Any, **__: Any) -> list[str]:
        """Raises privacy.Withheld, as `records_reader` does."""
        raise privacy.Withheld("who the patients are is withheld while small numbers are suppressed")

    def rejects_to_mend(self, import_no: int, file: str) -> tuple[str, bytes]:
        """Raises privacy.Withheld, as `records_reader` does."""
        raise privacy.Withheld("rejected rows are withheld while small numbers are suppressed")

    def cut_to(self, scope: Scope) -> SuppressedStore:
        """The same snapshot, cut to another scope, with the same numbers untold."""
        return SuppressedStore(self.snapshot, self.suppress_below, scope)

    def since(self, earlier: Store) -> Changes:
        """Raises privacy.Withheld: the difference of two snapshots may be that of a single patient."""
        raise privacy.Withheld(
            "what changed between two snapshots may be of a single patient, and is withheld while small numbers are "
            "suppressed"
        )
