"""A delimited text becomes records of text, each with the line it begins on; what is no record is rejected, with a
reason.

The file is a sequence of physical lines. A line whose quotes stand around whole cells, and that has exactly the
header's number of cells, is a record wherever it stands (plain); such lines are split in bulk. Only the others are
looked at one by one: a quoted cell may run over several lines, but never over a line that is a record by itself.
Every line of the file is preamble, header, blank, part of a record, or rejected, and that account is asserted.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from data.formats.dialects import MISPLACED_QUOTE
from data.formats.export_file import LINE_COLUMN, Ledger, RejectedLines
from data.formats.physical_lines import LONGEST_LINE_BYTES, SEPARATOR, SHOWN_BYTES, Mask, PhysicalLines, chunks

if TYPE_CHECKING:
    from data.formats.delimited import DelimitedFile

TOO_LONG = f"a line of more than {LONGEST_LINE_BYTES // 1_000_000} MB"
LONGEST_RECORD_LINES = 1_000
LONGEST_RECORD_BYTES = 1_000_000


def records(
    file: DelimitedFile, ledger: Ledger, progress: Callable[[int], None] = lambda done: None
) -> Iterator[pa.Table]:
    """The records of a file in batches, see ExportFile.records; within a batch, plain ones come first."""
    careful = _Careful(file)
    schema = pa.schema([(LINE_COLUMN, pa.int64()), *((header, pa.string()) for header in file.headers)])
    first_line = 1
    for chunk in chunks(file):
        if chunk.is_overlong:
            ledger.rejected.append(RejectedLines(first_line, 1, TOO_LONG))
            ledger.lines += 1
            first_line += 1
            continue
        lines = PhysicalLines(chunk.text, file)
        top = min(max(file.header_last - first_line + 1, 0), lines.count)
        batch = lines.all_plain(top, schema)
        if batch is not None:
            kept = lines.count
            _count_top(file, ledger, first_line, top)
            if batch.num_rows:
                numbers = np.arange(first_line + top, first_line + kept)
                yield batch.add_column(0, schema.field(0), _as_arrow(numbers))
                ledger.record_lines += batch.num_rows
        else:
            plain = lines.plain.copy()
            plain[:top] = False
            kept, found = careful.read(lines, plain, first_line, chunk.is_last, ledger)
            plain[kept:] = False
            numbers = np.flatnonzero(plain) + first_line
            if len(numbers):
                yield lines.split(plain, schema).add_column(0, schema.field(0), _as_arrow(numbers))
                ledger.record_lines += len(numbers)
            if found:
                columns = list(zip(*found, strict=True))
                yield pa.table([pa.array(column) for column in columns], schema=schema)
        first_line += kept
        ledger.lines += kept
        chunk.consumed = int(lines.starts[kept]) if kept < lines.count else len(chunk.text)
        progress(chunk.done)
    ledger.close(file.name)


def _as_arrow(numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
    """Of its buffer, for pa.array() imports pandas, which takes longer than to read a small file."""
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def raw_lines(file: DelimitedFile, spans: dict[int, int]) -> dict[int, str]:
    """The text of the records that begin on these lines (line: number of lines), as it stands in the file."""
    wanted = sorted(spans)
    texts: dict[int, str] = {}
    first_line = 1
    for chunk in chunks(file):
        if chunk.is_overlong:
            if first_line in spans:
                texts[first_line] = chunk.text.decode("utf-8", "backslashreplace") + " ..."
            first_line += 1
            continue
        lines = PhysicalLines(chunk.text, file)
        kept = lines.count
        for line in wanted[bisect_left(wanted, first_line) : bisect_left(wanted, first_line + lines.count)]:
            at = line - first_line
            if at + spans[line] > lines.count and not chunk.is_last:
                kept = at
                break
            first, end = int(lines.starts[at]), int(lines.ends[min(at + spans[line], lines.count) - 1])
            cut = end - first > LONGEST_RECORD_BYTES
            text = chunk.text[first : first + SHOWN_BYTES if cut else end].decode("utf-8", "backslashreplace")
            if len(file.dialect.delimiter.encode()) > 1:
                text = text.replace(SEPARATOR, file.dialect.delimiter)
            texts[line] = text + " ..." if cut else text
        first_line += kept
        chunk.consumed = int(lines.starts[kept]) if kept < lines.count else len(chunk.text)
    return texts


def _count_top(file: DelimitedFile, ledger: Ledger, first_line: int, top: int) -> None:
    """Account for lines down to the header."""
    for line in range(first_line, first_line + top):
        if line < file.header_first:
            ledger.preamble_lines += 1
        else:
            ledger.header_lines += 1


class _Careful:
    """Reads the lines that are not plain, one by one."""

    def __init__(self, file: DelimitedFile) -> None:
        self.file = file
        self.width = len(file.headers)
        self.dialect = file.dialect

    def read(
        self, lines: PhysicalLines, plain: Mask, first_line: int, is_last: bool, ledger: Ledger
    ) -> tuple[int, list[tuple[object, ...]]]:
        """How many lines of the chunk are dealt with (the rest belongs to the next one), and the records found."""
        found: list[tuple[object, ...]] = []
        at = -1
        for candidate in np.flatnonzero(~plain).tolist():
            if candidate <= at:
                continue
            at = candidate
            line = first_line + at
            if line <= self.file.header_last:
                _count_top(self.file, ledger, line, 1)
                continue
            text = lines.text(at)
            if text is not None and not text.replace(lines.delimiter, "").strip():
                ledger.blank_lines += 1
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

    def _record(self, lines: PhysicalLines, at: int, text: str | None) -> tuple[list[str] | None, str, int | None]:
        """The cells of the record that begins here, or why there is none; the last line of either.

        The last line is None where the chunk ends within the record.
        """
        if lines.is_too_long(at):
            return None, TOO_LONG, at
        if text is None:
            return None, f"not {self.file.encoding or 'UTF-8'} text", at
        if "\0" in text:
            return None, "a NUL character within the line", at
        well_formed, quote = self.dialect.well_formed, self.dialect.quote
        if not quote or well_formed.fullmatch(self._told(text)):
            return *self._cells(text), at
        if not well_formed.fullmatch(self._told(text) + quote):
            return None, MISPLACED_QUOTE, at
        unclosed = "unclosed quote"
        joined, length, last = [lines.with_end(at)], len(text), at
        looks_whole = bool(lines.delimiters[at] == self.width - 1)
        while last - at + 1 < LONGEST_RECORD_LINES and length < LONGEST_RECORD_BYTES:
            last += 1
            if last >= lines.count:
                return None, unclosed, None
            following = lines.text(last)
            if following is None or "\0" in following or self._is_whole(lines, last, following, looks_whole):
                return None, unclosed, at
            length += len(following)
            if quote in following and well_formed.fullmatch(whole := self._told("".join(joined) + following)):
                cells, reason = self._cells(whole)
                return cells, reason, last
            joined.append(lines.with_end(last))
            if quote in following and not well_formed.fullmatch(self._told("".join(joined)) + quote):
                return None, unclosed, at
        return None, unclosed, at

    def _is_whole(self, lines: PhysicalLines, at: int, text: str, opening_looks_whole: bool) -> bool:
        """Whether a line within a quoted cell looks like a record of its own."""
        quotes = text.count(self.dialect.quote)
        if lines.delimiters[at] == self.width - 1 and (opening_looks_whole or not quotes % 2):
            return True
        return bool(quotes) and not quotes % 2 and self._cells(text)[0] is not None

    def _cells(self, text: str) -> tuple[list[str] | None, str]:
        """The cells of a whole record, or why it is none."""
        cells, reason = self.dialect.cells(self._told(text))
        if cells is not None and len(cells) != self.width:
            return None, f"{len(cells)} cells where the header has {self.width}"
        return cells, reason

    def _told(self, text: str) -> str:
        """The text with its own delimiter."""
        return text if len(self.dialect.delimiter.encode()) == 1 else text.replace(SEPARATOR, self.dialect.delimiter)
