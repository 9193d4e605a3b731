"""A delimited text (CSV, TSV and their kin) is looked at once, from end to end, and then read line by line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from data.formats import lines
from data.formats.dialects import Dialect, found_dialect
from data.formats.encodings import Utf8Check, found_encoding, known_encoding
from data.formats.export_file import ExportFile, Ledger, Progress, Settings
from data.refusal import ImportRefused

BLOCK_BYTES = 4_000_000
FIRST_LINES = 200
TELLING_LINES = 50
MOST_APOSTROPHES = 10_000
LONGEST_FIRST_LINE = 1_000_000
FIRST_CHARACTERS = 2_000_000
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

    @property
    def raw_dialect(self) -> tuple[str, str]:
        return self.dialect.delimiter, self.dialect.quote


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
    telling: list[bytes] = []
    try:
        modified = path.stat().st_mtime_ns
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
                head = head or block[:4096]
                size += len(block)
                telling += _telling_lines(block, TELLING_LINES - len(telling))
                utf8.see(block)
            utf8.see(b"", is_last=True)
        if settings.encoding is None:
            encoding, notes = found_encoding(path, name, head, utf8.is_utf8)
        else:
            encoding, notes = known_encoding(settings.encoding, name), ()
        _refuse_what_is_no_text(head, name, encoding)
        first = _first_lines(path, encoding)
    except OSError as error:
        raise ImportRefused(f"{name} cannot be read: {error.strerror}.") from error
    except UnicodeError as error:
        raise ImportRefused(
            f'{name} cannot be read as "{settings.encoding}". Leave encoding out of the mapping to have it found out.'
        ) from error
    told = [line.decode(encoding or "utf-8", "replace") for line in telling]
    dialect, header, last = found_dialect(first, told, wanted, settings, name)
    if not header.score and head.count(b"\0") > 8 + len(head) / 50 and not (encoding or "").startswith("utf-"):
        raise ImportRefused(f"{name} is not text but something else (a picture, a document?). {MENDING}")
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


def _first_lines(path: Path, encoding: str | None) -> list[str]:
    first: list[str] = []
    with path.open(encoding=encoding or "utf-8", errors="replace", newline="") as file:
        read = 0
        while len(first) < FIRST_LINES and read < FIRST_CHARACTERS and (line := file.readline(LONGEST_FIRST_LINE)):
            first.append(line)
            read += len(line)
    if first:
        first[0] = first[0].lstrip("\ufeff")
    return first


def _telling_lines(block: bytes, most: int) -> list[bytes]:
    """Lines that tell of quotes and escapes: with a backslash before a quote, or an apostrophe where a cell begins."""
    lines: list[bytes] = []
    for sign in (b'\\"', b"\\'", b"'"):
        if sign[:1] not in block:  # one byte is found much sooner than two
            continue
        at = -1
        for _ in range(MOST_APOSTROPHES):
            at = block.find(sign, at + 1)
            if at < 0 or len(lines) >= most:
                break
            if sign == b"'" and at and (block[at - 1 : at].isalnum() or block[at - 1] in b" .'"):
                continue
            first = max(block.rfind(b"\n", 0, at), block.rfind(b"\r", 0, at)) + 1
            last = re.compile(rb"[\r\n]").search(block, at)
            if last and last.start() - first < LONGEST_FIRST_LINE:
                lines.append(block[first : last.start()])
                at = last.start()
    return lines


def _refuse_what_is_no_text(head: bytes, name: str, codec: str | None) -> None:
    text = head.decode(codec or "utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text:
        raise ImportRefused(f"{name} is empty: it has not even a row of column names. {MENDING}")
    if head.startswith(b"%PDF"):
        raise ImportRefused(f"{name} is not text but something else (a picture, a document?). {MENDING}")
    if text.startswith("<"):
        raise ImportRefused(f"{name} is a web page or XML, not CSV. {MENDING}")
