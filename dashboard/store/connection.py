"""What connections to snapshots have in common."""

from __future__ import annotations

import os

import duckdb

from dashboard import stopping

BATCH_ROWS = 50_000
SHARE_OF_MEMORY = 4

# No file, no network, no extension, and no way back, for whatever this connection is asked.
HARDENING = (
    "set enable_external_access = false",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set python_enable_replacements = false",
    "set lock_configuration = true",
)


def most_memory() -> int:
    """Bytes that DuckDB may work in where nobody says otherwise: a quarter of the machine's; more is spilled."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // SHARE_OF_MEMORY


def cursor_of(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A cursor for one answer, whose query ends where nobody waits for it any more."""
    cursor = connection.cursor()
    stopping.by(cursor.interrupt)
    return cursor
