"""The one error of an import that its user can mend."""

from __future__ import annotations

from pathlib import Path

ADVICE = {
    "No space left on device": "Make room on that disk, then import again.",
    "Disk quota exceeded": "Make room there, then import again.",
    "File too large": "Let this account write larger files, then import again.",
    "Read-only file system": "Choose a place that can be written (--into).",
    "Permission denied": "Choose a place that you may write to (--into), or ask whoever keeps this one.",
    "Operation not permitted": "Choose a place that you may write to (--into), or ask whoever keeps this one.",
}


class ImportRefused(Exception):
    """Nothing was changed; the message says what is wrong and how to mend it."""


def unwritable(place: Path, error: Exception) -> ImportRefused:
    """The refusal of an import that could not write its snapshot, from what the operating system said."""
    said = str(error)
    file = error.filename if isinstance(error, OSError) else None
    if file and not str(file).startswith(str(place)) and Path(file) not in place.parents:
        return ImportRefused(f"{said}. Nothing was changed.")
    for reason, advice in ADVICE.items():
        if reason in said:
            return ImportRefused(f"The snapshot cannot be written at {place}: {reason}. Nothing was changed. {advice}")
    return ImportRefused(f"The snapshot cannot be written at {place}: {said.splitlines()[0]}. Nothing was changed.")


def unreadable(place: Path, error: OSError) -> ImportRefused:
    """The refusal to open a snapshot that the operating system keeps from us."""
    return ImportRefused(
        f"The snapshot {place} cannot be read: {error.strerror or error}. "
        "Ask whoever keeps it for the right to read it."
    )
