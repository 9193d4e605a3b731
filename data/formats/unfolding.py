"""A file that is given becomes what can be read: archives are unpacked, workbooks and the like turned into sheets.

What a file is tells its content, never its name.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from data.formats.delimited import examine
from data.formats.export_file import ExportFile, Settings
from data.formats.tables import ConvertedSheet, converted
from data.refusal import ImportRefused

BLOCK_BYTES = 4_000_000
HARMLESS_BYTES = 100_000_000
LARGEST_RATIO = 100
MOST_MEMBERS = 1_000


@dataclass(frozen=True)
class Readable:
    """A text, or a sheet of another file, that has not been looked at yet.

    `called` are the names by which a mapping may mean it; `sheet` is its name in its workbook or document, if any.
    """

    name: str
    path: Path
    called: tuple[str, ...]
    converted: ConvertedSheet | None = None

    @property
    def sheet(self) -> str:
        return self.converted.sheet if self.converted else ""

    @property
    def is_text(self) -> bool:
        return self.converted is None

    def opened(self, wanted: Collection[str], settings: Settings | None = None) -> ExportFile:
        """Look at it: its header and how it is written. ImportRefused where it cannot be read."""
        if self.converted:
            return self.converted.headed(wanted, settings or Settings())
        return examine(self.path, self.name, wanted, settings)


def unfolded(path: Path, name: str, folder: Path) -> Iterator[Readable]:
    """What a file holds; what has to be unpacked or converted goes into `folder`, which need not be there yet.

    Raises ImportRefused for a file that cannot be read, or that would unpack into far more than it is.
    """
    try:
        kind = _kind(path)
        if kind == "gzip":
            inside = folder / "unpacked"
            folder.mkdir(parents=True)
            _write(_gunzipped(path, name), inside, name, path.stat().st_size)
            called = _called(name)
            for one in _unfolded_member(inside, name, folder / "inside"):
                yield Readable(one.name, one.path, tuple(dict.fromkeys((*called, *one.called))), one.converted)
        elif kind == "zip":
            yield from _members(path, name, folder)
        elif kind == "text":
            yield Readable(name, path, _called(name))
        else:
            sheets = converted(kind, path, name, folder)
            for sheet in sheets:
                yield Readable(sheet.name, path, (sheet.name, *_called(name)), sheet)
    except OSError as error:
        raise ImportRefused(f"{name} cannot be read: {error.strerror or error}.") from error


def _called(name: str) -> tuple[str, ...]:
    """The names by which a file may be meant: with its folders and without, packed and unpacked."""
    last = name.rsplit("/", 1)[-1]
    unpacked = last[:-3] if last.lower().endswith(".gz") else last
    return tuple(dict.fromkeys((name, last, unpacked)))


def _kind(path: Path) -> str:
    """What a file is, by how it begins."""
    with path.open("rb") as file:
        head = file.read(4_096)
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "excel"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        try:
            with zipfile.ZipFile(path) as archive:
                names = set(archive.namelist())
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return "zip"
        return "excel" if names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"} else "zip"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{") or (text.startswith(b"[") and text[1:].lstrip()[:1] in (b"{", b"[", b"]", b"")):
        return "json"
    return "text"


def _members(path: Path, name: str, folder: Path) -> Iterator[Readable]:
    """What the files inside a zip hold."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir() and not _is_hidden(one.filename)]
            if len(members) > MOST_MEMBERS:
                raise ImportRefused(f"{name} holds {len(members):,} files; an archive may hold {MOST_MEMBERS:,}.")
            if not members:
                raise ImportRefused(f"{name} is an archive that holds no file.")
            folder.mkdir(parents=True)
            written = 0
            for at, member in enumerate(members):
                inside = folder / f"{at}"
                called = f"{name}/{member.filename.replace(chr(92), '/').lstrip('/')}"
                if member.flag_bits & 1:
                    raise ImportRefused(f"{called} is protected by a password. Pack it without one.")
                with archive.open(member) as packed:
                    written += _write(_blocks(packed), inside, called, path.stat().st_size, written)
                yield from _unfolded_member(inside, called, folder / f"{at}-inside")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as error:
        raise ImportRefused(f"{name} is a damaged archive ({error}). Make it again.") from None


def _unfolded_member(path: Path, name: str, folder: Path) -> Iterator[Readable]:
    if _kind(path) in ("gzip", "zip"):
        raise ImportRefused(f"{name} is an archive within an archive. Unpack it first.")
    if path.stat().st_size:
        yield from unfolded(path, name, folder)


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part.startswith((".", "__MACOSX")) for part in parts)


def _gunzipped(path: Path, name: str) -> Iterator[bytes]:
    """The content of a gzip file, of all its members."""
    try:
        with gzip.open(path) as packed:
            yield from _blocks(packed)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ImportRefused(f"{name} is a damaged archive ({error}). Make it again.") from None


def _blocks(packed: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    while block := packed.read(BLOCK_BYTES):
        yield block


def _write(blocks: Iterator[bytes], place: Path, name: str, packed_bytes: int, before: int = 0) -> int:
    """Write what is unpacked, unless it and what came before it become far more than they were packed in; the bytes."""
    written = 0
    with place.open("wb") as file:
        for block in blocks:
            written += len(block)
            if before + written > max(HARMLESS_BYTES, LARGEST_RATIO * packed_bytes):
                raise ImportRefused(
                    f"{name} unpacks into more than {LARGEST_RATIO} times its size, as no export does. "
                    "If it is one, unpack it first."
                )
            file.write(block)
    return written
