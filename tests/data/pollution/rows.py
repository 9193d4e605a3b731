"""Pollution of single rows beyond reading: separators, quotes, bytes. Each such row is rejected, and no other.

A damage is one function from a row to the text that stands in its place, or the texts of several lines; it is tried
on several rows of a file, the first, the last and two neighbours among them, in several dialects.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.data.pollution.clean import ROWS, Clean, accented, clean, rich
from tests.data.pollution.registry import FOUR, Registry
from tests.data.pollution.writing import LOADED, REJECTED, Dialect, Page, Polluted

DAMAGED = Registry("r", in_turn=True)
MIXED = Registry("m", in_turn=True)
DIALECTS = (
    Dialect(),
    Dialect(";", quotes_all=True, ends=("\r\n",)),
    Dialect("\t"),
    Dialect("|", quotes_all=True, ends=("\r",)),
)
SPOTS = (0, 8, 9, 16, ROWS - 1)


@dataclass(frozen=True)
class Whole:
    """A row before it is damaged: its cells as they are written in the file, and what draws the place of damage."""

    cells: tuple[str, ...]
    dialect: Dialect
    draw: random.Random

    def joined(self, cells: list[str] | None = None) -> str:
        return self.dialect.delimiter.join(cells or self.cells)

    def with_cell(self, change: Callable[[str], str], at: int | None = None) -> str:
        """The row with one cell changed: this one, or one that is not empty."""
        cells = list(self.cells)
        filled = [number for number, cell in enumerate(cells) if cell.strip(self.dialect.quote)]
        at = self.draw.choice(filled) if at is None else at
        cells[at] = change(cells[at])
        return self.joined(cells)


Damage = Callable[[Whole], str | list[str]]
DAMAGES: dict[str, Damage] = {}
NOT_TEXT = "bytes that are not text"


def damage(function: Damage) -> Damage:
    """Registers a way in which a row is damaged."""
    DAMAGES[function.__name__] = function
    return function


# --- separators ---------------------------------------------------------------------------------------------


@damage
def extra_separator(row: Whole) -> str:
    cells = list(row.cells)
    cells.insert(row.draw.randrange(len(cells)), '""' if row.dialect.quotes_all else "")
    return row.joined(cells)


@damage
def extra_separator_at_the_end(row: Whole) -> str:
    return row.joined() + row.dialect.delimiter


@damage
def extra_separator_where_the_last_cell_is_empty(row: Whole) -> str:
    """The sum of cells fits whoever drops an empty cell at the end: every later value would slide."""
    empty = '""' if row.dialect.quotes_all else ""
    cells = [*row.cells[:-1], empty]
    cells.insert(row.draw.randrange(1, len(cells) - 1), empty)
    return row.joined(cells)


@damage
def three_more_separators(row: Whole) -> str:
    return row.joined() + row.dialect.delimiter * 3


@damage
def missing_separator(row: Whole) -> str:
    cells = list(row.cells)
    at = row.draw.randrange(len(cells) - 1)
    cells[at : at + 2] = [cells[at] + cells[at + 1]]
    return row.joined(cells)


@damage
def missing_cell(row: Whole) -> str:
    cells = list(row.cells)
    del cells[row.draw.randrange(len(cells))]
    return row.joined(cells)


@damage
def cut_short(row: Whole) -> str:
    return row.joined(list(row.cells[: row.draw.randrange(1, len(row.cells))]))


@damage
def the_id_alone(row: Whole) -> str:
    return row.cells[0]


@damage
def another_delimiter_throughout(row: Whole) -> str:
    return ("," if row.dialect.delimiter == ";" else ";").join(row.cells)


@damage
def another_delimiter_once(row: Whole) -> str:
    cells = list(row.cells)
    at = row.draw.randrange(len(cells) - 1)
    cells[at : at + 2] = [cells[at] + ("," if row.dialect.delimiter == ";" else ";") + cells[at + 1]]
    return row.joined(cells)


@damage
def two_rows_in_one_line(row: Whole) -> str:
    return row.joined() + row.joined()


@damage
def line_broken_between_cells(row: Whole) -> list[str]:
    at = row.draw.randrange(1, len(row.cells) - 1)
    return [row.joined(list(row.cells[:at])) + row.dialect.delimiter, row.joined(list(row.cells[at:]))]


@damage
def a_remark(row: Whole) -> str:
    return f"# somebody wrote a remark about {row.cells[0]} here"


@damage
def web_page(row: Whole) -> str:
    return f"<html><body>504 Gateway Time-out {row.cells[0]}</body></html>"


@damage
def json_object(row: Whole) -> str:
    return '{"treatment_id": "x", "error": "timed out"}'


# --- quotes -------------------------------------------------------------------------------------------------


@damage
def stray_quote_at_the_start_of_a_cell(row: Whole) -> str:
    return row.with_cell(lambda cell: '"' + cell)


@damage
def stray_quote_within_a_cell(row: Whole) -> str:
    return row.with_cell(lambda cell: cell[:2] + '"' + cell[2:])


@damage
def stray_quote_at_the_end_of_a_cell(row: Whole) -> str:
    return row.with_cell(lambda cell: cell + '"')


@damage
def stray_quote_at_the_start_of_the_line(row: Whole) -> str:
    return '"' + row.joined()


@damage
def stray_quote_at_the_end_of_the_line(row: Whole) -> str:
    return row.joined() + '"'


@damage
def stray_quote_alone_in_a_cell(row: Whole) -> str:
    return row.with_cell(lambda cell: '"', at=row.draw.randrange(len(row.cells)))


@damage
def three_quotes_alone_in_a_cell(row: Whole) -> str:
    return row.with_cell(lambda cell: '"""', at=row.draw.randrange(len(row.cells)))


