"""Pollution of whole delimited files: dialects, encodings, and what stands above, below and in the header."""

from __future__ import annotations

import codecs
import random
from dataclasses import replace
from typing import Any

from tests.data.pollution.clean import Clean, plain, rich
from tests.data.pollution.registry import FOUR, Registry
from tests.data.pollution.writing import ASIDE, LOADED, REJECTED, Dialect, Page, Polluted, written

FILES = Registry("f", in_turn=True)
NOT_A_RECORD = (REJECTED, ASIDE)


# --- dialects -----------------------------------------------------------------------------------------------


@FILES.kind(",", ";", "\t", "|", tables=FOUR, text=rich)
def delimiter(clean: Clean, character: str) -> Polluted:
    return written(clean, Dialect(character)).polluted("")


@FILES.kind(",", ";", "\t", "|", tables=FOUR, text=rich)
def everything_in_quotes(clean: Clean, character: str) -> Polluted:
    return written(clean, Dialect(character, quotes_all=True)).polluted("")


@FILES.kind("^", "~", "\x1f", ":", "!", "#", " ", "¦", "\x01", text=plain)
def uncommon_delimiter_found_out_or_refused(clean: Clean, character: str) -> Polluted:
    return written(clean, Dialect(character)).polluted("", may_be_refused=True)


@FILES.kind("^", "~", "\x1f", ":", "!", "#", "\x01", text=rich)
def uncommon_delimiter_declared(clean: Clean, character: str) -> Polluted:
    return written(clean, Dialect(character)).polluted("", section={"delimiter": character})


@FILES.kind("||", "::", "§")
def delimiter_that_cannot_be_declared(clean: Clean, text: str) -> Polluted:
    return written(clean, Dialect(text)).polluted("", section={"delimiter": text}, may_be_refused=True)


@FILES.kind(",", ";", "\t", text=rich)
def apostrophes_as_quotes(clean: Clean, character: str) -> Polluted:
    """Undeclared: rows that need the quotes may be rejected, the others must be right."""
    page = written(clean, Dialect(character, quote="'", escape="'"))
    return _with_rows_in_quotes_rejected(page, "'\"").polluted("", may_be_refused=True)


@FILES.kind(",", ";", "\t", text=rich)
def apostrophes_as_quotes_everywhere(clean: Clean, character: str) -> Polluted:
    page = written(clean, Dialect(character, quote="'", escape="'", quotes_all=True))
    return _with_rows_in_quotes_rejected(page, "'\"").polluted("", may_be_refused=True)


@FILES.kind(",", ";", "\t", text=rich)
def apostrophes_as_quotes_declared(clean: Clean, character: str) -> Polluted:
    page = written(clean, Dialect(character, quote="'", escape="'"))
    return page.polluted("", section={"quote": "'", "delimiter": character})


@FILES.kind(",", ";", "\t", text=rich)
def quotes_escaped_by_backslashes(clean: Clean, character: str) -> Polluted:
    """Undeclared: rows with an escaped quote may be rejected, the others must be right."""
    page = written(clean, Dialect(character, escape="\\"))
    return _with_rows_in_quotes_rejected(page, "\\").polluted("")


@FILES.kind(",", ";", "\t", text=rich)
def quotes_escaped_by_backslashes_declared(clean: Clean, character: str) -> Polluted:
    return written(clean, Dialect(character, escape="\\")).polluted("", section={"escape": "\\"})


@FILES.kind(*range(4), text=rich, tables=FOUR)
def quotes_here_and_there(clean: Clean, seed: int) -> Polluted:
    """Cells are quoted at random, and wherever they have to be."""
    draw = random.Random(seed)
    sparing, generous = Dialect(";"), Dialect(";", quotes_all=True)
    page = Page(clean, sparing)
    page.header()
    for cells in clean.rows:
        text = ";".join(draw.choice((sparing, generous)).cell(cells[header]) for header in clean.headers)
        page.other(text, {LOADED}, cells)
    return page.polluted("")


@FILES.kind(",", ";", text=rich)
def spaces_after_delimiters(clean: Clean, character: str) -> Polluted:
    """A space before an opening quote: read, or the row is rejected."""
    page = written(clean, Dialect(character, space=" "))
    return _with_rows_in_quotes_rejected(page, '"').polluted("", may_be_refused=True)


@FILES.kind("\n", "\r\n", "\r", tables=FOUR, text=rich)
def line_end(clean: Clean, end: str) -> Polluted:
    return written(clean, Dialect(ends=(end,))).polluted("")


