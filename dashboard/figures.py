"""The figures that everybody asks for first: computed once when a snapshot is built, and stored with it.

They are answers of `Store.measure` like any other, of all records and, of many, of the periods that pages offer. What
pages ask by other groups or of another selection, and limits that take long, are not among them. A fingerprint of the
code that made them stands beside them: other code does not use them but computes its own.
"""

from __future__ import annotations

import datetime
import hashlib
from functools import cache
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd
import pyarrow as pa

import queries
from dashboard.filters import Filters
from dashboard.periods import compared, ends, offered

MEASURES = (
    "side_effect_rates",
    "follow_up_completeness",
    "time_to_resolution",
    "time_to_resolution_summary",
    "maintenance_intervals",
    "maintenance_summary",
    "kept_plans",
)
GROUPS: tuple[tuple[str, ...], ...] = ((), ("treatment_type",))
COMPARED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("follow_up_completeness", ()),
    ("side_effect_rates", ()),
    ("time_to_resolution_summary", ()),
    ("maintenance_summary", ("treatment_type",)),
)
"""Those that the overview sets against the period before, with their groups."""
MANY = 300_000
"""From so many treatment records on the figures of periods are stored too; of fewer they are there in no time."""
Asked = tuple[Filters, str, tuple[str, ...]]
"""Selection, measure and groups."""

_HERE = Path(__file__)
_MAKERS = (queries.ROOM, _HERE.parent / "statistics", _HERE.parent / "measures", _HERE)


@cache
def fingerprint() -> str:
    """A SHA-256 over everything that a figure comes from: the SQL, the estimators, the measures."""
    digest = hashlib.sha256()
    for maker in _MAKERS:
        for file in sorted([maker] if maker.is_file() else [*maker.rglob("*.sql"), *maker.rglob("*.py")]):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def asked_first(records: int, as_of: datetime.date, last: datetime.date) -> list[Asked]:
    """What pages ask for while nothing is selected but a period that they offer; of few records only of everything.

    `records` are treatment records, `last` is the last day of treatment, `as_of` the last of which anything is known.
    """
    periods = offered(last) if records >= MANY else [Filters()]
    asked = [(each, *what) for each in periods for what in product(MEASURES, GROUPS)]
    if records >= MANY:
        beside = [each for period in periods for end in ends(as_of) for each in compared(period, end)[:2]]
        asked += [(each, *what) for each in beside for what in COMPARED]
    return list(dict.fromkeys(asked))


def selection(filters: Filters) -> str:
    """What figures are of, as it stands beside them: the filters as in an address, "" for all records."""
    return urlencode(filters.to_query(), doseq=True)


def to_blob(frame: pd.DataFrame) -> bytes:
    """A frame as Arrow bytes, with its types."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    blob: bytes = sink.getvalue().to_pybytes()
    return blob


def from_blob(blob: bytes) -> pd.DataFrame:
    """The frame that `to_blob` was given."""
    frame: pd.DataFrame = pa.ipc.open_file(blob).read_pandas()
    return frame
