"""A CSV file becomes records of text, each with the line it begins on; what is no record is rejected, with a reason.

The file is a sequence of physical lines. A line without a quote and with exactly the header's number of delimiters
is a record wherever it stands (plain); such lines are split in bulk. Only the others are looked at one by one: a
quoted cell may run over several lines, but never over a line that is a record by itself. Every line of the file is
header, blank, part of a record, or rejected, and that account is asserted.
"""

from __future__ import annotations

import codecs
import csv
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from data.examining import CHUNK_BYTES, LINE_COLUMN, MENDING, CsvFile
from data.refusal import ImportRefused

LONGEST_LINE_BYTES = 32_000_000
LONGEST_RECORD_LINES = 1_000
LONGEST_RECORD_BYTES = 1_000_000


QUOTE_WITHIN_A_CELL = "a quote in the middle of a cell"

Lines = NDArray[np.int64]


@dataclass(frozen=True)
class RejectedLines:
    """Lines of a file that are no record: the first line, how many, and why."""

    line: int
    lines: int
    reason: str


@dataclass
class Ledger:
    """The account of a file's lines, and the records that run over more than one of them (first line: lines)."""

    header_lines: int = 0
    blank_lines: int = 0
    record_lines: int = 0
    lines: int = 0
    rejected: list[RejectedLines] = field(default_factory=list)
    spans: dict[int, int] = field(default_factory=dict)

    def close(self, name: str) -> None:
        """Assert that no line of the file is unaccounted for."""
        rejected_lines = sum(rejected.lines for rejected in self.rejected)
        accounted = self.header_lines + self.blank_lines + self.record_lines + rejected_lines
        assert accounted == self.lines, f"{name}: {accounted} lines accounted for, {self.lines} in the file"


def records(file: CsvFile, ledger: Ledger, progress: Callable[[int], None] = lambda done: None) -> Iterator[pa.Table]:
    """The records of a file in batches: `__line` (bigint) and one text column per header, cells verbatim.

    The batches follow the file; within one, plain records come before the others. `ledger` is filled on the way.
    """
    careful = _Careful(file)
    schema = pa.schema([(LINE_COLUMN, pa.int64()), *((header, pa.string()) for header in file.headers)])
    first_line = 1
    for chunk, is_last, done in _chunks(file):
        lines = _PhysicalLines(chunk, file.delimiter, len(file.headers) - 1)
        plain = lines.is_plain.copy()
        if first_line <= file.header_line:
            plain[: file.header_line - first_line + 1] = False
        kept, found = careful.read(lines, plain, first_line, is_last, ledger)
        plain[kept:] = False
        numbers = np.flatnonzero(plain) + first_line
        if len(numbers):
            yield _split(lines, plain, numbers, file, schema)
            ledger.record_lines += len(numbers)
        if found:
            columns = list(zip(*found, strict=True))
            yield pa.table([pa.array(column) for column in columns], schema=schema)
        first_line += kept
        ledger.lines += kept
        chunk.consumed = int(lines.starts[kept]) if kept < lines.count else len(chunk.text)
        progress(done)
    ledger.close(file.name)


def raw_lines(file: CsvFile, spans: dict[int, int]) -> dict[int, str]:
    """The text of the records that begin on these lines (line: number of lines), as it stands in the file."""
    wanted = sorted(spans)
    texts: dict[int, str] = {}
    first_line = 1
    for chunk, is_last, _ in _chunks(file):
        lines = _PhysicalLines(chunk, file.delimiter, 0)
        kept = lines.count
        for line in wanted[bisect_left(wanted, first_line) : bisect_left(wanted, first_line + lines.count)]:
            at = line - first_line
            if at + spans[line] > lines.count and not is_last:
                kept = at
                break
            end = min(at + spans[line], lines.count) - 1
            text = chunk.text[int(lines.starts[at]) : int(lines.ends[end])]
            texts[line] = text.decode("utf-8", "backslashreplace")
        first_line += kept
        chunk.consumed = int(lines.starts[kept]) if kept < lines.count else len(chunk.text)
    return texts


