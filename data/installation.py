"""The secret of an installation, of which pseudonyms are made: `installation.key`, beside the snapshots.

It is made when it is first needed, for its owner alone to read, and is in no download, log or error. Whoever has it can
tell whose a pseudonym is; whoever loses it gets other pseudonyms from then on.
"""

from __future__ import annotations

import os
import secrets
import uuid
from contextlib import suppress
from pathlib import Path

from data.refusal import ImportRefused

NAME = "installation.key"
BYTES = 32


def installation_key(folder: Path) -> bytes:
    """The 32 random bytes of the snapshots in that folder; ImportRefused where the file holds something else."""
    place = folder / NAME
    try:
        key = place.read_bytes()
    except FileNotFoundError:
        _make(place)
        key = place.read_bytes()
    if len(key) != BYTES:
        raise ImportRefused(
            f"{place} is damaged. Put it back from a backup; or take it away, and pseudonyms are others from then on."
        )
    return key


def _make(place: Path) -> None:
    """Writes the file whole, or leaves the one that another process has made meanwhile."""
    unfinished = place.with_name(f"{NAME}.{uuid.uuid4().hex}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(BYTES))
            file.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            place.hardlink_to(unfinished)
    finally:
        unfinished.unlink(missing_ok=True)
