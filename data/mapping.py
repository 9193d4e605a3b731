"""A mapping, read from TOML: which file feeds which table of the contract, and which of its columns each column is."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from data.contract import TABLES, Table
from data.formats.export_file import Settings
from data.formats.headers import MOST_HEADER_ROWS
from data.generations import folder_of
from data.refusal import ImportRefused

SHIPPED = Path(__file__).parent / "mappings"
EXCEL = "excel"
SECTION_KEYS = (
    "file",
    "sheet",
    "encoding",
    "delimiter",
    "quote",
    "escape",
    "header_row",
    "header_rows",
    "decimal",
    "date_format",
    "timezone",
    "where",
    "optional",
    "lookups",
    "columns",
)
SETTINGS = tuple(setting.name for setting in fields(Settings))
CELL_KEYS = ("column", "values", "value", "sql")
LOOKUP_KEYS = ("file", "by", "key", "value", *SETTINGS)
AS_WRITTEN = "as written"


@dataclass(frozen=True)
class Cell:
    """Where the value of one column comes from: a source column, perhaps translated, a constant, or an expression.

    Of several source columns the first counts that is not empty.
    """

    column: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    value: str | None = None
    sql: str | None = None


@dataclass(frozen=True)
class Lookup:
    """A column that other files give: the `value` of their row whose `key` is what `by` is in the row at hand."""

    place: str
    file: str
    by: Cell
    key: Cell
    value: Cell
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True)
class Section:
    """How one kind of file feeds one table; `place` is what a message calls it, such as `[treatments] of emr.toml`.

    `date_formats` holds the strptime formats of a date column, under its name or, for all of them, under "".
    `timezone` is the clinic's, for times that are written with an offset, or AS_WRITTEN where their offset is the
    clinic's own. An `optional` section is left out where its file is not there. `lookups` are columns by name.
    """

    table: Table
    place: str
    file: str | None = None
    sheet: str | None = None
    settings: Settings = field(default_factory=Settings)
    decimal: str | None = None
    timezone: str | None = None
    date_formats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    where: str | None = None
    columns: Mapping[str, Cell] = field(default_factory=dict)
    optional: bool = False
    lookups: Mapping[str, Lookup] = field(default_factory=dict)


def suggestion(name: str, there_is: Collection[str], what: str = "there is") -> str:
    """What there is instead of a name that is not there, for the end of a message."""
    if not there_is:
        return f"{what[0].upper()}{what[1:]}: nothing."
    folded = {one.casefold(): one for one in there_is}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    listed = ", ".join(sorted(there_is)[:40]) + (", ..." if len(there_is) > 40 else "")
    return f"{f'Did you mean {folded[close[0]]}? ' if close else ''}{what[0].upper()}{what[1:]}: {listed}."


def read_mapping(mapping: str | Path, snapshot: str | Path | None = None) -> tuple[Section, ...]:
    """The sections of a mapping: a TOML file, or the name of one that is saved beside the snapshot, or shipped.

    Raises ImportRefused where it is wrong.
    """
    path = _mapping_file(mapping, snapshot)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise ImportRefused(f"{path.name} is not valid TOML: {error}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ImportRefused(f"The mapping {path.name} cannot be read: {error}.") from error
    sections: list[Section] = []
    everywhere = {"timezone": content.pop("timezone")} if "timezone" in content else {}
    for key, section in content.items():
        if key == "name" and isinstance(section, str):
            continue
        if key not in TABLES:
            raise ImportRefused(f"{path.name}: [{key}] is no table. {suggestion(key, TABLES, 'the tables are')}")
        several = section if isinstance(section, list) else [section]
        place = f"[[{key}]]" if isinstance(section, list) else f"[{key}]"
        sections += [_section(TABLES[key], one, f"{place} of {path.name}", everywhere) for one in several]
    if not sections:
        raise ImportRefused(f"{path.name} maps no table. {suggestion('', TABLES, 'the tables are')}")
    return tuple(sections)


def contract_sections() -> tuple[Section, ...]:
    """One section per table, for files that carry the contract's own column names."""
    return tuple(Section(table, f"[{table.name}]") for table in TABLES.values())


