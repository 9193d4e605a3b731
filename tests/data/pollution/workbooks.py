"""Workbooks: the clean tables in Excel, as people and systems write them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import xlsxwriter

from data.contract import TABLES
from tests.data.pollution.clean import Cells, Clean, clean, rich, value_of
from tests.data.pollution.registry import FOUR, Registry
from tests.data.pollution.writing import ASIDE, LOADED, REJECTED, Expected, Part, Polluted, expected

WORKBOOKS = Registry("w")
NOT_A_RECORD = (REJECTED, ASIDE)


@dataclass
class Sheet:
    """One sheet in the making: lines of cells, and what is expected of each row."""

    clean: Clean
    name: str
    lines: list[Sequence[Any]] = field(default_factory=list)
    rows: list[Expected] = field(default_factory=list)
    dates: str = "real"

    def header(self, names: Sequence[str] | None = None) -> None:
        self.lines.append(names or self.clean.headers)

    def all_rows(self, offset: int = 0) -> None:
        for cells in self.clean.rows:
            self.row(cells, offset=offset)

    def row(self, cells: Cells, fates: Sequence[str] = (LOADED,), offset: int = 0) -> None:
        self.lines.append([None] * offset + [self._value(name, cells[name]) for name in self.clean.headers])
        told = cells[self.clean.id_column] if REJECTED in fates else ""
        self.rows.append(expected(self.clean, len(self.lines), cells, fates=fates, told=told))

    def other(self, values: Sequence[Any], fates: Sequence[str] = NOT_A_RECORD) -> None:
        self.lines.append(values)
        self.rows.append(expected(self.clean, len(self.lines), {}, fates=fates))

    def _value(self, name: str, cell: str) -> Any:
        kind = TABLES[self.clean.table].column(name).kind
        if self.dates == "all texts" or kind == "text":
            return cell
        value = value_of(self.clean.table, name, cell)
        if isinstance(value, date):
            return (
                cell
                if self.dates == "texts"
                else float((value - date(1899, 12, 30)).days)
                if self.dates == "serials"
                else value
            )
        return value

    def part(self, member: str = "") -> Part:
        return Part(self.clean.table, tuple(self.rows), member)


def book(sheets: Sequence[Sheet], merged: Sequence[str] = (), formulas: bool = False, **options: Any) -> bytes:
    """The sheets as a workbook; with `formulas` every number and day is the value of one."""
    place = io.BytesIO()
    workbook = xlsxwriter.Workbook(
        place, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, **options}
    )
    workbook.set_properties({"created": datetime(2024, 1, 31)})
    day = workbook.add_format({"num_format": "dd/mm/yyyy"})
    for sheet in sheets:
        made = workbook.add_worksheet(sheet.name)
        for row, cells in enumerate(sheet.lines):
            for column, value in enumerate(cells):
                _write(made, row, column, value, day, formulas)
        for area in merged:
            made.merge_range(area, "Export of the practice")
    workbook.close()
    return place.getvalue()


def _write(sheet: Any, row: int, column: int, value: Any, day: Any, formulas: bool) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, date) and formulas:
        sheet.write_formula(row, column, "=TODAY()", day, (value - date(1899, 12, 30)).days)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, day)
    elif isinstance(value, int | float) and formulas:
        sheet.write_formula(row, column, "=1+1", None, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, value)


def _workbook(clean: Clean, sheet: Sheet, content: bytes, **how: Any) -> Polluted:
    return Polluted("", clean.mark, f"{clean.mark}_{clean.table}.xlsx", content, (sheet.part(),), **how)


def _sheet(clean: Clean, dates: str = "real", name: str = "") -> Sheet:
    sheet = Sheet(clean, name or clean.table, dates=dates)
    sheet.header()
    sheet.all_rows()
    return sheet


@WORKBOOKS.kind("real", "serials", "texts", "all texts", text=rich)
def days_in_cells(clean: Clean, dates: str) -> Polluted:
    """Days as Excel has them, as bare serial numbers, as texts; numbers as numbers or texts."""
    sheet = _sheet(clean, dates)
    return _workbook(clean, sheet, book([sheet]))


@WORKBOOKS.kind(text=rich)
def days_counted_from_1904(clean: Clean, _: None) -> Polluted:
    sheet = _sheet(clean)
    return _workbook(clean, sheet, book([sheet], date_1904=True))


@WORKBOOKS.kind(text=rich)
def formulas(clean: Clean, _: None) -> Polluted:
    """A formula is the value it last gave."""
    sheet = _sheet(clean)
    return _workbook(clean, sheet, book([sheet], formulas=True))


@WORKBOOKS.kind("title", "merged title", "blank rows", "letterhead", tables=("side_effects",))
def above_the_header(clean: Clean, how: str) -> Polluted:
    sheet = Sheet(clean, "Export")
    lines: dict[str, list[list[Any]]] = {
        "title": [["Export of the practice"]],
        "merged title": [[None]],
        "blank rows": [[], [], []],
        "letterhead": [["Practice", "Main Street"], ["From", date(2019, 1, 1)], ["Total", 24.0], []],
    }
    sheet.lines += lines[how]
    sheet.header()
    sheet.all_rows()
    return _workbook(clean, sheet, book([sheet], merged=["A1:F1"] if how == "merged title" else []))


@WORKBOOKS.kind("Session:A1:C1", "Session:A1:B1")
def groups_merged_above_the_header(clean: Clean, how: str) -> Polluted:
    sheet = Sheet(clean, "Export")
    sheet.lines.append([None] * len(clean.headers))
    sheet.header()
    sheet.all_rows()
    area = how.partition(":")[2]
    return _workbook(clean, sheet, book([sheet], merged=[area, "D1:E1"]))


@WORKBOOKS.kind(1, 3)
def columns_begin_further_right(clean: Clean, offset: int) -> Polluted:
    sheet = Sheet(clean, clean.table)
    sheet.lines += [[], [None] * offset + list(clean.headers)]
    sheet.all_rows(offset)
    return _workbook(clean, sheet, book([sheet]))


@WORKBOOKS.kind("blank", "totals", "note", tables=("treatments", "patients"))
def among_and_below_the_rows(clean: Clean, how: str) -> Polluted:
    sheet = Sheet(clean, clean.table)
    sheet.header()
    for at, cells in enumerate(clean.rows):
        sheet.row(cells)
        if at % 6 == 0 and how == "blank":
            sheet.lines.append([])
    if how == "totals":
        sheet.lines.append([])
        sheet.other(["Total", None, None, None, 24.0])
    if how == "note":
        sheet.other(["exported by somebody"])
    # A note in the first column is an id to a table that needs no more than one.
    if clean.table == "patients" and how != "blank":
        sheet.rows[-1] = expected(clean, sheet.rows[-1].line, {"patient_id": f"{clean.mark}-x"}, fates=NOT_A_RECORD)
        sheet.lines[-1] = [None, *sheet.lines[-1][:1]]
    return _workbook(clean, sheet, book([sheet]))


@WORKBOOKS.kind("all four", "and others", tables=("treatments",), text=rich)
def several_sheets(first: Clean, how: str) -> Polluted:
    sheets = [_sheet(clean(table, first.mark, text=rich)) for table in FOUR]
    more = []
    if how == "and others":
        more = [
            Sheet(first, "Read me", [["This workbook was made by a system."], [None, "Bye."]]),
            Sheet(first, "Empty"),
        ]
    parts = tuple(sheet.part(sheet.name) for sheet in sheets)
    return Polluted("", first.mark, f"{first.mark}.xlsx", book([*more[:1], *sheets, *more[1:]]), parts)


@WORKBOOKS.kind("Sheet2", "Behandlungen 2024", "a 'b' \"c\"")
def sheet_declared(clean: Clean, name: str) -> Polluted:
    """The sheet that the mapping names is read, and no other."""
    decoy = _sheet(clean.changed(0, **{clean.headers[1]: "decoy"}), name="decoy")
    sheet = _sheet(clean, name=name)
    case = _workbook(clean, sheet, book([decoy, sheet]), section={"sheet": name})
    return Polluted(case.name, case.mark, case.file, case.content, (sheet.part(name),), section=case.section)


@WORKBOOKS.kind("missing", "partial day", "not a number", "time of day", text=rich, tables=("side_effects",))
def cells_that_cannot_be(clean: Clean, how: str) -> Polluted:
    """Rows that break a rule are rejected by the row of their sheet."""
    sheet = Sheet(clean, clean.table)
    sheet.header()
    day = "treated_on" if clean.table == "treatments" else "onset_on"
    for at, cells in enumerate(clean.rows):
        if at not in (0, 7, 23):
            sheet.row(cells)
            continue
        values: list[Any] = [sheet._value(name, cells[name]) for name in clean.headers]
        place = clean.headers.index(day)
        values[place] = {"missing": None, "partial day": "2019-01", "not a number": "soon", "time of day": 0.5}[how]
        sheet.lines.append(values)
        sheet.rows.append(expected(clean, len(sheet.lines), {}, fates=(REJECTED,), told=cells[clean.id_column]))
    return _workbook(clean, sheet, book([sheet]))


@WORKBOOKS.kind("cut", "flipped", "a workbook of nothing", "a zip called xlsx", tables=("treatments",))
def workbook_that_is_damaged(clean: Clean, how: str) -> Polluted:
    content = book([_sheet(clean)])
    flipped = bytearray(content)
    start = content.find(b"xl/worksheets/sheet1.xml") + 60
    flipped[start : start + 40] = bytes(one ^ 0xFF for one in flipped[start : start + 40])
    changed = {
        "cut": content[: len(content) // 2],
        "flipped": bytes(flipped),
        "a workbook of nothing": book([Sheet(clean, clean.table)]),
        "a zip called xlsx": content[:4] + b"\0" * 200,
    }[how]
    sheet = Sheet(clean, clean.table)
    return replace(
        _workbook(clean, sheet, changed, refusal="_" + clean.table), may_be_left_out=how == "a workbook of nothing"
    )
