"""Pollution of single values: dates, numbers and units, yes and no, codes, the order of time, ids that come twice.

Beside each text stands what it may be read as: a value, or nothing (with a warning). A text that could be two things
may be read as neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tests.data.pollution.clean import FIRST_DAYS, Cells, Clean
from tests.data.pollution.registry import FOUR, OF_ITS_COLUMN, Registry
from tests.data.pollution.writing import LOADED, REJECTED, SKIPPED, Dialect, Page, Polluted

VALUES = Registry("v", in_turn=True)
Readings = tuple[tuple[str, tuple[Any, ...]], ...]
EITHER = (LOADED, REJECTED)
NOTHING = (None,)


def _put(
    page: Page, at: int, fates: Iterable[str] = (LOADED,), told: dict[str, tuple[Any, ...]] | None = None, **cells: str
) -> None:
    """Add a row with other cells, and what these may be read as."""
    changed: Cells = page.clean.rows[at] | cells
    text = page.dialect.row(changed[header] for header in page.clean.headers)
    page.other(text, fates, changed, told)


def _with_values(
    page: Page, column: str, readings: Readings, fates: Iterable[str], **others: tuple[str, tuple[Any, ...]]
) -> Page:
    """A page in which every row holds another text in one column, between clean rows; `others` stand beside it."""
    page.header()
    page.row(0)
    for at, (text, allowed) in enumerate(readings, 1):
        told = {column: allowed} | {name: values for name, (_, values) in others.items()}
        cells = {name: cell for name, (cell, _) in others.items()}
        _put(page, at, fates, told, **cells, **{column: text})
    page.row(len(readings) + 1)
    return page


# --- dates --------------------------------------------------------------------------------------------------

# {y} is the year of the column; "day" is the 5th of January of that year.
DAYS: tuple[tuple[str, bool], ...] = (
    # text, whether it may be read as that day
    ("{y}-01-05T10:00:00", True),
    ("{y}-01-05 10:00", True),
    ("{y}/01/05", True),
    ("{y}-1-5", True),
    ("{y}0105", True),
    ("{y}-01-05T12:00:00Z", True),
    ("{y}‐01‐05", True),
    ("5 January {y}", True),
    ("{y}-01-05.", True),
    ("{y}-01", False),
    ("{y}", False),
    ("{y}-", False),
    ("{y}-02-30", False),
    ("{y}-13-05", False),
    ("{y}-00-05", False),
    ("{y}-01-00", False),
    ("0000-00-00", False),
    ("05/01/{y}", False),
    ("01/05/{y}", False),
    ("05.01.20", False),
    ("20-01-05", False),
    ("1/5/20", False),
    ("Jan {y}", False),
    ("{y}-W01", False),
    ("{y}-005", False),
    ("yesterday", False),
    ("today", False),
    ("now", False),
    ("infinity", False),
    ("-infinity", False),
    ("epoch", False),
    ("n/a", False),
    ("0001-01-01", False),
    ("9999-12-31", False),
    ("99999-01-05", False),
    ("-{y}-01-05", False),
    ("{y}-01-05 (BC)", False),
    ("２０２０-01-05", False),
    ("٢٠٢٠-٠١-٠٥", False),
    ("{y}-01-05 or {y}-01-06", False),
    ("{y}-01-05/{y}-01-09", False),
    ("ca. {y}-01-05", False),
    ("43835", False),
    ("1578182400", False),
    ("2999-01-05", False),
    ("1899-12-31", False),
)


@VALUES.kind("treated_on", "resolved_on", "resolved_by", "followed_up_on", "onset_on", tables=OF_ITS_COLUMN, rows=60)
def days(clean: Clean, column: str) -> Polluted:
    """A day that cannot be read rejects its row where it is required, and is empty elsewhere."""
    is_required = column in ("treated_on", "followed_up_on", "onset_on")
    day = FIRST_DAYS[column].replace(month=1, day=5)
    page = Page(clean)
    page.header()
    page.row(0)
    for at, (text, may_be_read) in enumerate(DAYS, 1):
        told = {column: (day,) if is_required else (day, None) if may_be_read else NOTHING}
        fates = (EITHER if may_be_read else (REJECTED,)) if is_required else (LOADED,)
        # A treatment on an earlier day of the year must not come after what belongs to it.
        _put(page, at, fates, told, **{column: text.format(y=day.year)})
    page.row(len(DAYS) + 1)
    return page.polluted("")


FORMATS = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%-d/%-m/%Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%d/%m/%Y %H:%M",
)
DOUBTFUL_FORMATS = (
    "%d/%m/%y",
    "%m/%d/%y",
    "%y/%m/%d",
    "%d%m%Y",
    "%m%d%Y",
    "%d. %b %y",
    "%a %d %b %Y",
    "%d %m %Y",
    "%s",
)


def _dated(page: Page, at: int, style: str, fates: Iterable[str] = (LOADED,)) -> None:
    """Add a row whose days are written in this style."""
    clean = page.clean.rows[at]
    cells = {
        name: date.fromisoformat(cell).strftime(style) for name, cell in clean.items() if name in FIRST_DAYS and cell
    }
    told = {name: (date.fromisoformat(clean[name]),) for name in cells}
    _put(page, at, fates, told, **cells)


def _all_dated(clean: Clean, style: str, fates: Iterable[str] = (LOADED,)) -> Page:
    page = Page(clean, Dialect(";"))
    page.header()
    for at in range(len(clean.rows)):
        _dated(page, at, style, fates)
    return page


@VALUES.kind(*FORMATS, tables=("treatments", "follow_ups", "side_effects"))
def days_written_otherwise(clean: Clean, style: str) -> Polluted:
    """Days up to the 24th leave one reading."""
    return _all_dated(clean, style).polluted("")


@VALUES.kind(*DOUBTFUL_FORMATS)
def days_written_strangely(clean: Clean, style: str) -> Polluted:
    return _all_dated(clean, style, EITHER).polluted("", may_be_refused=True)


@VALUES.kind(*FORMATS[:5], tables=("treatments", "follow_ups", "side_effects"), rows=12)
def days_that_could_be_months(clean: Clean, style: str) -> Polluted:
    """Days up to the 12th leave two: refused, with the column, three of its values and the line to add."""
    first = {"treatments": "treated_on", "follow_ups": "followed_up_on", "side_effects": "onset_on"}[clean.table]
    written = "|".join(date.fromisoformat(row[first]).strftime(style) for row in clean.rows)
    refusal = rf"{first}.*({written}).*({written}).*({written}).*date_format = "
    return _all_dated(clean, style).polluted("", refusal=refusal)


@VALUES.kind(*FORMATS[:5], tables=("treatments", "follow_ups", "side_effects"), rows=12)
def days_that_could_be_months_declared(clean: Clean, style: str) -> Polluted:
    return _all_dated(clean, style).polluted("", section={"date_format": style})


@VALUES.kind("%d/%m/%Y %m/%d/%Y", "%m/%d/%Y %Y-%m-%d", "%d.%m.%Y %d/%m/%Y", "%d/%m/%Y %d/%m/%y")
def days_written_in_two_ways(clean: Clean, styles: str) -> Polluted:
    page = Page(clean)
    page.header()
    for at in range(len(clean.rows)):
        # The end of a side effect may be left empty, with a warning, where its onset is read.
        _dated(page, at, styles.split()[at % 2], EITHER)
        told = {
            name: (*values, None) for name, values in page.rows[-1].values.items() if name.startswith(("res", "last"))
        }
        page.rows[-1].values.update(told)
    return page.polluted("", may_be_refused=True)


# --- numbers ------------------------------------------------------------------------------------------------

UNITS = ("U", "u", "units", "UI", "IU", "iu", "mL", "ml", "ML", "cc", "mg", "Units", "E", "%")
DOSES: Readings = (
    ("20", (20.0,)),
    ("20.0", (20.0,)),
    ("+20", (20.0, None)),
    (".5", (0.5, None)),
    ("0", (0.0,)),
    ("007", (7.0, None)),
    ("20u", (20.0, None)),
    ("20 U", (20.0, None)),
    ("20 units", (20.0, None)),
    ("20 IU", (20.0, None)),
    ("0.5ml", (0.5, None)),
    ("0,5 ml", (0.5, None)),
    ("0.5 mL", (0.5, None)),
    ("1,5", (1.5, None)),
    ("0,500", (0.5, None)),
    ("12,345", (12345.0, None)),
    ("1,234.5", (1234.5, None)),
    ("1,234,567", (1234567.0, None)),
    ("1.234,5", (1234.5, None)),
    ("1.234.567", (1234567.0, None)),
    ("1'234.5", (1234.5, None)),
    ("1 234.5", (1234.5, None)),
    ("1\u00a0234,5", (1234.5, None)),
    ("1\u202f234,5", (1234.5, None)),
    ("12,34,567", (1234567.0, None)),
    ("1e1", (10.0, None)),
    ("٢٠", (20.0, None)),
    ("２０", (20.0, None)),
    ("½", (0.5, None)),
    ("−5", (None,)),
    ("-5", (None,)),
    ("- 5", NOTHING),
    ("-0.5ml", NOTHING),
    ("5-", NOTHING),
    ("(5)", NOTHING),
    ("1.2.3", NOTHING),
    ("1,2,3", NOTHING),
    ("1,2.3,4", NOTHING),
    ("20-30", NOTHING),
    ("20 - 30 U", NOTHING),
    ("20+20", NOTHING),
    ("2x10u", NOTHING),
    ("2 x 10", NOTHING),
    ("20/20", NOTHING),
    ("20 u/side", NOTHING),
    ("20u 30u", NOTHING),
    ("1/2", NOTHING),
    ("<5", NOTHING),
    ("> 5", NOTHING),
    ("~20", NOTHING),
    ("approx 20", NOTHING),
    ("20?", NOTHING),
    ("20*", NOTHING),
    ("two", NOTHING),
    ("B20", NOTHING),
    ("0x14", NOTHING),
    ("1_000", NOTHING),
    ("1e400", NOTHING),
    ("9" * 400, NOTHING),
    ("nan", NOTHING),
    ("NaN", NOTHING),
    ("inf", NOTHING),
    ("Infinity", NOTHING),
    ("NULL", NOTHING),
    ("-", NOTHING),
    (".", NOTHING),
    (",", NOTHING),
    ("#REF!", NOTHING),
    ("=1+1", NOTHING),
    ("20;30", NOTHING),
    ("true", NOTHING),
    ("2020-01-05", NOTHING),
)


@VALUES.kind("", "U", "mL", tables=("treatments",), rows=len(DOSES) + 2)
def doses(clean: Clean, unit: str) -> Polluted:
    """A dose is read where it can only be one number; a unit glued to it is no part of the number."""
    told = (unit,) if unit else (None, *UNITS)
    page = _with_values(Page(clean), "dose", DOSES, EITHER, dose_unit=(unit, told))
    _only_negative_ones_are_rejected(page)
    return page.polluted("")


@VALUES.kind(tables=("treatments",), rows=20)
def doses_with_decimal_commas_declared(clean: Clean, _: None) -> Polluted:
    readings: Readings = (
        ("1,5", (1.5,)),
        ("20", (20.0,)),
        ("0,25", (0.25,)),
        ("1.234,5", (1234.5, None)),
        ("1.500", (1500.0, None)),
        ("0.5", (0.5, None)),
        ("1,5ml", (1.5, None)),
        ("0,5 ml", (0.5, None)),
        ("1,234.5", (1234.5, None)),
        ("1,2,3", NOTHING),
        ("12.34", (12.34, None)),
        ("1.2.3", NOTHING),
    )
    page = Page(clean, Dialect(";"))
    clean_cells = {"baseline_asymmetry": ("1,5", (1.5,)), "dose_unit": ("", (None, *UNITS))}
    page = _with_values(page, "dose", readings, (LOADED,), **clean_cells)
    return page.polluted("", section={"decimal": ",", "delimiter": ";"})


WHOLE_NUMBERS: Readings = (
    ("90", (90,)),
    ("90.0", (90,)),
    ("90 days", (90, None)),
    ("90d", (90, None)),
    ("3 months", (90, 91, None)),
    ("3m", (90, 91, None)),
    ("12 weeks", (84, None)),
    ("1 year", (365, None)),
    ("90.5", NOTHING),
    ("1e2", (100, None)),
    ("0", NOTHING),
    ("-90", NOTHING),
    ("90-120", NOTHING),
    ("3-4 months", NOTHING),
    ("99999999999999999999", NOTHING),
    ("four", NOTHING),
    ("1,5", NOTHING),
    ("2147483648", NOTHING),
    ("PRN", NOTHING),
    ("2020-01-05", NOTHING),
)


@VALUES.kind(tables=("treatments",), rows=len(WHOLE_NUMBERS) + 2)
def intervals(clean: Clean, _: None) -> Polluted:
    """Days are days: three months are never three days."""
    return _with_values(Page(clean), "planned_interval_days", WHOLE_NUMBERS, (LOADED,)).polluted("")


SCORES: Readings = (
    ("1", (1,)),
    ("5", (5,)),
    ("3.0", (3,)),
    ("5/5", (5, None)),
    ("4 of 5", (4, None)),
    ("7", NOTHING),
    ("6", NOTHING),
    ("0", NOTHING),
    ("-1", NOTHING),
    ("4.5", NOTHING),
    ("4,5", NOTHING),
    ("45", NOTHING),
    ("very good", NOTHING),
    ("1-2", NOTHING),
    ("1+", NOTHING),
    ("I", (1, None)),
    ("true", NOTHING),
    ("5000", NOTHING),
)


@VALUES.kind("gais", "satisfaction", tables=("follow_ups",), rows=len(SCORES) + 2)
def scores(clean: Clean, column: str) -> Polluted:
    return _with_values(Page(clean), column, SCORES, EITHER).polluted("")


ASYMMETRIES: Readings = (
    ("0", (0.0,)),
    ("10", (10.0,)),
    ("2.5", (2.5,)),
    ("2,5", (2.5, None)),
    ("10.01", NOTHING),
    ("-0.1", NOTHING),
    ("11", NOTHING),
    ("100", NOTHING),
    ("3/10", (3.0, None)),
    ("20%", NOTHING),
    ("mild", NOTHING),
)


@VALUES.kind(tables=("follow_ups",), rows=len(ASYMMETRIES) + 2)
def asymmetries(clean: Clean, _: None) -> Polluted:
    return _with_values(Page(clean), "asymmetry", ASYMMETRIES, EITHER).polluted("")


YEARS: Readings = (
    ("1985", (1985,)),
    ("1985.0", (1985,)),
    ("1900", (1900, None)),
    ("1899", NOTHING),
    ("85", NOTHING),
    ("2150", NOTHING),
    ("19850", NOTHING),
    ("-1985", NOTHING),
    ("1985-03-04", (1985, None)),
    ("04/03/1985", (1985, None)),
    ("1985?", NOTHING),
    ("39 years", NOTHING),
    ("1,985", (1985, None)),
    ("MCMLXXXV", NOTHING),
    ("unknown", NOTHING),
)


@VALUES.kind(tables=("patients",), rows=len(YEARS) + 2)
def birth_years(clean: Clean, _: None) -> Polluted:
    return _with_values(Page(clean), "birth_year", YEARS, EITHER).polluted("")


# --- yes, no, and codes -------------------------------------------------------------------------------------

ANSWERS: Readings = (
    *((text, (True,)) for text in ("true", "TRUE", "yes", "Yes", "y", "Y", "t", "1")),
    *((text, (False,)) for text in ("false", "False", "no", "NO", "n", "N", "f", "0")),
    *(
        (text, (True, None))
        for text in ("ja", "J", "oui", "si", "sí", "x", "X", "✓", "checked", "on", "wahr", "1.0", "Yes.")
    ),
    *(
        (text, (False, None))
        for text in ("nein", "non", "off", "unchecked", "falsch", "none", "never", "0.0", "No.", "✗")
    ),
    *(
        (text, NOTHING)
        for text in (
            "maybe",
            "n/a",
            "N/A",
            "na",
            "no data",
            "not asked",
            "nobody knows",
            "yes/no",
            "y/n",
            "2",
            "-1",
            "?",
        )
    ),
    *(
        (text, NOTHING)
        for text in ("unknown", "not known", "nan", "NULL", "10", "01", "yesterday", "11", "tf", "no yes")
    ),
)


@VALUES.kind("smoker", "goal_met", "serious", "aftercare_followed", tables=OF_ITS_COLUMN, rows=len(ANSWERS) + 2)
def answers(clean: Clean, column: str) -> Polluted:
    """What says neither yes nor no in so many words is neither: n/a is not no."""
    return _with_values(Page(clean), column, ANSWERS, (LOADED,)).polluted("")


CODES: dict[str, Readings] = {
    "side": (
        ("LEFT", ("left",)),
        (" Right ", ("right",)),
        ("L", ("left", None)),
        ("R", ("right", None)),
        ("l+r", ("both", None)),
        ("bilateral", ("both", None)),
        ("left/right", ("both", None)),
        ("not left", NOTHING),
        ("lright", NOTHING),
        ("2", NOTHING),
    ),
    "sex": (
        ("Female", ("female",)),
        ("F", ("female", None)),
        ("m", ("male", None)),
        ("w", ("female", None)),
        ("weiblich", ("female", None)),
        ("1", NOTHING),
        ("unknown", NOTHING),
    ),
    "skin_type": (
        ("iii", ("III",)),
        ("3", ("III", None)),
        ("Type IV", ("IV", None)),
        ("VII", NOTHING),
        ("IIII", NOTHING),
        ("III-IV", NOTHING),
        ("7", NOTHING),
    ),
    "severity": (
        ("MILD", ("mild",)),
        ("1", ("mild", None)),
        ("Grade 2", ("moderate", None)),
        ("mild to moderate", NOTHING),
        ("not severe", NOTHING),
        ("life-threatening", ("severe", None)),
    ),
}


@VALUES.kind(*CODES, tables=OF_ITS_COLUMN, rows=16)
def codes(clean: Clean, column: str) -> Polluted:
    return _with_values(Page(clean), column, CODES[column], (LOADED,)).polluted("")


# --- order and time -----------------------------------------------------------------------------------------


@VALUES.kind(tables=("side_effects",))
def side_effects_out_of_order(clean: Clean, _: None) -> Polluted:
    """An end before its beginning rejects the row, as does an onset before the treatment."""
    page = Page(clean)
    page.header()
    broken = {
        2: {"resolved_on": "2019-12-31"},
        3: {"resolved_by": "2019-12-31"},
        4: {"last_present_on": "2019-12-31"},
        7: {"onset_on": "2018-12-31"},
        8: {"onset_on": "2024-01-01"},
        9: {"resolved_on": "2020-06-30"},
        10: {"resolved_by": "2020-06-30"},
        12: {"treatment_id": "nobody"},
        13: {"treatment_id": "", "patient_id": ""},
        14: {"treatment_id": "", "patient_id": "nobody"},
        15: {"effect": ""},
        16: {"effect": "  "},
        18: {"onset_on": ""},
        19: {"onset_on": "2999-01-01"},
    }
    for at in range(len(clean.rows)):
        if at in broken:
            _put(page, at, (REJECTED,), dict.fromkeys(broken[at], NOTHING), **broken[at])
        else:
            page.row(at)
    return page.polluted("")


@VALUES.kind(tables=("follow_ups",))
def follow_ups_out_of_order(clean: Clean, _: None) -> Polluted:
    page = Page(clean)
    page.header()
    broken = {
        2: {"followed_up_on": "2018-12-31"},
        3: {"followed_up_on": "1970-01-01"},
        4: {"followed_up_on": "2999-01-01"},
        7: {"followed_up_on": ""},
        8: {"treatment_id": "nobody"},
        9: {"treatment_id": "", "patient_id": ""},
        10: {"treatment_id": "", "patient_id": "nobody"},
    }
    for at in range(len(clean.rows)):
        if at in broken:
            _put(page, at, (REJECTED,), dict.fromkeys(broken[at], NOTHING), **broken[at])
        else:
            page.row(at)
    return page.polluted("")


@VALUES.kind(tables=("treatments",))
def treatments_that_cannot_be(clean: Clean, _: None) -> Polluted:
    page = Page(clean)
    page.header()
    broken = {
        2: {"treated_on": "2999-12-31"},
        3: {"treatment_id": ""},
        4: {"patient_id": " "},
        5: {"treatment_type": ""},
        7: {"treated_on": ""},
        8: {"treated_on": "1850-01-01"},
    }
    for at in range(len(clean.rows)):
        if at in broken:
            _put(page, at, (REJECTED,), dict.fromkeys(broken[at], NOTHING), **broken[at])
        elif at == 10:
            _put(page, at, EITHER, {"dose": (5000.0,)}, dose="5000")
        elif at == 11:
            _put(page, at, EITHER, {"treated_on": (date(1989, 12, 31),)}, treated_on="1989-12-31")
        else:
            page.row(at)
    return page.polluted("")


# --- what comes twice ---------------------------------------------------------------------------------------


@VALUES.kind("next", "end", "padded", tables=FOUR)
def rows_twice(clean: Clean, where: str) -> Polluted:
    """A row with the id and the content of an earlier one is a duplicate, also where it is written otherwise."""
    page = Page(clean)
    page.header()
    for at in range(len(clean.rows)):
        page.row(at)
        if where == "next" and at % 4 == 0:
            page.row(at)
        if where == "padded" and at % 4 == 0:
            cells = clean.rows[at]
            page.other(page.dialect.row(f" {cell} " for cell in cells.values()), (LOADED,), cells)
    if where == "end":
        for at in (0, 5, 23):
            page.row(at)
            page.row(at)
    return page.polluted("")


@VALUES.kind("next", "end", tables=FOUR)
def ids_twice_with_other_content(clean: Clean, where: str) -> Polluted:
    """Of rows with one id the last counts, and the others are duplicates."""
    page = Page(clean)
    page.header()
    changed: dict[str, dict[str, str]] = {
        "treatments": {"dose": "19.5"},
        "patients": {"birth_year": "1949"},
        "follow_ups": {"asymmetry": "0.5"},
        "side_effects": {"action": "another action"},
    }
    for at in range(len(clean.rows)):
        page.row(at)
        if where == "next" and at % 4 == 0:
            page.row(at, **changed[clean.table])
    if where == "end":
        for at in (0, 5, 23):
            page.row(at, **changed[clean.table])
    return page.polluted("")


@VALUES.kind(tables=("treatments", "follow_ups"))
def rows_left_out_by_the_mapping(clean: Clean, _: None) -> Polluted:
    page = Page(clean)
    page.header()
    for at in range(len(clean.rows)):
        page.row(at)
    day = "treated_on" if clean.table == "treatments" else "followed_up_on"
    last = (FIRST_DAYS[day] + timedelta(days=11)).isoformat()
    page.rows = [row if row.cells[day] <= last else replace(row, fates=frozenset({SKIPPED})) for row in page.rows]
    return page.polluted("", section={"where": f"\"{day}\" <= '{last}'"})


def _only_negative_ones_are_rejected(page: Page) -> None:
    """A negative dose may cost the row; any other that cannot be read is empty."""
    page.rows = [row if row.cells["dose"][0] in "-−" else replace(row, fates=frozenset({LOADED})) for row in page.rows]
