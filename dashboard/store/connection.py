"""What connections to snapshots have in common."""

from __future__ import annotations

BATCH_ROWS = 50_000

# No file, no network, no extension, and no way back, for whatever this connection is asked.
HARDENING = (
    "set enable_external_access = false",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set python_enable_replacements = false",
    "set lock_configuration = true",
)
