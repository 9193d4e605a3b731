"""The lines of a delimited text as they lie there: in chunks of whole lines, with where each begins and ends.

A line is plain where its quotes stand around whole cells and it has exactly the header's number of cells. Lines are
looked at in bulk, as arrays of positions.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from data.formats.export_file import LINE_COLUMN
from data.refusal import ImportRefused

if TYPE_CHECKING:
    from data.formats.delimited import DelimitedFile

CHUNK_BYTES = 8_000_000
BLOCK_BYTES = 4_000_000
LONGEST_LINE_BYTES = 32_000_000
SHOWN_BYTES = 10_000
# Stands for a delimiter that is no single byte, while a chunk is read.
SEPARATOR = "\x1f"

Lines = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Chunk:
    """A piece of a file as UTF-8; `consumed` tells how many bytes of it the reader has dealt with.

    Where `is_overlong`, it is the beginning of a line that is too long to be read.
    """

    def __init__(self, text: bytes, is_last: bool, done: int, is_overlong: bool = False) -> None:
        self.text = text
        self.is_last = is_last
        self.done = done
        self.is_overlong = is_overlong
        self.consumed = 0


class PhysicalLines:
    """Where the lines of a chunk begin and end, and which of them are plain."""

    def __init__(self, text: bytes, file: DelimitedFile) -> None:
        self.file = file
        self.chunk = text
        self.width = len(file.headers)
        self.delimiter = file.dialect.delimiter if len(file.dialect.delimiter.encode()) == 1 else SEPARATOR
        self.quote = file.dialect.quote
        self.characters = np.frombuffer(text, dtype=np.uint8)
        ends = np.flatnonzero(self.characters == ord("\n"))
        has_returns = b"\r" in text
        if has_returns:
            returns = np.flatnonzero(self.characters == ord("\r"))
            is_alone = (returns + 1 == len(text)) | (self._following(returns) != ord("\n"))
            ends = np.sort(np.concatenate([ends, returns[is_alone]]))
        self.starts: Lines = np.concatenate([[0], ends + 1]).astype(np.int64)
        if self.starts[-1] == len(text):
            self.starts = self.starts[:-1]
        else:
            ends = np.append(ends, len(text))
        self.count = len(self.starts)
        self.nexts: Lines = np.append(self.starts[1:], len(text))
        crlf = (ends > self.starts) & (self.characters[np.maximum(ends - 1, 0)] == ord("\r")) if has_returns else 0
        self.ends: Lines = ends - crlf

    def text(self, at: int) -> str | None:
        """A line without its end; None where it is not text."""
        try:
            return self.chunk[self.starts[at] : self.ends[at]].decode()
        except UnicodeDecodeError:
            return None

    def is_too_long(self, at: int) -> bool:
        """Whether a line is longer than any record is."""
        return bool(self.ends[at] - self.starts[at] > LONGEST_LINE_BYTES)

    def with_end(self, at: int) -> str:
        """A line with its end."""
        return self.chunk[self.starts[at] : self.nexts[at]].decode()

    def all_plain(self, top: int, schema: pa.Schema) -> pa.Table | None:
        """All lines below `top` as a batch of records; None where one of them is not plain."""
        if not self.well_formed[top:].all():
            return None
        if self.width > 1 and (self.ends - self.starts == self.width - 1).any():  # may be delimiters alone
            return None
        if top == self.count:
            return schema.empty_table().drop_columns([LINE_COLUMN])
        text = pa.py_buffer(self.chunk).slice(int(self.starts[top])) if top else self.chunk
        try:
            batch = self._parsed(text, schema)
        except pa.ArrowInvalid:  # a line with more or fewer cells than the header
            return None
        return batch if batch.num_rows == self.count - top else None

    def split(self, chosen: Mask, schema: pa.Schema) -> pa.Table:
        """The chosen lines, which are plain, as a batch."""
        edges = np.flatnonzero(np.diff(chosen.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
        text = b"".join(self.chunk[self.starts[first] : self.nexts[last - 1]] for first, last in edges.tolist())
        batch = self._parsed(text, schema)
        assert batch.num_rows == chosen.sum(), f"{self.file.name}: {batch.num_rows} records in {chosen.sum()} lines"
        return batch

    @cached_property
    def well_formed(self) -> Mask:
        """Lines of text whose quotes stand around whole cells, and that hold nothing else that asks for care."""
        lengths = self.ends - self.starts
        fits: Mask = (lengths > 0) & (lengths <= LONGEST_LINE_BYTES)
        for character in ("\0", self.file.dialect.escape):
            if character and character.encode() in self.chunk:
                fits &= self._counts(ord(character)) == 0
        if self.quote and self.quote.encode() in self.chunk:
            fits &= self._has_whole_quotes()
        return fits & self._is_text()

    @cached_property
    def plain(self) -> Mask:
        """Lines that are a record by themselves: well formed, not blank, with the header's number of cells."""
        plain: Mask = self.well_formed & (self.delimiters == self.width - 1)
        if self.width > 1:
            plain &= (self.ends - self.starts) > self.width - 1
        return plain

    @cached_property
    def delimiters(self) -> Lines:
        """How many delimiters outside of quotes each line has (of lines that are not well formed: about how many)."""
        delimiters = np.flatnonzero(self.characters == ord(self.delimiter))
        if self.quote and len(self._quotes):
            before = np.searchsorted(self._quotes, delimiters)
            line = np.searchsorted(self.starts, delimiters, side="right") - 1
            is_outside = (before - np.searchsorted(self._quotes, self.starts)[line]) % 2 == 0
            delimiters = delimiters[is_outside]
        return np.diff(np.searchsorted(delimiters, np.append(self.starts, len(self.chunk))))

    @cached_property
    def _quotes(self) -> Lines:
        return np.flatnonzero(self.characters == ord(self.quote))

    def _has_whole_quotes(self) -> Mask:
        """Lines in which each opening quote begins a cell and each closing quote ends one; doubled ones may follow."""
        quotes = self._quotes
        firsts = np.searchsorted(quotes, np.append(self.starts, len(self.chunk)))
        line = np.repeat(np.arange(self.count), np.diff(firsts))
        is_opening = (np.arange(len(quotes)) - firsts[line]) % 2 == 0
        delimiter, quote = ord(self.delimiter), ord(self.quote)
        before = self.characters[np.maximum(quotes - 1, 0)]
        begins = (quotes == self.starts[line]) | (before == delimiter) | (before == quote)
        after = self._following(quotes)
        ends = (quotes + 1 == self.ends[line]) | (after == delimiter) | (after == quote)
        is_wrong = np.where(is_opening, ~begins, ~ends)
        fits: Mask = np.diff(firsts) % 2 == 0
        fits[line[is_wrong]] = False
        return fits

    def _following(self, positions: Lines) -> NDArray[np.uint8]:
        """The characters after these; for the last character of the chunk, itself."""
        return self.characters[np.minimum(positions + 1, len(self.characters) - 1)]

    def _counts(self, character: int) -> Lines:
        positions = np.flatnonzero(self.characters == character)
        return np.diff(np.searchsorted(positions, np.append(self.starts, len(self.chunk))))

    def _is_text(self) -> Mask:
        is_text = np.ones(self.count, dtype=np.bool_)
        try:
            if not self.chunk.isascii():
                self.chunk.decode()
        except UnicodeDecodeError:
            for at in range(self.count):
                is_text[at] = self.text(at) is not None
        return is_text

    def _parsed(self, text: bytes | pa.Buffer, schema: pa.Schema) -> pa.Table:
        longest = int((self.nexts - self.starts).max())
        return pyarrow.csv.read_csv(
            pa.BufferReader(text),
            pyarrow.csv.ReadOptions(column_names=list(self.file.headers), block_size=max(BLOCK_BYTES, 2 * longest)),
            pyarrow.csv.ParseOptions(
                delimiter=self.delimiter,
                quote_char=self.quote or False,
                escape_char=False,
                ignore_empty_lines=False,
            ),
            pyarrow.csv.ConvertOptions(
                check_utf8=False,
                column_types=pa.schema(list(schema)[1:]),
                null_values=[],
                strings_can_be_null=False,
            ),
        )


