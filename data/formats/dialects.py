"""How a delimited text writes its cells: the delimiter, the quote and the escape; found out from its first lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from data.formats.export_file import Settings
from data.formats.headers import Header, find_header, plain
from data.refusal import ImportRefused

DELIMITERS = (",", ";", "\t", "|")
RARE_DELIMITERS = ("\x1f", "^", "~", ":", "¦", "§", "||")
QUOTES = ('"', "'")
LONGEST_HEADER_LINES = 5
MISPLACED_QUOTE = "a quote in the middle of a cell"


@dataclass(frozen=True)
class Dialect:
    """A delimiter (one or more characters), a quote and an escape (one each; empty for none).

    Within quotes, two quotes stand for one; with an escape, an escaped character stands for itself as well.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""

    def cells(self, text: str) -> tuple[list[str] | None, str]:
        """The cells of a whole record, or None and why it is none."""
        has_escape = bool(self.escape) and self.escape in text
        if not has_escape and (not self.quote or self.quote not in text):
            return text.split(self.delimiter), ""
        if not self.well_formed.fullmatch(text):
            return None, MISPLACED_QUOTE
        if has_escape or len(self.delimiter) > 1:
            return [self._unquoted(cell[0]) for cell in self._cell.finditer(text)], ""
        try:
            return next(csv.reader((text,), delimiter=self.delimiter, quotechar=self.quote, strict=True)), ""
        except csv.Error as error:
            return None, f"cannot be split into cells ({error})"

    @cached_property
    def well_formed(self) -> re.Pattern[str]:
        """Matches a record whose quotes stand around whole cells."""
        cell = self._either
        return re.compile(f"(?:{cell})(?:{re.escape(self.delimiter)}(?:{cell}))*+", re.DOTALL)

    @cached_property
    def _cell(self) -> re.Pattern[str]:
        return re.compile(f"(?:(?<={re.escape(self.delimiter)})|^)(?:{self._either})", re.DOTALL)

    @property
    def _either(self) -> str:
        """A cell in quotes, or else a bare one."""
        delimiter, quote, escape = (re.escape(one) for one in (self.delimiter, self.quote, self.escape))
        escaped = f"{escape}.|" if escape else ""
        bare = f"(?:{escaped}(?!{delimiter})[^{quote}{escape}])*+" if quote or escape else f"(?:(?!{delimiter}).)*+"
        return f"{quote}(?:{escaped}[^{quote}{escape}]|{quote}{quote})*+{quote}|{bare}" if quote else bare

    def _unquoted(self, cell: str) -> str:
        """A cell's text, without its quotes, its doubled quotes and the escapes that stand for something."""
        if self.quote and cell.startswith(self.quote):
            cell = cell[1:-1]
            pattern = f"{re.escape(self.quote)}{re.escape(self.quote)}"
        else:
            pattern = r"(?!)"
        if self.escape:
            special = re.escape(self.escape + self.quote + self.delimiter)
            pattern += f"|{re.escape(self.escape)}[{special}]"
        return re.sub(pattern, lambda pair: pair[0][-1], cell)


def found_dialect(
    lines: Sequence[str], telling: Sequence[str], wanted: Collection[str], settings: Settings, name: str
) -> tuple[Dialect, Header, int]:
    """The dialect of a text, its header, and the last line of it.

    `lines` are the first lines of the text, `telling` some that hold escapes or apostrophes at the edge of a cell.
    Raises ImportRefused for a setting that cannot be, and where no column names are found.
    """
    _require_possible(settings, name)
    first = 0
    if hint := re.fullmatch(r'"?sep=(.)"?', lines[0].strip("\ufeff \r\n")) if lines else None:
        first = 1
    declared = settings.delimiter or (hint[1] if hint else None)
    best: tuple[tuple[float, ...], Dialect, Header, int] | None = None
    failure: ImportRefused | None = None
    for group in ((declared,),) if declared else (DELIMITERS, RARE_DELIMITERS):
        for dialect in _candidates(group, lines, telling, settings):
            rows = list(_rows(dialect, lines, first))
            try:
                header = find_header([(line, cells) for line, _, cells in rows], wanted, settings, name)
            except ImportRefused as refused:
                failure = refused
                continue
            last = next(last for line, last, _ in rows if line == header.last)
            width = len(header.names)
            after = [cells for line, _, cells in rows if line > header.last]
            widths = [len(cells) for cells in after]
            trailing = sum(len(cells) == width + 1 and not cells[-1] for cells in after)
            if len(after) > 1 and trailing > 0.9 * len(after):
                header = Header(
                    (*header.names, f"column {width + 1}"), header.first, header.last, header.score, header.twice
                )
                width += 1
            consistency = sum(one == width for one in widths) / max(len(widths), 1)
            split = [dialect.cells(line)[0] for line in telling]
            cells = [cell.strip() for row in (header.names, *after, *filter(None, split)) for cell in row]
            others = set(QUOTES) - {dialect.quote}
            strange = split.count(None) + sum(_is_cut(cell, other) for cell in cells for other in others)
            rank = (header.score, float(width > 1), round(consistency, 2), -float(strange), float(width))
            if best is None or rank > best[0]:
                best = rank, dialect, header, last
        if best and (best[0][0] or best[0][1]):
            break
    if best is None:
        raise failure or ImportRefused(f"{name} is empty: it has not even a row of column names.")
    _, dialect, header, last = best
    _require_whole(dialect, lines[: header.first], header, wanted, name)
    return dialect, header, last