@FILES.kind(("\n", "\r\n"), ("\n", "\r\n", "\r"), ("\r\n", "\r"), ("\r\r\n",), ("\n\n",), text=plain)
def line_ends_mixed(clean: Clean, ends: tuple[str, ...]) -> Polluted:
    page = written(clean, Dialect(ends=ends))
    breaks = 2 if len(ends) == 1 else 1
    page.rows = [replace(row, line=(row.line - 1) * breaks + 1) for row in page.rows]
    return page.polluted("")


@FILES.kind("\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x1c", "\x1d", "\x1e")
def what_only_looks_like_a_line_end(clean: Clean, character: str) -> Polluted:
    """Only CR and LF end lines: other separators of Unicode are letters of the text."""
    changed = clean
    for row in (0, 7, 23):
        name = "clinic" if clean.table == "treatments" else "effect"
        changed = changed.changed(row, **{name: f"one{character}two, {row}"})
    return written(changed).polluted("")


# --- encodings ----------------------------------------------------------------------------------------------


@FILES.kind("utf-8", tables=FOUR, text=rich)
def byte_order_mark(clean: Clean, encoding: str) -> Polluted:
    return written(clean).polluted("", encoding, codecs.BOM_UTF8)


@FILES.kind(",", ";", "\t")
def byte_order_mark_before_a_quote(clean: Clean, character: str) -> Polluted:
    return written(clean, Dialect(character, quotes_all=True)).polluted("", mark=codecs.BOM_UTF8)


@FILES.kind("utf-16-le", "utf-16-be", tables=FOUR, text=rich)
def utf_16_marked(clean: Clean, encoding: str) -> Polluted:
    mark = codecs.BOM_UTF16_LE if encoding.endswith("le") else codecs.BOM_UTF16_BE
    return written(clean, Dialect("\t")).polluted("", encoding, mark)


@FILES.kind("utf-16-le", "utf-16-be", text=plain)
def utf_16_unmarked(clean: Clean, encoding: str) -> Polluted:
    return written(clean).polluted("", encoding, may_be_refused=True)


@FILES.kind("utf-16-le", "utf-16-be", text=rich)
def utf_16_declared(clean: Clean, encoding: str) -> Polluted:
    return written(clean, SEMICOLON).polluted("", encoding, section={"encoding": encoding})


@FILES.kind("utf-32", "utf-7", "utf-32-le")
def uncommon_unicode(clean: Clean, encoding: str) -> Polluted:
    return written(clean).polluted("", encoding, may_be_refused=True)


SEMICOLON = Dialect(";")
LETTERS = {
    "cp1252": "Praxis Müller – Zürich, François „Groß“ 12 €",
    "latin-1": "Praxis Müller, Zürich, François, Señora Núñez, Groß",
    "iso8859-15": "Praxis Müller, Zürich, œuvre, 12 €",
    "mac_roman": "Praxis Müller – Zürich, François, Señora Núñez",
    "cp850": "Praxis Müller, Zürich, François, Señora Núñez",
    "cp1250": "Gabinet Łódź, ulica Świętokrzyska, Kraków, źródło, żółć",
    "iso8859-2": "Gabinet Łódź, ulica Świętokrzyska, Kraków, źródło, żółć",
    "cp1251": "Клиника доктора Иванова, Москва, улица Ленина",
    "koi8-r": "Клиника доктора Иванова, Москва, улица Ленина",
    "cp1253": "Κλινική του γιατρού Παπαδόπουλου, Αθήνα",
    "cp1254": "Güzellik kliniği, İstanbul, Şişli, ağız çevresi",
    "cp1255": "מרפאה לרפואה אסתטית, תל אביב",
    "cp1256": "عيادة التجميل الطبي، القاهرة",
    "shift_jis": "東京美容クリニック、渋谷区、目尻のしわ",
    "euc_jp": "東京美容クリニック、渋谷区、目尻のしわ",
    "gb18030": "上海美容医院，鱼尾纹，注射治疗",
    "big5": "臺北美容醫院，魚尾紋，注射治療",
    "euc_kr": "서울 미용 클리닉, 강남구, 눈가 주름",
    "cp874": "คลินิกความงาม กรุงเทพมหานคร",
}
CERTAIN = ("cp1252", "latin-1")


