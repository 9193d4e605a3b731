"""A snapshot whose small numbers stay untold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

import data
from dashboard import privacy
from dashboard.filters import Filters
from dashboard.store.changes import Changes
from dashboard.store.names import options_of
from dashboard.store.snapshot import Store
from data import EVERYTHING, Scope


class SuppressedStore(Store):
    """A store that tells no small number (dashboard/privacy.py) and no record: what leaves it may be seen by others."""

    def __init__(self, generation: data.Generation, k: int, scope: Scope = EVERYTHING) -> None:
        super().__init__(generation, scope=scope)
        self.suppress_below = k
        self.name = f"{self.name}-below-{k}"  # what is remembered of it is told to nobody else

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

    def record_count(self, table: str, *_: Any, **__: Any) -> int:
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

    def cut_to(self, scope: Scope) -> SuppressedStore:
        """The same snapshot, cut to another scope, with the same numbers untold."""
        return SuppressedStore(self.snapshot, self.suppress_below, scope)

    def since(self, earlier: Store) -> Changes:
        """Raises privacy.Withheld: the difference of two snapshots may be that of a single patient."""
        raise privacy.Withheld(
            "what changed between two snapshots may be of a single patient, and is withheld while small numbers are "
            "suppressed"
        )