def saved_beside(snapshot: str | Path) -> dict[str, Path]:
    """The mappings that are saved beside a snapshot, by name."""
    folder = folder_of(Path(snapshot)) / "mappings"
    return {file.stem: file for file in sorted(folder.glob("*.toml")) if not file.name.startswith(".")}


def shipped() -> dict[str, Path]:
    """The mappings that are shipped, by name."""
    return {file.stem: file for file in sorted(SHIPPED.glob("*.toml"))}


def _mapping_file(mapping: str | Path, snapshot: str | Path | None) -> Path:
    path = Path(mapping)
    if path.is_file():
        return path
    saved = saved_beside(snapshot) if snapshot is not None else {}
    named = shipped() | saved
    if str(mapping) in named:
        return named[str(mapping)]
    raise ImportRefused(
        f"There is no mapping {mapping}: neither a file of that name nor one that is "
        f"{'saved beside the snapshot or ' if saved else ''}shipped. "
        + suggestion(str(mapping), named, "there are" if saved else "shipped are")
    )


def _section(table: Table, section: Any, place: str, everywhere: Mapping[str, Any]) -> Section:
    """The section; `everywhere` holds what the mapping says for all sections that do not say otherwise."""
    if not isinstance(section, dict):
        raise ImportRefused(f"{place} has to be a table of settings: file, columns, ...")
    section = {**everywhere, **section}
    for key in section:
        if key not in SECTION_KEYS:
            raise ImportRefused(f"{place} has no setting {key}. {suggestion(key, SECTION_KEYS, 'the settings are')}")
    for key in ("file", "sheet", "encoding", "delimiter", "quote", "escape", "decimal", "timezone", "where"):
        if not isinstance(section.get(key, ""), str):
            raise ImportRefused(f"{place}: {key} has to be text in quotes.")
    _require_header_numbers(section, place)
    if not isinstance(section.get("optional", False), bool):
        raise ImportRefused(f"{place}: optional has to be true or false.")
    if section.get("decimal", ".") not in (".", ","):
        raise ImportRefused(f'{place}: decimal has to be "." or ",".')
    if "timezone" in section:
        _require_timezone(section["timezone"], place)
    columns = section.get("columns", {})
    if not isinstance(columns, dict):
        raise ImportRefused(f"{place}: columns has to be a table of the contract's columns.")
    for name in columns:
        _require_column(table, name, f"{place}, columns")
    return Section(
        table,
        place,
        section.get("file"),
        section.get("sheet"),
        Settings(*(section.get(key) for key in SETTINGS)),
        section.get("decimal"),
        section.get("timezone"),
        _date_formats(table, section.get("date_format"), place),
        section.get("where"),
        {name: _cell(cell, f"{place}, {name}") for name, cell in columns.items()},
        section.get("optional", False),
        _lookups(section.get("lookups", {}), place),
    )


def _lookups(lookups: Any, place: str) -> dict[str, Lookup]:
    if not isinstance(lookups, dict):
        raise ImportRefused(f"{place}: lookups has to be a table of columns, each with file, by, key and value.")
    read: dict[str, Lookup] = {}
    for name, lookup in lookups.items():
        where = f"{place}, lookups, {name}"
        if not isinstance(lookup, dict) or not all(key in lookup for key in ("file", "by", "key", "value")):
            raise ImportRefused(f"{where} needs file, by, key and value.")
        for key in lookup:
            if key not in LOOKUP_KEYS:
                raise ImportRefused(f"{where} has no setting {key}. {suggestion(key, LOOKUP_KEYS, 'the settings are')}")
        for key in ("file", "encoding", "delimiter", "quote", "escape"):
            if not isinstance(lookup.get(key, ""), str):
                raise ImportRefused(f"{where}: {key} has to be text in quotes.")
        _require_header_numbers(lookup, where)
        by, key, value = (_cell(lookup[one], f"{where}, {one}") for one in ("by", "key", "value"))
        if any(cell.value is not None for cell in (by, key, value)):
            raise ImportRefused(f"{where}: by, key and value have to be columns, or sql over columns.")
        settings = Settings(*(lookup.get(key) for key in SETTINGS))
        read[name] = Lookup(where, lookup["file"], by, key, value, settings)
    return read