def _foreign(clean: Clean, encoding: str) -> Clean:
    texts = {header for header in clean.headers if clean.rows[0][header] == plain(header, clean.mark, 0)}
    rows = tuple(
        {name: f"{cell} {LETTERS[encoding]}" if name in texts and cell else cell for name, cell in row.items()}
        for row in clean.rows
    )
    return replace(clean, rows=rows)


@FILES.kind(*LETTERS)
def code_page_found_out(clean: Clean, encoding: str) -> Polluted:
    """Windows-1252 and Latin-1 are read right; of others letters may be guessed, with a warning."""
    page = written(_foreign(clean, encoding), SEMICOLON)
    is_certain = encoding in CERTAIN
    return page.polluted("", encoding, is_guessed=not is_certain, may_be_refused=not is_certain)


@FILES.kind(*LETTERS)
def code_page_declared(clean: Clean, encoding: str) -> Polluted:
    return written(_foreign(clean, encoding), SEMICOLON).polluted("", encoding, section={"encoding": encoding})


@FILES.kind("latin-1", "cp1252", "cp1251")
def some_rows_of_another_encoding(clean: Clean, encoding: str) -> Polluted:
    """A UTF-8 file into which rows of another encoding were pasted: those are rejected."""
    foreign = _foreign(clean, encoding)
    page = Page(foreign)
    page.header()
    for at in range(len(foreign.rows)):
        if at not in (0, 11, 23):
            page.row(at)
            continue
        text = page.dialect.row(foreign.rows[at].values()).encode(encoding).decode("utf-8", "surrogateescape")
        page.other(text, raw=None, told=foreign.rows[at][foreign.id_column])
    return page.polluted("")


# --- above, below, in between ---------------------------------------------------------------------------------


PREAMBLES = (
    ("Practice export",),
    ("Practice export, made on 2024-01-31",),
    ("sep=,",),
    ("", ""),
    ("Practice export", "Main Street, 5", "", "All records"),
    ('"Practice export, ""all"""',),
    ("# exported by somebody", "# version 2"),
    ("Report:,treatments", "From:,2019-01-01", "To:,2023-12-31", ""),
    (",,,,,,",),
    ("x,y,z,1,2,3,4,5,6,7,8,9",),
    tuple(f"line {n} of a letterhead" for n in range(12)),
)


@FILES.kind(*PREAMBLES, tables=FOUR)
def preamble(clean: Clean, lines: tuple[str, ...]) -> Polluted:
    page = Page(clean)
    for line in lines:
        page.put(line)
    page.header()
    page.all_rows()
    return page.polluted("")


@FILES.kind(*PREAMBLES[:6])
def preamble_in_semicolons(clean: Clean, lines: tuple[str, ...]) -> Polluted:
    page = Page(clean, Dialect(";", quotes_all=True, ends=("\r\n",)))
    for line in lines:
        page.put(line.replace("sep=,", "sep=;"))
    page.header()
    page.all_rows()
    return page.polluted("", mark=codecs.BOM_UTF8)


@FILES.kind(*PREAMBLES)
def preamble_declared(clean: Clean, lines: tuple[str, ...]) -> Polluted:
    page = Page(clean)
    for line in lines:
        page.put(line)
    page.header()
    page.all_rows()
    return page.polluted("", section={"header_row": len(lines) + 1})


FOOTERS = (
    ("", ""),
    ("Total: 24",),
    ("Total,24",),
    ("", "(24 rows affected)", ""),
    ("-- end of file --",),
    ('"Total","24"',),
    ("\x1a",),
    ("   ",),
    ("Total,,,,,,24,,,,,,,,,,,,,,,,,",),
    ("Summary", "Records,24", "Patients,24", "Sum,1234.5"),
)


@FILES.kind(*FOOTERS, tables=FOUR)
def footer(clean: Clean, lines: tuple[str, ...]) -> Polluted:
    """Lines below the rows are rejected as rows, or told apart; what is blank is nothing."""
    page = written(clean)
    for line in lines:
        if line.strip():
            page.other(line, NOT_A_RECORD)
        else:
            page.put(line)
    return page.polluted("")


@FILES.kind("Total", "Sum", "")
def totals_as_wide_as_the_table(clean: Clean, word: str) -> Polluted:
    page = written(clean)
    numbers = {name: "1234.5" for name in ("dose", "baseline_asymmetry") if name in clean.headers}
    page.other(
        page.dialect.row(({clean.id_column: word} | numbers).get(name, "") for name in clean.headers), NOT_A_RECORD
    )
    return page.polluted("")


