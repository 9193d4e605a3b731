"""The second wall: a process that copies a snapshot into its memory, can reach nothing else, answers, and is gone.

    python -m dashboard.sandbox.child < REQUEST > ANSWER

A request is a line of JSON (`Request`) and the frames it counts, as Arrow streams one after the other. An answer is a
line of JSON, `{"is_cut": ...}` and an Arrow stream, or `{"refused": ...}` in words that tell nothing of the machine.

Before the statement is read: the snapshot is copied into memory, where it has no place that could be told or written
beside; DuckDB may reach no file, no network and no extension, and its configuration is locked; and the system lets this
process open no file or socket, write none, and have only so much memory and processor time. Whoever started it ends it.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import duckdb
import pyarrow as pa

from dashboard.sandbox.statement import NotAllowed, check

PROGRAM_BYTES = 1_500_000_000
"""What Python, DuckDB and Arrow take of the address space, beside the memory that a query may have."""
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
THREADS = 2
NICENESS = 10
BATCH_ROWS = 2_048

LOCKED = (
    "set temp_directory = ''",
    "set secret_directory = ''",
    "set extension_directory = ''",
    "set home_directory = ''",
    "set TimeZone = 'UTC'",
    "set enable_external_access = false",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set python_enable_replacements = false",
    "set lock_configuration = true",
)
# What these say is of the statement; what others say may be of the machine.
TOLD = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ConversionException,
    duckdb.InvalidInputException,
    duckdb.InvalidTypeException,
    duckdb.OutOfRangeException,
    duckdb.ParserException,
    duckdb.TypeMismatchException,
)
# What comes back as it is, and what it becomes otherwise; everything else (lists, intervals, ...) becomes its text.
_PLAIN = """
    boolean tinyint smallint integer bigint hugeint utinyint usmallint uinteger ubigint float double decimal
    date timestamp varchar
"""
PLAIN = frozenset(_PLAIN.split())
OTHERWISE = dict.fromkeys(("timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone"), "timestamp")
OUT_OF_MEMORY = "out of memory"
NOT_TOLD = "The query could not be run."


@dataclass(frozen=True)
class Request:
    """What a child is asked.

    relations: the select of every relation over `snapshot_file`, the file at `snapshot`
    offered: those of them that the statement may read; macros: the select of every macro over them
    frames: name and bytes of each table that comes after this line
    rows, bytes: at most so many come back; memory: bytes to work in; cpu_seconds: of the processor
    """

    sql: str
    is_checked: bool
    snapshot: str
    relations: dict[str, str]
    offered: list[str]
    macros: dict[str, str]
    frames: list[tuple[str, int]]
    rows: int
    bytes: int
    memory: int
    cpu_seconds: int


def main() -> None:
    """Answers the request on standard input."""
    told: dict[str, str | int]
    request = Request(**json.loads(sys.stdin.buffer.readline()))
    try:
        connection = prepared(request, sys.stdin.buffer)
    except (MemoryError, pa.ArrowMemoryError, duckdb.OutOfMemoryException):
        told, rows = {"refused": OUT_OF_MEMORY}, None
    else:
        told, rows = answer(request.sql, request, connection)
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")
    if rows is not None:
        with pa.ipc.new_stream(sys.stdout.buffer, rows.schema) as stream:
            stream.write_table(rows)
    sys.stdout.buffer.flush()
    os._exit(0)


def prepared(request: Request, frames: BinaryIO) -> duckdb.DuckDBPyConnection:
    """A connection to a copy of the records, in a process that from here on can reach nothing else."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    place = _held(request.snapshot)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (request.cpu_seconds, request.cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (PROGRAM_BYTES + request.memory,) * 2)
    connection = duckdb.connect(":memory:", config={"threads": THREADS})
    connection.execute(f"set memory_limit = '{request.memory}B'")
    connection.execute(f"attach '{place}' as snapshot_file (read_only)")
    for name, select in request.relations.items():
        connection.execute(f"create view {_quoted(name)} as {select}")
    for name, select in request.macros.items():
        connection.execute(f"create macro {_quoted(name)}(filters) as table ({select})")
    for name, size in request.frames:
        connection.register("frame", pa.ipc.open_stream(frames.read(size)).read_all())
        connection.execute(f"create table {_quoted(name)} as from frame")
        connection.unregister("frame")
    for setting in LOCKED:
        connection.execute(setting)
    os.chdir("/")
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    return connection


def _held(snapshot: str) -> str:
    """Where a copy of the snapshot is that is held in memory alone: DuckDB tells the place of whatever it attaches."""
    if sys.platform != "linux":
        return snapshot.replace("'", "''")
    memory = os.memfd_create("snapshot")
    with open(snapshot, "rb") as file:  # noqa: PTH123
        size = done = os.fstat(file.fileno()).st_size
        while done:
            done -= os.sendfile(memory, file.fileno(), size - done, done)
    return f"/proc/self/fd/{memory}"


def answer(
    sql: str, request: Request, connection: duckdb.DuckDBPyConnection
) -> tuple[dict[str, str | int], pa.Table | None]:
    """What is told of a statement, and its rows; whatever goes wrong is told in words."""
    try:
        if request.is_checked:
            check(sql, [*request.offered, *(name for name, _ in request.frames)], connection, request.macros)
        rows, is_cut = _rows(sql, request, connection)
        return {"is_cut": is_cut, "rows": rows.num_rows}, rows
    except NotAllowed as refused:
        told = str(refused)
    except (MemoryError, pa.ArrowMemoryError, duckdb.OutOfMemoryException):
        told = OUT_OF_MEMORY
    except TOLD as wrong:
        told = _without_places(str(wrong), sql)
    except Exception as failure:
        # Arrow hands on DuckDB's errors as errors of its own, by their text.
        told = OUT_OF_MEMORY if "Out of Memory" in str(failure) else NOT_TOLD
    return {"refused": told}, None


def _rows(sql: str, request: Request, connection: duckdb.DuckDBPyConnection) -> tuple[pa.Table, bool]:
    """The first rows that the statement gives, and whether there are more than may come back."""
    relation = connection.sql(sql)
    if relation is None:
        return pa.table({}), False
    columns = zip(_names(relation.columns), (kind.id for kind in relation.types), strict=True)
    plain = [
        f"#{place}{'' if kind in PLAIN else '::' + OTHERWISE.get(kind, 'varchar')} as {_quoted(name)}"
        for place, (name, kind) in enumerate(columns, start=1)
    ]
    reader = relation.project(", ".join(plain)).to_arrow_reader(BATCH_ROWS)
    batches: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in reader:
        rows += batch.num_rows
        size += batch.nbytes
        if size > request.bytes:
            break
        batches.append(batch)
        if rows > request.rows:
            break
    kept = pa.Table.from_batches(batches, reader.schema).slice(0, request.rows)
    return kept, kept.num_rows < rows


def _names(columns: Sequence[str]) -> list[str]:
    """The columns' names, each once whatever the capitals: a second `rate` is `rate_2`."""
    taken: list[str] = []
    for column in columns:
        name, again = column, 1
        while name.lower() in (each.lower() for each in taken):
            again += 1
            name = f"{column}_{again}"
        taken.append(name)
    return taken


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _without_places(message: str, sql: str) -> str:
    """The message of an error, unless it names a place that the statement does not."""
    places = re.findall(r"\S*[/\\]\S*", message)
    return message if all(place.strip("\"'.,()") in sql for place in places) else NOT_TOLD


if __name__ == "__main__":
    main()
