"""The figures of the unfiltered view: computed once when a snapshot is built, and stored with it.

They are answers of `Store.measure` like any other, kept because everybody asks for them first; what pages only ask by
other groups or of a selection, and limits that take long, are not among them. A fingerprint of the code that made them
stands beside them: other code does not use them but computes its own.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa

import queries

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

_MAKERS = (queries.ROOM, Path(__file__).parent / "statistics", Path(__file__).parent / "measures")


@cache
def fingerprint() -> str:
    """A SHA-256 over everything that a figure comes from: the SQL, the estimators, the measures."""
    digest = hashlib.sha256()
    for maker in _MAKERS:
        for file in sorted([maker] if maker.is_file() else [*maker.rglob("*.sql"), *maker.rglob("*.py")]):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


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