@FILES.kind(1, 2, 5)
def header_repeated_within(clean: Clean, times: int) -> Polluted:
    """As where files were put together: the repeated header is no record."""
    page = Page(clean)
    page.header()
    for at in range(len(clean.rows)):
        if at and at % (len(clean.rows) // (times + 1)) == 0:
            page.other(page.dialect.row(clean.headers), NOT_A_RECORD)
        page.row(at)
    return page.polluted("")


@FILES.kind("", " ", "\t \t", "\u00a0")
def blank_lines_between(clean: Clean, blank: str) -> Polluted:
    page = Page(clean)
    page.header()
    for at in range(len(clean.rows)):
        page.row(at)
        if at % 3 == 0:
            page.put(blank)
    return page.polluted("")


@FILES.kind(",", '""')
def rows_of_nothing(clean: Clean, cell: str) -> Polluted:
    """A row of empty cells holds no id: rejected, or taken for blank."""
    page = Page(clean)
    page.header()
    for at in range(len(clean.rows)):
        page.row(at)
        if at % 5 == 0:
            nothing = "," * (len(clean.headers) - 1) if cell == "," else ",".join(['""'] * len(clean.headers))
            page.other(nothing, NOT_A_RECORD)
    return page.polluted("")


@FILES.kind(",", ";", "\t", tables=FOUR, text=rich)
def no_line_end_at_the_end(clean: Clean, character: str) -> Polluted:
    page = written(clean, Dialect(character, ends=("\r\n",)))
    page.text = page.text.removesuffix("\r\n")
    return page.polluted("")


@FILES.kind(tables=FOUR, rows=1)
def one_row(clean: Clean, _: None) -> Polluted:
    return written(clean).polluted("")


@FILES.kind(tables=FOUR, rows=0)
def a_header_alone(clean: Clean, _: None) -> Polluted:
    return written(clean).polluted("", may_be_refused=True)


# --- headers ------------------------------------------------------------------------------------------------


def _headed(clean: Clean, names: list[str], dialect: Dialect | None = None) -> Page:
    """The table under other column names."""
    page = Page(clean, dialect or Dialect())
    page.header(names)
    page.all_rows()
    return page


def _with_more(clean: Clean, names: list[str], cells: list[str], first: bool = False) -> Page:
    """The table with more columns, which hold the same in every row."""
    page = Page(clean)
    page.header([*names, *clean.headers] if first else [*clean.headers, *names])
    for row in clean.rows:
        own = [row[header] for header in clean.headers]
        page.other(page.dialect.row([*cells, *own] if first else [*own, *cells]), {LOADED}, row)
    return page


@FILES.kind("note", "", "Note", "2", tables=FOUR)
def two_other_columns_of_one_name(clean: Clean, name: str) -> Polluted:
    return _with_more(clean, [name, name], ["one", "2020-02-02"]).polluted("")


@FILES.kind("same", "upper", "padded", tables=FOUR)
def two_needed_columns_of_one_name(clean: Clean, how: str) -> Polluted:
    name = clean.headers[2]
    again = {"same": name, "upper": name.upper(), "padded": f" {name} "}[how]
    return _with_more(clean, [again], ["2020-02-02"]).polluted("", refusal=name)


@FILES.kind(*"abcdef", tables=FOUR)
def headers_padded_or_in_other_case(clean: Clean, how: str) -> Polluted:
    changes: dict[str, Any] = {
        "a": lambda name: f"  {name} ",
        "b": lambda name: f"\u00a0{name}\u00a0",
        "c": str.upper,
        "d": str.title,
        "e": lambda name: f"\t{name}",
        "f": lambda name: f'" {name.capitalize()} "',
    }
    names = [changes[how](name) for name in clean.headers]
    if how == "f":
        page = Page(clean)
        page.put(",".join(names))
        page.all_rows()
        return page.polluted("")
    return _headed(clean, names).polluted("")


@FILES.kind(*range(3), tables=FOUR, text=rich)
def columns_in_another_order(clean: Clean, seed: int) -> Polluted:
    headers = random.Random(seed).sample(clean.headers, len(clean.headers))
    return written(replace(clean, headers=tuple(headers)), SEMICOLON).polluted("")


@FILES.kind("first", "last", tables=FOUR)
def more_columns(clean: Clean, where: str) -> Polluted:
    names = ["resolved_on_2", "DROP TABLE treatments", "größe €", "🙂", 'with "quotes"', "a,b", "__proto__", "rowid"]
    cells = ["2021-02-02", "'; --", "1,80", "", '"', "x,y", "{}", "1"]
    return _with_more(clean, names, cells, first=where == "first").polluted("")


@FILES.kind(300)
def very_many_columns(clean: Clean, count: int) -> Polluted:
    return _with_more(clean, [f"more {n}" for n in range(count)], ["x"] * count).polluted("")


@FILES.kind(",", ";", "\t", tables=FOUR)
def delimiter_at_every_end(clean: Clean, character: str) -> Polluted:
    page = Page(clean, Dialect(character))
    page.put(page.dialect.row(clean.headers) + character)
    for row in clean.rows:
        page.other(page.dialect.row(row.values()) + character, {LOADED}, row)
    return page.polluted("")


@FILES.kind(",", ";")
def delimiter_at_the_end_of_rows_alone(clean: Clean, character: str) -> Polluted:
    """One cell more than the header, in every row: read right, or rejected."""
    page = Page(clean, Dialect(character))
    page.header()
    for row in clean.rows:
        page.other(page.dialect.row(row.values()) + character, {LOADED, REJECTED}, row)
    return page.polluted("", may_be_refused=True)


@FILES.kind(",", ";")
def delimiter_at_the_end_of_the_header_alone(clean: Clean, character: str) -> Polluted:
    page = Page(clean, Dialect(character))
    page.put(page.dialect.row(clean.headers) + character)
    for row in clean.rows:
        page.other(page.dialect.row(row.values()), {LOADED, REJECTED}, row)
    return page.polluted("", may_be_refused=True)


@FILES.kind("groups", "sparse groups")
def groups_of_columns_above_the_header(clean: Clean, how: str) -> Polluted:
    page = Page(clean)
    page.put(page.dialect.row("Group" if at % 4 == 0 or how == "groups" else "" for at in range(len(clean.headers))))
    page.header()
    page.all_rows()
    return page.polluted("")


@FILES.kind(tables=("treatments", "follow_ups", "side_effects"))
def kinds_of_columns_below_the_header(clean: Clean, _: None) -> Polluted:
    """A second line of header that tells types: no record."""
    page = Page(clean)
    page.header()
    page.other(page.dialect.row("date" if name.endswith("_on") else "text" for name in clean.headers), NOT_A_RECORD)
    page.all_rows()
    return page.polluted("")


@FILES.kind("semantic", "misspelt", tables=FOUR)
def required_column_missing(clean: Clean, how: str) -> Polluted:
    name = {
        "treatments": "treated_on",
        "patients": "patient_id",
        "follow_ups": "followed_up_on",
        "side_effects": "onset_on",
    }[clean.table]
    names = [
        "Day" if header == name and how == "semantic" else header.replace(name, f"{name}x") for header in clean.headers
    ]
    return _headed(clean, names).polluted("", refusal=name)


# --- names of files -----------------------------------------------------------------------------------------


@FILES.kind(".txt", ".tsv", ".TSV", ".CSV", ".Txt", tables=FOUR)
def suffix(clean: Clean, ending: str) -> Polluted:
    return written(clean, Dialect("\t" if ending.casefold() != ".csv" else ",")).polluted("", suffix=ending)


@FILES.kind(
    "[ab]*?.csv", "%s {0}.csv", "';--.csv", "a b\tc.csv", "ä🙂.csv", "-rf.csv", "..csv", "$(x)`y`.csv", "a=7.csv"
)
def name_that_means_something_else(clean: Clean, ending: str) -> Polluted:
    return written(clean).polluted("", suffix=ending)


def _with_rows_in_quotes_rejected(page: Page, quotes: str) -> Page:
    """The page, where rows that hold one of these characters may also be rejected, and what is left of them as well.

    A row over several lines that is not understood becomes several rejected rows.
    """
    rows = []
    for row in page.rows:
        if not row.raw or not set(quotes) & set(row.raw):
            rows.append(row)
            continue
        rows.append(replace(row, fates=frozenset({LOADED, REJECTED}), raw=None))
        more = row.raw.replace("\r\n", "\n").replace("\r", "\n").count("\n")
        rows += [replace(row, line=row.line + n, cells={}, fates=frozenset(NOT_A_RECORD)) for n in range(1, more + 1)]
    page.rows = rows
    return page