class _Careful:
    """Reads the lines that are not plain, one by one."""

    def __init__(self, file: CsvFile) -> None:
        self.file = file
        self.cells = len(file.headers)
        quoted, bare = r'"(?:[^"]|"")*+"', f'[^"{re.escape(file.delimiter)}]*+'
        self.well_formed = re.compile(f"(?:{quoted}|{bare})(?:{re.escape(file.delimiter)}(?:{quoted}|{bare}))*+")

    def read(
        self, lines: _PhysicalLines, plain: NDArray[np.bool_], first_line: int, is_last: bool, ledger: Ledger
    ) -> tuple[int, list[tuple[object, ...]]]:
        """How many lines of the chunk are dealt with (the rest belongs to the next one), and the records found."""
        found: list[tuple[object, ...]] = []
        at = -1
        for candidate in np.flatnonzero(~plain).tolist():
            if candidate <= at:
                continue
            at = candidate
            line = first_line + at
            text = lines.text(at)
            if line < self.file.header_line or (line > self.file.header_line and text is not None and not text.strip()):
                ledger.blank_lines += 1
                continue
            if line == self.file.header_line:
                ledger.header_lines += 1
                continue
            cells, reason, last = self._record(lines, at, text)
            if last is None:
                if not is_last:
                    return at, found
                last = at
            if cells is None:
                ledger.rejected.append(RejectedLines(line, last - at + 1, reason))
            else:
                found.append((line, *cells))
                ledger.record_lines += last - at + 1
                if last > at:
                    ledger.spans[line] = last - at + 1
            at = last
        return lines.count, found

    def _record(self, lines: _PhysicalLines, at: int, text: str | None) -> tuple[list[str] | None, str, int | None]:
        """The cells of the record that begins here, or why there is none; the last line of either.

        The last line is None where the chunk ends within the record.
        """
        if text is None:
            return None, f"not {self.file.encoding or 'UTF-8'} text", at
        if "\0" in text:
            return None, "a NUL character within the line", at
        if not lines.quotes[at] % 2:
            return *self._cells(text), at
        if not self.well_formed.fullmatch(text + '"'):
            return None, QUOTE_WITHIN_A_CELL, at
        unclosed = "unclosed quote"
        joined, length, last = [lines.with_end(at)], len(text), at
        looks_whole = bool(lines.delimiters[at] == self.cells - 1)
        while last - at + 1 < LONGEST_RECORD_LINES and length < LONGEST_RECORD_BYTES:
            last += 1
            if last >= lines.count:
                return None, unclosed, None
            following = lines.text(last)
            if following is None or "\0" in following or self._is_whole(lines, last, following, looks_whole):
                return None, unclosed, at
            joined.append(lines.with_end(last))
            length += len(following)
            if lines.quotes[last] % 2:
                joined[-1] = following
                cells, reason = self._cells("".join(joined))
                return (None, unclosed, at) if reason == QUOTE_WITHIN_A_CELL else (cells, reason, last)
        return None, unclosed, at

    def _is_whole(self, lines: _PhysicalLines, at: int, text: str, opening_looks_whole: bool) -> bool:
        """Whether a line within a quoted cell looks like a record of its own."""
        if lines.delimiters[at] == self.cells - 1 and (opening_looks_whole or not lines.quotes[at] % 2):
            return True
        return bool(lines.quotes[at]) and not lines.quotes[at] % 2 and self._cells(text)[0] is not None

    def _cells(self, text: str) -> tuple[list[str] | None, str]:
        """The cells of a whole record, or why it is none."""
        if '"' in text and not self.well_formed.fullmatch(text):
            return None, QUOTE_WITHIN_A_CELL
        try:
            cells = next(csv.reader((text,), delimiter=self.file.delimiter, strict=True))
        except csv.Error as error:
            return None, f"cannot be split into cells ({error})"
        if len(cells) != self.cells:
            return None, f"{len(cells)} cells where the header has {self.cells}"
        return cells, ""