@damage
def quote_closed_too_soon(row: Whole) -> str:
    return row.with_cell(lambda cell: f'"{cell[1:3]}"{cell[3:-1]}', at=0)


@damage
def quote_not_closed(row: Whole) -> str:
    return row.with_cell(lambda cell: '"' + cell.strip('"'))


@damage
def last_quote_not_closed(row: Whole) -> str:
    return row.with_cell(lambda cell: '"' + cell.strip('"'), at=len(row.cells) - 1)


@damage
def quote_not_opened(row: Whole) -> str:
    return row.with_cell(lambda cell: cell.strip('"') + '"')


@damage
def separator_within_quotes(row: Whole) -> str:
    """Two cells within one pair of quotes: one cell too few."""
    cells = list(row.cells)
    at = row.draw.randrange(len(cells) - 1)
    first, second = (cells[at + n].strip('"') for n in (0, 1))
    cells[at : at + 2] = [f'"{first}{row.dialect.delimiter}{second}"']
    return row.joined(cells)


# --- bytes --------------------------------------------------------------------------------------------------


@damage
def nul_within_a_cell(row: Whole) -> str:
    return row.with_cell(lambda cell: cell[:2] + "\0" + cell[2:])


@damage
def nul_in_place_of_a_separator(row: Whole) -> str:
    return row.joined().replace(row.dialect.delimiter, "\0", 1)


@damage
def nuls_alone(row: Whole) -> str:
    return "\0" * 50


@damage
def nul_after_every_letter(row: Whole) -> str:
    return "\0".join(row.joined())


