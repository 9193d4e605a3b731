"""A file is looked at once before it is read: is it CSV, in what encoding, with what delimiter and column names."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from data.refusal import ImportRefused

LINE_COLUMN = "__line"
DELIMITERS = (",", ";", "\t", "|")
CHUNK_BYTES = 16_000_000
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WESTERN = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüœ€‘’“”–—•…°®™«»½¼²³µ·£§©´¿¡\u00a0"
MENDING = "Export it again as CSV (comma or semicolon separated text), with the column names in the first row."


@dataclass(frozen=True)
class CsvFile:
    """A CSV file that has been looked at once: how it is encoded and delimited, and what its columns are called.

    `encoding` is None where the bytes are UTF-8 already. `notes` tells what had to be guessed.
    """

    path: Path
    name: str
    sha256: str
    size: int
    encoding: str | None
    delimiter: str
    headers: tuple[str, ...]
    header_line: int
    notes: tuple[str, ...] = ()


def examine(
    path: Path, name: str, wanted: Sequence[str], encoding: str | None = None, delimiter: str | None = None
) -> CsvFile:
    """Look at a CSV file once, from end to end: its checksum, encoding, delimiter and header.

    `wanted` are the column names by which the delimiter is recognised. Raises ImportRefused for what is not CSV.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    is_utf8 = True
    size = 0
    head = b""
    try:
        with path.open("rb") as file:
            while block := file.read(CHUNK_BYTES):
                digest.update(block)
                head = head or block[:4096]
                size += len(block)
                if is_utf8 and not (block.isascii() and not decoder.getstate()[0]):
                    is_utf8 = _decodes(decoder, block)
            is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    except OSError as error:
        raise ImportRefused(f"{name} cannot be read: {error.strerror}.") from error

    notes: tuple[str, ...] = ()
    marked = next((codec for mark, codec in BYTE_ORDER_MARKS if head.startswith(mark)), None)
    if encoding is not None:
        codec: str | None = _known_encoding(encoding, name)
    elif marked:
        codec = marked
    elif is_utf8:
        codec = "utf-8"
    else:
        codec, note = _detected_encoding(path, name)
        notes = (note,)
    _refuse_what_is_no_csv(head, name, codec)
    if codec in ("utf-8", "utf-8-sig"):
        codec = None
    headers, found_delimiter, header_line = _header(path, name, codec, delimiter, wanted)
    return CsvFile(path, name, digest.hexdigest(), size, codec, found_delimiter, headers, header_line, notes)


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        decoder.reset()
        return False
    return True


def _known_encoding(encoding: str, name: str) -> str:
    try:
        b"a".decode(encoding, "replace")  # refuses what is no encoding of a file's text, such as base64 or idna
        return codecs.lookup(encoding).name
    except (LookupError, UnicodeError) as error:
        raise ImportRefused(
            f'"{encoding}" is no encoding that is known here, but the mapping names it for {name}. '
            'Common ones: "utf-8", "windows-1252", "utf-16".'
        ) from error


def _detected_encoding(path: Path, name: str) -> tuple[str, str]:
    """The encoding of a file that is not UTF-8 throughout, and what to tell about it."""
    sample: list[bytes] = []
    with path.open("rb") as file:
        while len(sample) < 2_000 and (line := file.readline(100_000)):
            if not line.isascii():
                sample.append(line)
    is_utf8 = [_decodes(codecs.getincrementaldecoder("utf-8")(), line, final=True) for line in sample]
    if sum(is_utf8) > len(sample) / 2:
        return "utf-8", "read as UTF-8; lines with other bytes are rejected"
    best = None if _is_western(b"".join(sample)) else from_bytes(b"".join(sample)).best()
    guess = "cp1252" if best is None else best.encoding
    told = "windows-1252" if guess == "cp1252" else guess.replace("_", "-")
    return guess, f'not UTF-8, read as {told}; if that is wrong, name it in a mapping: encoding = "..."'


def _is_western(sample: bytes) -> bool:
    """Whether these bytes, read as windows-1252, are text of a western European language."""
    text = sample.decode("cp1252", "replace")
    foreign = [character for character in text if not character.isascii()]
    letters = sum(character.isalpha() for character in text)
    usual = sum(character in WESTERN for character in foreign)
    return usual >= 0.95 * len(foreign) and len(foreign) <= 0.4 * max(letters, 1)


def _refuse_what_is_no_csv(head: bytes, name: str, codec: str | None) -> None:
    text = head.decode(codec or "utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text:
        raise ImportRefused(f"{name} is empty: it has not even a row of column names. {MENDING}")
    if text.count("\0") > 8 + len(text) / 50 or head.startswith(
        (b"PK\x03\x04", b"%PDF", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")
    ):
        raise ImportRefused(f"{name} is not text but something else (a spreadsheet, an archive?). {MENDING}")
    if text.startswith("<"):
        raise ImportRefused(f"{name} is a web page or XML, not CSV. {MENDING}")
    if text.startswith(("{", "[{", "[\n", "[\r")):
        raise ImportRefused(f"{name} is JSON, not CSV. {MENDING}")


def _header(
    path: Path, name: str, codec: str | None, delimiter: str | None, wanted: Sequence[str]
) -> tuple[tuple[str, ...], str, int]:
    """The column names, the delimiter and the line of the header."""
    if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0'):
        raise ImportRefused(f'delimiter = "{delimiter}" for {name}: a delimiter is one character, such as ";".')
    with path.open(encoding=codec or "utf-8", errors="replace", newline="") as file:
        line, number = "", 0
        try:
            while not line.strip("\ufeff \t\r\n"):
                line = file.readline(1_000_000)
                number += 1
        except UnicodeError as error:
            raise ImportRefused(
                f'{name} cannot be read as "{codec}". Leave encoding out of the mapping to have it found out.'
            ) from error
    line = line.lstrip("\ufeff").rstrip("\r\n")
    names = {column.casefold() for column in wanted}
    splits: dict[str, list[str]] = {}
    for candidate in (delimiter,) if delimiter else DELIMITERS:
        try:
            splits[candidate] = next(csv.reader((line,), delimiter=candidate, strict=True))
        except csv.Error as error:
            if delimiter:
                raise ImportRefused(f"{name}: the row of column names is damaged ({error}). {MENDING}") from error
    if "\0" in line:
        raise ImportRefused(f"{name} is not text but something else (a spreadsheet, an archive?). {MENDING}")
    if not splits or line.count('"') % 2:
        raise ImportRefused(f"{name}: the row of column names is damaged (a quote is not closed). {MENDING}")
    found = max(splits, key=lambda one: (sum(c.strip().casefold() in names for c in splits[one]), len(splits[one])))
    headers = [cell.strip() or f"column {position}" for position, cell in enumerate(splits[found], 1)]
    folded = [header.casefold() for header in headers]
    twice = [header for header in headers if folded.count(header.casefold()) > 1]
    if twice or LINE_COLUMN in folded:
        raise ImportRefused(
            f"{name} has two columns called {twice[0] if twice else LINE_COLUMN}: which is meant? Rename one of them."
        )
    return tuple(headers), found, number