class _Chunk:
    """A piece of a file as UTF-8; `consumed` tells how many bytes of it the reader has dealt with."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.consumed = 0


class _PhysicalLines:
    """Where the lines of a chunk begin and end, and how many delimiters and quotes each holds."""

    def __init__(self, chunk: _Chunk, delimiter: str, expected_delimiters: int) -> None:
        self.chunk = chunk.text
        characters = np.frombuffer(chunk.text, dtype=np.uint8)
        ends = np.flatnonzero(characters == ord("\n"))
        returns = np.flatnonzero(characters == ord("\r"))
        if len(returns):
            following = np.append(characters, 0)[returns + 1]
            ends = np.sort(np.concatenate([ends, returns[following != ord("\n")]]))
        self.starts: Lines = np.concatenate([[0], ends + 1]).astype(np.int64)
        if self.starts[-1] == len(characters):
            self.starts = self.starts[:-1]
        else:
            ends = np.append(ends, len(characters))
        self.count = len(self.starts)
        self.nexts: Lines = np.append(self.starts[1:], len(characters))
        crlf = (ends > self.starts) & (characters[np.maximum(ends - 1, 0)] == ord("\r")) if len(returns) else 0
        self.ends: Lines = ends - crlf
        self.delimiters = self._counts(characters, ord(delimiter))
        self.quotes = self._counts(characters, ord('"'))
        self.is_text = self._decodable()
        self.is_plain: NDArray[np.bool_] = (
            (self.delimiters == expected_delimiters)
            & (self.quotes == 0)
            & (self._counts(characters, 0) == 0)
            & (self.ends > self.starts)
            & self.is_text
        )

    def text(self, at: int) -> str | None:
        """A line without its end; None where it is not text."""
        return self.chunk[self.starts[at] : self.ends[at]].decode() if self.is_text[at] else None

    def with_end(self, at: int) -> str:
        """A line with its end."""
        return self.chunk[self.starts[at] : self.nexts[at]].decode()

    def _counts(self, characters: NDArray[np.uint8], character: int) -> Lines:
        positions = np.flatnonzero(characters == character)
        if not len(positions):
            return np.zeros(self.count, dtype=np.int64)
        return np.diff(np.searchsorted(positions, np.append(self.starts, len(characters))))

    def _decodable(self) -> NDArray[np.bool_]:
        is_text = np.ones(self.count, dtype=np.bool_)
        try:
            if not self.chunk.isascii():
                self.chunk.decode()
        except UnicodeDecodeError:
            for at in range(self.count):
                try:
                    self.chunk[self.starts[at] : self.ends[at]].decode()
                except UnicodeDecodeError:
                    is_text[at] = False
        return is_text


def _chunks(file: CsvFile) -> Iterator[tuple[_Chunk, bool, int]]:
    """The file in chunks of whole lines, whether it is the last, and the bytes read so far."""
    decoder = codecs.getincrementaldecoder(file.encoding)("surrogateescape") if file.encoding else None
    rest = b""
    done = 0
    try:
        with file.path.open("rb") as stream:
            while True:
                block = stream.read(CHUNK_BYTES)
                done += len(block)
                text = decoder.decode(block, not block).encode("utf-8", "surrogateescape") if decoder else block
                rest += text
                whole = len(rest) if not block else rest.rfind(b"\n") + 1 or rest.rfind(b"\r", 0, -1) + 1
                if whole:
                    chunk = _Chunk(rest[:whole])
                    yield chunk, not block, done
                    rest = rest[chunk.consumed :]
                if not block:
                    return
                if len(rest) > LONGEST_LINE_BYTES:
                    raise ImportRefused(f"{file.name} has a line of more than {LONGEST_LINE_BYTES:,} bytes. {MENDING}")
    except UnicodeError as error:
        raise ImportRefused(
            f'{file.name} is not {file.encoding} text ({error}). Name its encoding in the mapping: encoding = "utf-8".'
        ) from error
    except OSError as error:
        raise ImportRefused(f"{file.name} cannot be read: {error.strerror}.") from error


def _split(
    lines: _PhysicalLines, plain: NDArray[np.bool_], numbers: Lines, file: CsvFile, schema: pa.Schema
) -> pa.Table:
    """The plain lines as a batch."""
    text = lines.chunk
    if not plain.all():
        edges = np.flatnonzero(np.diff(plain.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
        text = b"".join(text[lines.starts[first] : lines.nexts[last - 1]] for first, last in edges.tolist())
    longest = int((lines.nexts - lines.starts).max())
    batch = pyarrow.csv.read_csv(
        pa.BufferReader(text),
        pyarrow.csv.ReadOptions(column_names=list(file.headers), block_size=max(1 << 20, 2 * longest)),
        pyarrow.csv.ParseOptions(
            delimiter=file.delimiter, quote_char=False, escape_char=False, ignore_empty_lines=False
        ),
        pyarrow.csv.ConvertOptions(
            check_utf8=False,
            column_types=pa.schema(list(schema)[1:]),
            null_values=[],
            strings_can_be_null=False,
        ),
    )
    assert batch.num_rows == len(numbers), f"{file.name}: {batch.num_rows} records in {len(numbers)} plain lines"
    return batch.add_column(0, schema.field(0), pa.array(numbers))