def _not_text(name: str, content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")

    def not_text(row: Whole) -> str:
        return row.with_cell(lambda cell: cell[:2] + text + cell[2:])

    DAMAGES[f"{NOT_TEXT} ({name})"] = not_text


_not_text("FF", b"\xff")
_not_text("a lone start", b"\xc3")
_not_text("a lone end", b"\xa9")
_not_text("half a surrogate", b"\xed\xa0\x80")
_not_text("an overlong NUL", b"\xc0\x80")
_not_text("beyond Unicode", b"\xf5\x80\x80\x80")


# --- files of damaged rows ----------------------------------------------------------------------------------


def _whole(clean: Clean, at: int, dialect: Dialect, draw: random.Random) -> Whole:
    return Whole(tuple(dialect.cell(clean.rows[at][header]) for header in clean.headers), dialect, draw)


def _put(page: Page, row: Whole, name: str) -> None:
    damaged = DAMAGES[name](row)
    for text in [damaged] if isinstance(damaged, str) else damaged:
        page.other(text, raw=text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


def _variants() -> Iterator[tuple[str, int, bool]]:
    """Every damage in two dialects, among plain rows and among rich ones."""
    for number, name in enumerate(DAMAGES):
        for at in (number % 4, (number + 1) % 4):
            yield name, at, bool((number + at) % 2)


@DAMAGED.kind(*_variants())
def damaged_rows(plain: Clean, variant: tuple[str, int, bool]) -> Polluted:
    """The same damage in five rows; the damaged rows hold plain texts, the others accented ones or rich ones."""
    name, at, is_rich = variant
    draw = random.Random(f"{name} {at}")
    others = rich if is_rich else accented
    page = Page(clean(plain.table, plain.mark, text=others), DIALECTS[at])
    page.header()
    for row in range(ROWS):
        if row in SPOTS:
            _put(page, _whole(plain, row, page.dialect, draw), name)
        else:
            page.row(row)
    return page.polluted("")


@DAMAGED.kind(*((distance, spot, at) for distance in (1, 2, 10, 20) for spot in ("start", "end") for at in (0, 1)))
def two_stray_quotes_apart(clean: Clean, variant: tuple[int, str, int]) -> Polluted:
    """The rows between two stray quotes are no text of a cell: they are loaded, and two rows are rejected."""
    distance, spot, at = variant
    page = Page(clean, DIALECTS[at])
    page.header()
    for row in range(ROWS):
        if row in (2, 2 + distance):
            whole = _whole(clean, row, page.dialect, random.Random(0))
            page.other(whole.with_cell(lambda cell: f'"{cell}' if spot == "start" else f'{cell}"', at=4))
        else:
            page.row(row)
    return page.polluted("")


@DAMAGED.kind("start", "end")
def the_same_damage_in_the_only_row(clean: Clean, spot: str) -> Polluted:
    page = Page(clean)
    page.header()
    text = page.dialect.row(clean.rows[0].values())
    page.other(f'"{text}' if spot == "start" else f'{text}"')
    return page.polluted("", may_be_refused=True)


@DAMAGED.kind(40_000, 1_000_000)
def overlong_cell(clean: Clean, length: int) -> Polluted:
    """A cell of a megabyte is kept whole, or its row rejected."""
    page = Page(clean)
    page.header()
    name = "clinic" if clean.table == "treatments" else "effect"
    for row in range(ROWS):
        if row in SPOTS[1:3]:
            cells = clean.rows[row] | {name: f"{clean.rows[row][name]} " + "x" * length}
            page.other(page.dialect.row(cells.values()), {LOADED, REJECTED}, cells)
        else:
            page.row(row)
    return page.polluted("")


@DAMAGED.kind("comma", "quoted")
def overlong_line_of_separators(clean: Clean, how: str) -> Polluted:
    page = Page(clean)
    page.header()
    for row in range(ROWS):
        if row in SPOTS[1:3]:
            page.other(clean.rows[row][clean.id_column] + ("," if how == "comma" else ',""') * 50_000, raw=None)
        else:
            page.row(row)
    return page.polluted("")


@DAMAGED.kind(3, 40, 900)
def legal_cell_of_many_lines(clean: Clean, count: int) -> Polluted:
    """A quoted cell may hold line breaks, and is kept exactly."""
    page = Page(clean)
    page.header()
    name = "clinic" if clean.table == "treatments" else "effect"
    note = "\n".join(f"line {n} of a note; it goes on" for n in range(count))
    for row in range(ROWS):
        page.row(row, **({name: note} if row in SPOTS else {}))
    return page.polluted("")


@MIXED.kind(*range(18), tables=FOUR)
def everything_at_once(plain: Clean, seed: int) -> Polluted:
    """Rows damaged at random, in ways drawn at random, among rich ones, in a dialect drawn at random."""
    draw = random.Random(f"{plain.table} {seed}")
    page = Page(clean(plain.table, plain.mark, 40, rich), draw.choice(DIALECTS))
    damaged = clean(plain.table, plain.mark, 40)
    # Bytes are no text where other rows prove the encoding: these tables have no other letters.
    is_ascii = plain.table in ("patients", "follow_ups")
    names = sorted(name for name in DAMAGES if not (is_ascii and NOT_TEXT in name))
    page.header()
    for row in range(40):
        if draw.random() < 0.3:
            _put(page, _whole(damaged, row, page.dialect, draw), draw.choice(names))
        else:
            page.row(row)
    return page.polluted("")
