"""The sheets of a workbook (.xlsx, .xls, .ods): values as a person sees them, formulas as what they last gave."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import python_calamine

from data.formats.rows import Row, Rows
from data.refusal import ImportRefused

LARGEST_BYTES = 2_000_000_000
HARMLESS_BYTES = 50_000_000
LARGEST_RATIO = 100
SHOWN_ERRORS = 5
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def sheets(path: Path) -> Iterator[Rows]:
    """The sheets of a workbook that hold anything, row by row. ImportRefused where it cannot be read."""
    errors: dict[str, list[str]] = {}
    is_1904 = False
    if zipfile.is_zipfile(path):
        _refuse_bomb(path)
        errors, is_1904 = _peculiarities(path)
    try:
        with python_calamine.load_workbook(path) as workbook:
            for name in workbook.sheet_names:
                try:
                    sheet = workbook.get_sheet_by_name(name)
                except python_calamine.WorksheetNotFound:  # a sheet that is only a chart
                    continue
                if sheet.height:
                    rows = Rows(name, None, lambda sheet=sheet: _rows(sheet), sheet.width)  # type: ignore[misc]
                    rows.day_zero = "1904-01-01" if is_1904 else "1899-12-30"
                    if found := errors.get(name):
                        listed = ", ".join(found[:SHOWN_ERRORS]) + (", ..." if len(found) > SHOWN_ERRORS else "")
                        told = "one cell holds" if len(found) == 1 else f"{len(found):,} cells hold"
                        rows.notes.append(f"{told} an error, read as empty: {listed}")
                    yield rows
    except python_calamine.PasswordError:
        raise ImportRefused("is protected by a password. Save it without one.") from None
    except python_calamine.CalamineError as error:
        raise ImportRefused(f"is no workbook that can be read ({error}). Export it as CSV.") from None


def _rows(sheet: python_calamine.CalamineSheet) -> Iterator[Row]:
    for line, row in enumerate(sheet.iter_rows(), 1):
        cells = [_text(cell) for cell in row]
        yield line, "\t".join(map(_quoted, cells)), "", cells


def _quoted(cell: str) -> str:
    return f'"{cell.replace(chr(34), 2 * chr(34))}"' if re.search('[\t\n\r"]', cell) else cell


def _text(cell: object) -> str:
    """A cell's value as text: whole numbers without decimals, days as ISO."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e16 else f"{cell:.15g}"
    if isinstance(cell, datetime.datetime):
        is_day = cell.time() == datetime.time()
        return cell.date().isoformat() if is_day else cell.isoformat(" ", "seconds")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)


def _refuse_bomb(path: Path) -> None:
    """Refuse a workbook that unpacks into far more than it is."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile as error:
        raise ImportRefused(f"is no workbook that can be read ({error}). Export it as CSV.") from None
    size = path.stat().st_size
    if unpacked > LARGEST_BYTES or (unpacked > HARMLESS_BYTES and unpacked > LARGEST_RATIO * size):
        raise ImportRefused(
            f"would unpack into {unpacked / 1e6:,.0f} MB, more than a workbook of its size holds. Export it as CSV."
        )


def _peculiarities(path: Path) -> tuple[dict[str, list[str]], bool]:
    """The cells of each sheet that hold an error, and whether days are counted from 1904; what calamine leaves out."""
    errors: dict[str, list[str]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
            links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
            targets = {link.get("Id"): link.get("Target", "") for link in links}
            for sheet in book.iter(f"{MAIN}sheet"):
                target = targets.get(sheet.get(RELATION), "").lstrip("/").removeprefix("xl/")
                with archive.open(f"xl/{target}") as content:
                    errors[sheet.get("name", "")] = list(_error_cells(content))
            settings = book.find(f"{MAIN}workbookPr")
            return errors, settings is not None and settings.get("date1904") in ("1", "true")
    except (KeyError, ElementTree.ParseError, zipfile.BadZipFile, OSError):
        return {}, False


def _error_cells(content: object) -> Iterator[str]:
    rest = b""
    while block := content.read(1_000_000):  # type: ignore[attr-defined]
        text = rest + block
        for cell in re.finditer(rb"<c\b[^>]*>", text):
            if b't="e"' in cell[0] and (address := re.search(rb'r="([A-Z]+\d+)"', cell[0])):
                yield address[1].decode()
        rest = text[text.rfind(b"<") :] if b">" not in text[text.rfind(b"<") :] else b""