def _require_header_numbers(settings: Mapping[str, Any], place: str) -> None:
    for key, most in (("header_row", 10_000), ("header_rows", MOST_HEADER_ROWS)):
        number = settings.get(key, 1)
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= most:
            raise ImportRefused(f"{place}: {key} has to be a whole number from 1 to {most:,}.")


def _date_formats(table: Table, formats: Any, place: str) -> dict[str, tuple[str, ...]]:
    if formats is None:
        return {}
    named = formats if isinstance(formats, dict) else {"": formats}
    read: dict[str, tuple[str, ...]] = {}
    for name, one in named.items():
        if name:
            _require_column(table, name, f"{place}, date_format")
            if table.column(name).kind != "date":
                raise ImportRefused(f"{place}: {name} is no date, it takes no date_format.")
        several = tuple(one) if isinstance(one, list) else (one,)
        if not several or not all(isinstance(text, str) and ("%" in text or text == EXCEL) for text in several):
            raise ImportRefused(
                f'{place}: date_format has to be like "%d/%m/%Y", or a list of such texts; "{EXCEL}" stands for the '
                "day numbers of a spreadsheet."
            )
        if any(zone in text for text in several for zone in ("%z", "%Z")):
            raise ImportRefused(f"{place}: date_format cannot read offsets (%z): times in ISO need timezone instead.")
        read[name] = several
    return read


def _require_timezone(name: str, place: str) -> None:
    if name == AS_WRITTEN:
        return
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImportRefused(
            f'{place}: timezone = "{name}" is no time zone. {suggestion(name, available_timezones(), "there are")}'
        ) from error


def _cell(cell: Any, place: str) -> Cell:
    if isinstance(cell, str | list):
        cell = {"column": cell}
    if not isinstance(cell, dict):
        raise ImportRefused(
            f'{place} has to be a source column in quotes, a list of them, {{ column = "..." }}, {{ value = "..." }}.'
        )
    for key in cell:
        if key not in CELL_KEYS:
            raise ImportRefused(f"{place} has no setting {key}. {suggestion(key, CELL_KEYS, 'the settings are')}")
    if sum(key in cell for key in ("column", "value", "sql")) != 1:
        raise ImportRefused(f"{place} needs exactly one of column, value and sql.")
    columns = cell.get("column", ())
    columns = (columns,) if isinstance(columns, str) else columns
    texts = (*columns, cell.get("sql", "")) if isinstance(columns, list | tuple) else (columns,)
    if not all(isinstance(one, str) for one in texts) or (not columns and "column" in cell):
        raise ImportRefused(f"{place}: column and sql have to be text in quotes; column may be a list of such texts.")
    values = cell.get("values", {})
    if not isinstance(values, dict) or (values and "column" not in cell):
        raise ImportRefused(f'{place}: values has to be a table such as {{ "as exported" = "as kept" }} beside column.')
    constant = _constant(cell["value"], place) if "value" in cell else None
    return Cell(tuple(columns), {k: _constant(v, place) for k, v in values.items()}, constant, cell.get("sql"))


def _constant(value: Any, place: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | date):
        return str(value)
    raise ImportRefused(f"{place}: a value has to be a text, a number, a date, true or false.")


def _require_column(table: Table, name: str, place: str) -> None:
    if name not in table.column_names:
        raise ImportRefused(
            f"{place}: the table {table.name} has no column {name}. "
            + suggestion(name, table.column_names, "its columns are")
        )
