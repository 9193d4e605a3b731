"""A query and a snapshot become a table, or one sentence that says why not and what to do."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

import queries
from dashboard import stopping
from dashboard.filters import FilterError
from dashboard.privacy import Withheld
from dashboard.sandbox.child import OUT_OF_MEMORY, THREADS, Request
from dashboard.sandbox.statement import LONGEST
from dashboard.store import MEASURES, Store, options_of
from data.contract import TABLES

PROJECT = Path(__file__).parent.parent.parent
AT_ONCE = 4
"""So many queries run at a time, behind everything else that the machine does; others wait as long as one may take."""
MOST_MEASURES = 5
HEADROOM = 65_536

_places = threading.BoundedSemaphore(AT_ONCE)


class NotAnswered(ValueError):
    """A query that gave no table; the message says why, and what can be done."""


@dataclass(frozen=True)
class Limits:
    """What one query may take: seconds on the clock, bytes of memory, and of the answer rows and bytes."""

    seconds: float = 10.0
    memory: int = 1_000_000_000
    rows: int = 100_000
    bytes: int = 50_000_000


@dataclass(frozen=True)
class Answer:
    """The table that a query gave, of the snapshot of that name; `is_cut` where there are more rows than may come."""

    sql: str
    snapshot: str
    table: pa.Table
    is_cut: bool


def ask(store: Store, sql: str, limits: Limits | None = None, *, is_checked: bool = True) -> Answer:
    """The answer to one SELECT over the relations of the store (`relations`), whatever is asked in it.

    Raises NotAnswered for a statement that is not allowed, wrong, or takes too much, and privacy.Withheld while small
    numbers are suppressed. `is_checked` is turned off by the tests that try the process alone.
    """
    if store.suppress_below > 1:
        raise Withheld("SQL reads single patients' records, and is withheld while small numbers are suppressed")
    if store.engine:
        raise NotAnswered("SQL is asked of the snapshot of a clinic, not of what several share by an engine.")
    limits = limits or Limits()
    if not sql.strip():
        raise NotAnswered("There is no query yet. Write a SELECT, or begin with an example.")
    if len(sql) > LONGEST:
        raise NotAnswered(f"A query may have {LONGEST:,} characters. Make it shorter.")
    line, frames = requested(store, sql, limits, is_checked)
    if not _places.acquire(timeout=limits.seconds):
        raise NotAnswered("Other queries are running. Wait a moment, and run it again.")
    try:
        told, is_late = _child(line + frames, limits)
    finally:
        _places.release()
    return _understood(told, is_late, sql, store.name, limits)


def requested(store: Store, sql: str, limits: Limits, is_checked: bool) -> tuple[bytes, bytes]:
    """The request for a child: its line, and the frames of the measures that the statement names."""
    named = set(re.findall(r"\w+", sql.lower()))
    measures = [name for name in named if measure_of(name)]
    if len(measures) > MOST_MEASURES:
        raise NotAnswered(f"A query may read {MOST_MEASURES} measures. Take some away.")
    frames = [(name, _as_stream(measured(store, name))) for name in sorted(measures)]
    request = Request(
        sql=sql,
        is_checked=is_checked,
        snapshot=str(store.generation.path.absolute()),
        relations=store.relations,
        macros={macro: queries.read(macro) for macro in queries.MACROS},
        offered=list(OFFERED),
        frames=[(name, len(stream)) for name, stream in frames],
        rows=limits.rows,
        bytes=limits.bytes,
        memory=limits.memory,
        cpu_seconds=int(limits.seconds * THREADS) + 2,
    )
    return json.dumps(asdict(request)).encode() + b"\n", b"".join(stream for _, stream in frames)


_SENTENCES = {
    "treatments": "The treatment records as they were exported: one row per treated area per session.",
    "follow_ups": "The contacts after a treatment as they were exported: one row per contact.",
    "side_effects": "The side effects as they were exported: one row per side effect.",
    "patients": "The patients as they were exported: one row per person.",
    "treatment_types": "The catalogue that the snapshot was derived by: one row per treatment type.",
    "imports": "What became of the rows of each file that was imported: one row per import and file.",
    "import_warnings": "The values that looked wrong, and were loaded or left empty: one row per value.",
    "rejects": "The rows that could not be loaded, as they stood in their file: one row per rejected row.",
    "snapshot": "What is true of all records: the day they were exported up to, and when they were imported.",
}
OFFERED = (*_SENTENCES, *queries.MODEL)
"""The tables of the snapshot that can be asked, besides the measures."""


def relations() -> dict[str, queries.Definition]:
    """Every relation that can be asked, with its definition; a measure has one more by each of its groups."""
    exported = {name: queries.Definition(name, sentence, {}, "") for name, sentence in _SENTENCES.items()}
    derived = {name: queries.definition(f"model/{name}") for name in queries.MODEL}
    measures = {
        name if name not in OFFERED else f"{name}_by_treatment_type": queries.definition(f"measures/{name}")
        for name in MEASURES
    }
    return exported | derived | measures


def examples() -> dict[str, queries.Definition]:
    """Queries to begin with, by name."""
    return {name: queries.definition(f"examples/{name}") for name in queries.names("examples")}


def measure_of(relation: str) -> tuple[str, tuple[str, ...]] | None:
    """The measure and the group that a relation's name says; by treatment type, where it says none and one can.

    None for what is no measure; where a table has a measure's name, the table is meant.
    """
    if relation in OFFERED:
        return None
    if relation in MEASURES:
        return relation, ("treatment_type",) if "treatment_type" in queries.groups_of(relation) else ()
    for name in sorted(MEASURES, key=len, reverse=True):
        group = relation.removeprefix(f"{name}_by_")
        if group != relation and group in queries.groups_of(name):
            return name, (group,)
    return None


def columns(store: Store, relation: str) -> list[tuple[str, str]]:
    """The columns of a relation with their types, as SQL calls them."""
    if relation in OFFERED:
        return store.columns(relation)
    measure, by = measure_of(relation) or (relation, ())
    quickly: dict[str, Any] = {"limits": "none"} if "limits" in options_of(measure) else {}
    schema = pa.Schema.from_pandas(store.measure(measure, by=by, **quickly), preserve_index=False)
    return [(field.name, _TYPES.get(str(field.type), "VARCHAR")) for field in schema]


def meaning(relation: str, column: str) -> str:
    """What a column holds, in a few words: what the contract asks of it, or its measure's definition says; else ""."""
    if relation in TABLES and column in TABLES[relation].column_names:
        asked = TABLES[relation].column(column)
        if asked.codes:
            return ", ".join(asked.codes)
        if asked.low is not None:
            return f"{asked.low:g} to {asked.high:g}" if asked.high is not None else f"from {asked.low:g}"
        return "always there" if asked.required else ""
    if column.endswith("_no"):
        return "to join by"
    notes = relations()[relation].notes
    return notes.get(column.removeprefix("is_").removesuffix("_days").replace("_", " "), "")