def _is_cut(cell: str, quote: str) -> bool:
    """Whether a cell looks as if it was in quotes and cut; one that quotes a word at its end does not."""
    return cell.startswith(quote) or (cell.endswith(quote) and cell.count(quote) == 1)


def _require_whole(dialect: Dialect, before: Sequence[str], header: Header, wanted: Collection[str], name: str) -> None:
    """Refuse a file whose row of column names is a damaged one above the row that was taken for it."""
    names = {plain(column) for column in wanted}
    for line in before:
        if dialect.cells(line.rstrip("\r\n"))[0] is None:
            bare = line.replace(dialect.quote, "").split(dialect.delimiter)
            if len({plain(cell) for cell in bare} & names) > header.score:
                raise ImportRefused(f"{name}: the row of column names is damaged (a quote is not closed). Mend it.")
    if any("\0" in column for column in header.names):
        raise ImportRefused(f"{name} is not text but something else: its column names hold NUL characters.")


def _require_possible(settings: Settings, name: str) -> None:
    for setting, what in (("delimiter", 'such as ";"'), ("quote", "such as '\"', or empty for none"), ("escape", "")):
        given = getattr(settings, setting)
        if given is None or (not given and setting != "delimiter"):
            continue
        if (len(given) != 1 and setting != "delimiter") or not given or set(given) & set("\r\n\0"):
            raise ImportRefused(f'{setting} = "{given}" for {name}: a {setting} is one character, {what}.')
        if setting != "delimiter" and not given.isascii():
            raise ImportRefused(f'{setting} = "{given}" for {name}: a {setting} is one plain character, {what}.')
    if settings.delimiter and settings.delimiter in (settings.quote or '"', settings.escape):
        raise ImportRefused(f'{name}: delimiter = "{settings.delimiter}" is its quote as well.')


def _candidates(
    delimiters: Sequence[str], lines: Sequence[str], telling: Sequence[str], settings: Settings
) -> Iterator[Dialect]:
    has_escapes = any("\\" in line for line in telling)
    for delimiter in delimiters:
        if delimiter not in DELIMITERS and settings.delimiter is None and not any(delimiter in one for one in lines):
            continue
        edge = re.escape(delimiter)
        apostrophe = re.compile(rf"(?:^|{edge})'|'(?={edge}|\s*$)")
        has_apostrophes = any(apostrophe.search(line) for line in (*lines, *telling))
        for quote in QUOTES[: 1 + has_apostrophes] if settings.quote is None else (settings.quote,):
            for escape in ("", "\\")[: 1 + has_escapes] if settings.escape is None else (settings.escape,):
                yield Dialect(delimiter, quote, escape)


def _rows(dialect: Dialect, lines: Sequence[str], first: int) -> Iterator[tuple[int, int, list[str]]]:
    """The rows of the first lines that can be split: first line, last line, cells; numbered from 1."""
    at = first
    while at < len(lines):
        text = lines[at].rstrip("\r\n")
        if at == 0:
            text = text.lstrip("\ufeff")
        last = at
        cells, _ = dialect.cells(text)
        while cells is None and last + 1 < len(lines) and last - at < LONGEST_HEADER_LINES:
            if not dialect.well_formed.fullmatch(text + dialect.quote):
                break
            last += 1
            text += "\n" + lines[last].rstrip("\r\n")
            cells, _ = dialect.cells(text)
        if cells is None:
            last = at
        elif any(cell.strip() for cell in cells):
            yield at + 1, last + 1, cells
        at = last + 1
