"""A delimited text (CSV, TSV and their kin) is looked at once, from end to end, and then read line by line."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from data.formats import lines
from data.formats.dialects import Dialect, found_dialect
from data.formats.encodings import Utf8Check, found_encoding, known_encoding
from data.formats.export_file import ExportFile, Ledger, Progress, Settings
from data.refusal import ImportRefused

BLOCK_BYTES = 16_000_000
FIRST_LINES = 200
ESCAPED_LINES = 50
LONGEST_FIRST_LINE = 1_000_000
MENDING = "Export it again as CSV (comma or semicolon separated text), with the column names in one row."


@dataclass(frozen=True, kw_only=True)
class DelimitedFile(ExportFile):
    """A delimited text: its encoding (None where its bytes are UTF-8), its dialect, and the lines of its header."""

    encoding: str | None
    dialect: Dialect
    header_first: int
    header_last: int

    def records(self, ledger: Ledger, progress: Progress = lambda done: None) -> Iterator[pa.Table]:
        return lines.records(self, ledger, progress)

    def raw_lines(self, spans: dict[int, int]) -> dict[int, str]:
        return lines.raw_lines(self, spans)


def examine(path: Path, name: str, wanted: Collection[str], settings: Settings | None = None) -> DelimitedFile:
    """Look at a text once, from end to end: its checksum, encoding, dialect and header.

    `wanted` are the column names by which delimiter and header are recognised. Raises ImportRefused for what is no
    delimited text.
    """
    settings = settings or Settings()
    digest = hashlib.sha256()
    utf8 = Utf8Check()
    size = 0
    head = b""
    has_escapes = False
    try:
        modified = path.stat().st_mtime_ns
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
                head = head or block[:4096]
                size += len(block)
                has_escapes = has_escapes or b'\\"' in block or b"\\'" in block
                utf8.see(block)
            utf8.see(b"", is_last=True)
        if settings.encoding is None:
            encoding, notes = found_encoding(path, name, head, utf8.is_utf8)
        else:
            encoding, notes = known_encoding(settings.encoding, name), ()
        _refuse_what_is_no_text(head, name, encoding)
        first, escaped = _first_lines(path, encoding, has_escapes)
    except OSError as error:
        raise ImportRefused(f"{name} cannot be read: {error.strerror}.") from error
    except UnicodeError as error:
        raise ImportRefused(
            f'{name} cannot be read as "{settings.encoding}". Leave encoding out of the mapping to have it found out.'
        ) from error
    dialect, header, last = found_dialect(first, escaped, wanted, settings, name)
    return DelimitedFile(
        path,
        name,
        digest.hexdigest(),
        size,
        header.names,
        modified,
        notes,
        header.twice,
        encoding=encoding,
        dialect=dialect,
        header_first=header.first,
        header_last=last,
    )


def _first_lines(path: Path, encoding: str | None, has_escapes: bool) -> tuple[list[str], list[str]]:
    """The first lines of a text, and some that hold a backslash before a quote."""
    first: list[str] = []
    escaped: list[str] = []
    with path.open(encoding=encoding or "utf-8", errors="replace", newline="") as file:
        while line := file.readline(LONGEST_FIRST_LINE):
            if len(first) < FIRST_LINES:
                first.append(line)
            if has_escapes and ('\\"' in line or "\\'" in line):
                escaped.append(line.rstrip("\r\n"))
            if len(first) == FIRST_LINES and (not has_escapes or len(escaped) == ESCAPED_LINES):
                break
    if first:
        first[0] = first[0].lstrip("\ufeff")
    return first, escaped


def _refuse_what_is_no_text(head: bytes, name: str, codec: str | None) -> None:
    text = head.decode(codec or "utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text:
        raise ImportRefused(f"{name} is empty: it has not even a row of column names. {MENDING}")
    if text.count("\0") > 8 + len(text) / 50 or head.startswith(b"%PDF"):
        raise ImportRefused(f"{name} is not text but something else (a picture, a document?). {MENDING}")
    if text.startswith("<"):
        raise ImportRefused(f"{name} is a web page or XML, not CSV. {MENDING}")