_TYPES = {"int64": "BIGINT", "int32": "INTEGER", "double": "DOUBLE", "bool": "BOOLEAN", "date32[day]": "DATE"}


def measured(store: Store, relation: str) -> pd.DataFrame:
    """The figures of the measure that a relation is, of all records; NotAnswered where it cannot be told."""
    measure, by = measure_of(relation) or (relation, ())
    try:
        return store.measure(measure, by=by)
    except FilterError as wrong:
        raise NotAnswered(f"{relation} cannot be read: {wrong}.") from None


def _as_stream(figures: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(figures, preserve_index=False).replace_schema_metadata(None)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _child(request: bytes, limits: Limits) -> tuple[bytes, bool]:
    """What a child says, and whether it was ended because it took too long. It knows no environment."""
    process = subprocess.Popen(
        [sys.executable, "-s", "-m", "dashboard.sandbox.child"],
        cwd=PROJECT,
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    stopping.by(process.kill)
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        process.kill()

    clock = threading.Timer(limits.seconds, end)
    clock.start()
    with process:
        try:
            assert process.stdin
            assert process.stdout
            try:
                process.stdin.write(request)
                process.stdin.close()
            except BrokenPipeError:
                return b"", is_late.is_set()
            # More than an answer may have never stands in the server's memory.
            told = process.stdout.read(2 * limits.bytes + HEADROOM)
            return told, is_late.is_set()
        finally:
            process.kill()
            clock.cancel()


def _understood(told: bytes, is_late: bool, sql: str, snapshot: str, limits: Limits) -> Answer:
    line, end, stream = told.partition(b"\n")
    if is_late:
        raise NotAnswered(
            f"The query took longer than {limits.seconds:g} seconds and was ended. Read fewer rows, group before you "
            "join, or give it longer on the command line: outcomes sql --time-limit 60."
        )
    # A child that says nothing was ended by the system, which gave it no more memory.
    said: dict[str, Any] = json.loads(line) if end and line.startswith(b"{") else {"refused": OUT_OF_MEMORY}
    if said.get("refused") == OUT_OF_MEMORY:
        raise NotAnswered(
            f"The query needed more than {limits.memory / 1e9:g} GB of memory and was ended. Read fewer columns, group "
            "before you join, or give it more on the command line: outcomes sql --memory-limit 4GB."
        )
    if "refused" in said:
        raise NotAnswered(said["refused"])
    try:
        table = pa.ipc.open_stream(stream).read_all()
        is_whole = table.num_rows == said["rows"]  # a stream that ends early is one with fewer rows
    except (pa.ArrowInvalid, OSError):
        is_whole = False
    if not is_whole:
        if len(told) > limits.bytes:
            raise NotAnswered("The answer is larger than may come back. Select fewer columns or rows.")
        raise NotAnswered("The query was ended before its answer was whole. Run it again.")
    return Answer(sql, snapshot, _whole(table), said["is_cut"])


def _whole(table: pa.Table) -> pa.Table:
    """Sums of whole numbers, which come as decimals, as whole numbers where 64 bits hold them."""
    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            with contextlib.suppress(pa.ArrowInvalid):
                table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
    return table