def chunks(file: DelimitedFile) -> Iterator[Chunk]:
    """The file in chunks of whole lines; a line that is too long to be read comes alone, cut."""
    decoder = codecs.getincrementaldecoder(file.encoding)("surrogateescape") if file.encoding else None
    pending = b""  # whole lines that are not dealt with yet
    rest = b""  # the beginning of the next line
    done = 0
    is_skipping = False
    try:
        with file.path.open("rb") as stream:
            while True:
                block = stream.read(CHUNK_BYTES)
                done += len(block)
                rest += decoder.decode(block, not block).encode("utf-8", "surrogateescape") if decoder else block
                if is_skipping:
                    end = _end_of_line(rest)
                    is_skipping, rest = not end and bool(block), rest[end:] if end else rest[-1:] if block else b""
                whole = 0 if is_skipping else len(rest) if not block else _end_of_last_line(rest)
                is_overlong = len(rest) - whole > LONGEST_LINE_BYTES
                pending += _with_separators(rest[:whole], file)
                rest = rest[whole:]
                if pending:
                    chunk = Chunk(pending, not block or is_overlong, done)
                    yield chunk
                    pending = pending[chunk.consumed :]
                if is_overlong:
                    yield Chunk(rest[:SHOWN_BYTES], False, done, is_overlong=True)
                    is_skipping, rest = True, rest[-1:]
                if not block:
                    return
    except UnicodeError as error:
        raise ImportRefused(
            f'{file.name} is not {file.encoding} text ({error}). Name its encoding in the mapping: encoding = "utf-8".'
        ) from error
    except OSError as error:
        raise ImportRefused(f"{file.name} cannot be read: {error.strerror}.") from error


def _end_of_last_line(text: bytes) -> int:
    """Where the last whole line ends; 0 where there is none. A return at the very end may be half of a line end."""
    return text.rfind(b"\n") + 1 or text.rfind(b"\r", 0, -1) + 1


def _end_of_line(text: bytes) -> int:
    """Where the first line ends; 0 where it does not end for sure."""
    newline, carriage = text.find(b"\n") + 1, text.find(b"\r", 0, -1) + 1
    if carriage and (not newline or carriage < newline - 1):
        return carriage
    return newline


def _with_separators(text: bytes, file: DelimitedFile) -> bytes:
    delimiter = file.dialect.delimiter.encode()
    if len(delimiter) == 1 or not text:
        return text
    if SEPARATOR.encode() in text:
        raise ImportRefused(f"{file.name} holds the control character 1F, which cannot be read beside its delimiter.")
    return text.replace(delimiter, SEPARATOR.encode())
