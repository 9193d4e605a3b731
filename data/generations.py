"""The snapshots that are there: which one a pointer names, which older ones are kept, and whether they are whole.

A pointer file names the current snapshot. The snapshots stand beside it, in the folder `<pointer>.d`, each as
`<number>-<checksum>.duckdb` with a description of the same name in JSON, and are never changed. A number is given once:
to each import, and to each return to an older snapshot, whose file then keeps the number that it was imported under.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from data.refusal import ImportRefused, unreadable

FORMAT_VERSION = 1
STAGING = "staging"
EXTRACTS = "extracts"
"""The folder, beside the snapshots, of what is cut from them (data/extracting.py)."""

NEXT_POINTER = "pointer.json"
"""In the staging folder: the pointer that is about to be put in place."""

LARGEST_DESCRIPTION = 1_000_000
READ_ONLY: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "lock_configuration": True,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}
AGAIN = "Import the exports again with --replace to make a new one."
OR_AGAIN = ", or import the exports again with --replace to make a new one."

_verified: dict[tuple[int, int, int, int, int], str] = {}
_verifying = threading.Lock()
_versions: dict[str, int] = {}


@dataclass(frozen=True)
class Generation:
    """A published snapshot: its file, checksum, a name that changes with every import and return, and what it holds.

    `number` is 0, and `rows` and `as_of` are None, for a snapshot file that is opened without its pointer.
    """

    path: Path
    sha256: str
    name: str
    number: int = 0
    rows: int | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class KeptSnapshot:
    """A snapshot that can be returned to: the number of its import, when that was, and what it holds.

    `is_derived_again` where no import made it, but a changed catalogue or a newer version of this program.
    `problem` says why it cannot be returned to, where that is known without reading it.
    """

    number: int
    imported_at: datetime | None
    as_of: date | None
    rows: int | None
    files: tuple[str, ...]
    is_current: bool
    problem: str | None = None
    is_derived_again: bool = False


def current(path: str | Path) -> Generation:
    """The snapshot that a pointer names now; a snapshot file may be given as well.

    Its checksum is verified once per process. Raises ImportRefused where there is none, or one that is damaged or
    of another version of this program.
    """
    pointer = Path(path)
    while True:
        written = read_description(pointer)
        try:
            return _generation(pointer, written)
        except FileNotFoundError:
            # Whoever looked at the pointer just before newer imports had the snapshot removed looks again.
            if read_description(pointer) == written:
                name = written["file"] if written else pointer.name
                raise ImportRefused(
                    f"The snapshot {name}, which {pointer} names, is missing. {remedy(pointer)}"
                ) from None
        except OSError as error:
            raise unreadable(pointer, error) from error


def snapshots(path: str | Path) -> list[KeptSnapshot]:
    """The snapshots that are kept behind a pointer, the newest first; ImportRefused where there is none.

    They are told from their descriptions: only a return reads and verifies the snapshot itself.
    """
    pointer = Path(path)
    try:
        files = published(pointer)
    except OSError as error:
        raise unreadable(pointer, error) from error
    if not files:
        raise _none_at(pointer)
    named = (read_description(pointer) or {}).get("file")
    return [_kept(file, file.name == named) for file in sorted(files, key=number_of, reverse=True)]


def folder_of(pointer: Path) -> Path:
    """Where the snapshots of a pointer stand."""
    return pointer.with_name(f"{pointer.name}.d")


def number_of(file: Path) -> int:
    """The number that a snapshot was imported under; 0 where its name tells none."""
    digits = file.name.split("-")[0]
    return int(digits) if digits.isascii() and digits.isdecimal() else 0


def published(pointer: Path) -> list[Path]:
    """The files of the snapshots that a pointer names or has named."""
    folder = folder_of(pointer)
    orphan = unpublished(folder)
    return [file for file in folder.glob("*.duckdb") if number_of(file) and file != orphan]


def unpublished(folder: Path) -> Path | None:
    """The file that an import moved beside the others without getting as far as the pointer."""
    written = read_description(folder / STAGING / NEXT_POINTER)
    file = folder / Path(written["file"]).name if written else None
    # The pointer of a return names a file of another number, which has long been published.
    return file if file and written and number_of(file) == written["generation"] else None


def read_description(path: Path) -> dict[str, Any] | None:
    """What a pointer, or the description of a snapshot, says; None where the file is none."""
    try:
        with path.open("rb") as file:
            written = json.loads(file.read(LARGEST_DESCRIPTION))
    except (ValueError, OSError, RecursionError):
        return None
    is_one = isinstance(written, dict) and "generation" in written
    return written if is_one and all(isinstance(written.get(name), str) for name in ("file", "sha256")) else None


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def has_log(file: Path) -> bool:
    """Whether DuckDB left a log beside a snapshot, or somebody planted one: opening it would change what it says."""
    return any(file.with_name(f"{file.name}{ending}").exists() for ending in (".wal", ".wal.checkpoint"))


def checksum(file: Path) -> str:
    """The SHA-256 of a snapshot, computed once while the file stays the same."""
    status = file.stat()
    key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    with _verifying:
        if key not in _verified:
            _verified[key] = sha256_of(file)
        return _verified[key]


def generation(file: Path, written: dict[str, Any]) -> Generation:
    """What a pointer says of its snapshot; ValueError or TypeError where it cannot be so."""
    number, as_of = int(written["generation"]), written.get("as_of")
    return Generation(
        path=file,
        sha256=written["sha256"],
        name=f"{number:06d}-{written['sha256'][:12]}",
        number=number,
        rows=written.get("rows"),
        as_of=date.fromisoformat(as_of) if as_of else None,
    )


def other_version(version: object, path: Path, mend: str = AGAIN, reads: int = FORMAT_VERSION) -> ImportRefused:
    """The refusal of a snapshot, or of a share, that has another layout than this program reads."""
    return ImportRefused(
        f"{path} was made by another version of this program (layout {version}, this one reads {reads}). {mend}"
    )


def with_log(file: Path, mend: str = AGAIN) -> ImportRefused:
    """The refusal of a snapshot that a log lies beside."""
    return ImportRefused(f"{file.name} has a .wal file beside it: it is no published snapshot. {mend}")


def remedy(pointer: Path) -> str:
    """What to do where the current snapshot cannot be opened."""
    if len(list(folder_of(pointer).glob("*.duckdb"))) > 1:
        return f"Return to an older one (outcomes snapshots --snapshot {pointer} lists them){OR_AGAIN}"
    return AGAIN


def _generation(pointer: Path, written: dict[str, Any] | None) -> Generation:
    if not pointer.is_file():
        raise _none_at(pointer)
    if written is None:
        if folder_of(pointer).is_dir():
            raise ImportRefused(f"The pointer {pointer} is damaged. {_bring_back(pointer)}")
        return _without_pointer(pointer)
    if written.get("format_version") != FORMAT_VERSION:
        raise other_version(written.get("format_version"), pointer, remedy(pointer))
    file = folder_of(pointer) / Path(written["file"]).name
    if has_log(file):
        raise with_log(file, remedy(pointer))
    if checksum(file) != written["sha256"]:
        raise ImportRefused(f"The snapshot {file.name} is damaged: its checksum has changed. {remedy(pointer)}")
    try:
        return generation(file, written)
    except (ValueError, TypeError):
        raise ImportRefused(f"The pointer {pointer} is damaged. {_bring_back(pointer)}") from None


def _without_pointer(file: Path) -> Generation:
    """A snapshot file by itself; if its description lies beside it, it must still be what that says."""
    if has_log(file):
        raise with_log(file)
    sha256, beside = checksum(file), read_description(file.with_suffix(".json"))
    if beside and sha256 != beside["sha256"]:
        raise ImportRefused(f"The snapshot {file.name} is damaged: its checksum has changed. {AGAIN}")
    version = _format_version(file, sha256)
    if version != FORMAT_VERSION:
        raise other_version(version, file)
    return Generation(file, sha256, sha256[:12])


def _kept(file: Path, is_current: bool) -> KeptSnapshot:
    number, written = number_of(file), read_description(file.with_suffix(".json"))
    try:
        if not written or written["file"] != file.name:
            raise ValueError
        return KeptSnapshot(
            number,
            datetime.fromisoformat(written["imported_at"]),
            date.fromisoformat(written["as_of"]) if written["as_of"] else None,
            int(written["rows"]),
            tuple(map(str, written["files"])),
            is_current,
            None if written["format_version"] == FORMAT_VERSION else "made by another version of this program",
            written.get("is_derived_again") is True,
        )
    except (ValueError, TypeError, KeyError):
        return KeptSnapshot(number, None, None, None, (), is_current, "its description is missing or damaged")


def _none_at(pointer: Path) -> ImportRefused:
    if published(pointer):
        return ImportRefused(
            f"The pointer {pointer} is gone, but its snapshots are still there. {_bring_back(pointer)}"
        )
    return ImportRefused(f"There is no snapshot at {pointer}. Make one: outcomes import FOLDER --into {pointer}")


def _bring_back(pointer: Path) -> str:
    newest = max((number_of(file) for file in published(pointer)), default=0)
    if not newest:
        return AGAIN
    return f"Bring back the newest one (outcomes snapshots --snapshot {pointer} --return-to {newest}){OR_AGAIN}"


def _format_version(file: Path, sha256: str) -> int:
    """The version of a snapshot file's layout, read once per content."""
    if sha256 not in _versions:
        import duckdb  # most of what knows where a snapshot is opens none

        try:
            with duckdb.connect(str(file), read_only=True, config=READ_ONLY) as connection:
                rows = connection.execute("select format_version from snapshot").fetchall()
        except duckdb.Error as error:
            raise ImportRefused(f"{file} is not a snapshot, or a damaged one. {AGAIN}") from error
        _versions[sha256] = int(rows[0][0]) if rows else 0
    return _versions[sha256]
