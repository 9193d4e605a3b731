"""By which format the dates of a column are written: declared, ISO, or proven by the values; never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import duckdb

from data.expressions import literal, quoted
from data.mapping import AS_WRITTEN, EXCEL
from data.refusal import ImportRefused
from data.sources import Source

ISO = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?"
OFFSET = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}(:?\d{2})?)"
UTC = r"(Z|[+-]00(:?00)?)$"
DAY_NUMBER = r"[2-7]\d{4}(\.\d+)?"
DAY_ZERO = date(1899, 12, 30)
ISO_DAY = r"\d{4}-\d{2}-\d{2}"
TIME_OF_DAY = r"[T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp]\.?[Mm]\.?)?$"
UNREADABLE = "\ue000"

CANDIDATES: dict[tuple[str, ...], str] = {
    **{(f"%d{s}%m{s}%Y",): "day first" for s in "/.-"},
    **{(f"%m{s}%d{s}%Y",): "month first" for s in "/.-"},
    **{(f"%Y{s}%m{s}%d",): "year first" for s in "/.-"},
    **{(f"%d{s}%m{s}%y",): "day first" for s in "/.-"},
    **{(f"%m{s}%d{s}%y",): "month first" for s in "/.-"},
    **{(f"%y{s}%m{s}%d",): "year first" for s in "/.-"},
    **{(f"%d{s}%b{s}%Y", f"%d{s}%B{s}%Y"): "day and name of the month" for s in (" ", "-", ". ")},
    **{(f"%d{s}%b{s}%y", f"%d{s}%B{s}%y"): "day and name of the month" for s in (" ", "-")},
    ("%b %d, %Y", "%B %d, %Y"): "name of the month first",
    ("%Y%m%d",): "digits only",
}
SHAPES = {
    "d": r"\d{1,2}",
    "m": r"\d{1,2}",
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "b": "[A-Za-z]{3}",
    "B": "[A-Za-z]{3,}",
    "H": r"\d{1,2}",
    "I": r"\d{1,2}",
    "M": r"\d{1,2}",
    "S": r"\d{1,2}",
    "p": "[AaPp][Mm]",
}


def date_by(text: str, formats: Sequence[str]) -> str:
    """SQL: the date in a text by the first of these formats that reads it, else null."""
    cases = []
    for one in formats:
        has_time = any(directive in one for directive in ("%H", "%I", "%X", "%c"))
        day = text if has_time else f"regexp_replace({text}, {literal(TIME_OF_DAY)}, '')"
        cases.append(
            f"case when regexp_full_match({day}, {literal(_shape(one))}) "
            f"then cast(try_strptime({day}, {literal(one)}) as date) end"
        )
    return f"coalesce({', '.join(cases)}, null)"


def normalise_dates(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Turn the dates of one source, in `text_<table>`, into ISO text; an unreadable one keeps its text, marked.

    Raises ImportRefused where the values of a column leave open how they are to be read.
    """
    for column in source.section.table.columns:
        if column.kind != "date" or column.name not in source.expressions or column.name in source.typed:
            continue
        formats = source.section.date_formats.get(column.name) or source.section.date_formats.get("") or ()
        written = tuple(one for one in formats if one != EXCEL)
        _local_days(connection, source, column.name)
        if source.file.day_zero or EXCEL in formats:
            _numbered_days(connection, source, column.name)
        if written:
            _refuse_unknown_format(connection, written, source)
        elif not formats:
            written = _proven_format(connection, source, column.name) or ()
        if written:
            name = quoted(column.name)
            day = f"strftime({date_by(name, written)}, '%Y-%m-%d')"
            if source.file.has_typed_cells:
                day = f"case when regexp_full_match({name}, {literal(ISO_DAY)}) then {name} else {day} end"
            connection.execute(
                f"update text_{source.section.table.name} "
                f"set {name} = coalesce({day}, {literal(UNREADABLE)} || {name}) "
                f"where source_no = $no and {name} is not null",
                {"no": source.no},
            )


def _local_days(connection: duckdb.DuckDBPyConnection, source: Source, column: str) -> None:
    """Turn times with an offset into the clinic's days.

    Raises ImportRefused where the column holds such times alone and no time zone is declared.
    """
    table, name = f"text_{source.section.table.name}", quoted(column)
    where = f"source_no = {source.no} and length({name}) > 16 and regexp_full_match({name}, {literal(OFFSET)})"
    values = connection.execute(f"select {name} from {table} where {where} limit 3").fetchall()
    if not values:
        return
    zone = source.section.timezone
    if zone == AS_WRITTEN:
        _refuse_times_of_nowhere(connection, source, column, where)
        connection.execute(f"update {table} set {name} = left({name}, 10) where {where}")
        return
    if zone:
        # Before 1900 clocks kept local time to the second; such days are no treatments, and their text is kept.
        connection.execute(
            f"update {table} set {name} = coalesce(strftime(timezone($zone, try_cast({name} as timestamptz)), "
            f"'%Y-%m-%d'), {name}) where {where}",
            {"zone": zone},
        )
        return
    others = f"source_no = {source.no} and {name} is not null and not regexp_full_match({name}, {literal(OFFSET)})"
    if not connection.execute(f"select 1 from {table} where {others} limit 1").fetchall():
        raise ImportRefused(
            f"{source.file.name}: the times of {column} are written with an offset, and which day they are depends on "
            f"where the clinic is: {', '.join(value for (value,) in values)}. Say so by one line in "
            f'{_place(source)}: timezone = "Europe/Berlin"'
        )


def _refuse_times_of_nowhere(connection: duckdb.DuckDBPyConnection, source: Source, column: str, where: str) -> None:
    """Refuse times in UTC where the offset of a time is to say which day it was at the clinic."""
    table, name = f"text_{source.section.table.name}", quoted(column)
    utc = connection.execute(
        f"select {name} from {table} where {where} and (ends_with({name}, 'Z') or not exists "
        f"(select 1 from {table} where {where} and not regexp_matches({name}, {literal(UTC)}))) limit 3"
    ).fetchall()
    if utc:
        raise ImportRefused(
            f"{source.file.name}: the times of {column} are in UTC, which does not say what day it was at the clinic: "
            f"{', '.join(value for (value,) in utc)}. Say where it is, in a copy of the mapping: "
            'timezone = "Europe/Berlin" in place of "as written".'
        )


def _numbered_days(connection: duckdb.DuckDBPyConnection, source: Source, column: str) -> None:
    """Turn the day numbers of a spreadsheet (45301) into days."""
    name = quoted(column)
    connection.execute(
        f"update text_{source.section.table.name} "
        f"set {name} = strftime($zero::date + floor({name}::double)::integer, '%Y-%m-%d') "
        f"where source_no = $no and regexp_full_match({name}, {literal(DAY_NUMBER)})",
        {"no": source.no, "zero": source.file.day_zero or DAY_ZERO},
    )


def _proven_format(connection: duckdb.DuckDBPyConnection, source: Source, column: str) -> tuple[str, ...] | None:
    """The one format that reads what any format reads; None where the column is ISO, or holds no date at all."""
    table, name = f"text_{source.section.table.name}", quoted(column)
    where = f"source_no = {source.no} and {name} is not null"
    if connection.execute(
        f"select 1 from {table} where {where} and regexp_full_match({name}, {literal(ISO)}) limit 1"
    ).fetchall():
        return None
    candidates = list(CANDIDATES)
    connection.execute(
        f"""
        create or replace temp table readings as
        select text, {", ".join(f"{date_by('text', one)} as by_{i}" for i, one in enumerate(candidates))}
        from (select distinct {name} as text from {table} where {where})
        """
    )
    by = [f"by_{i}" for i in range(len(candidates))]
    counts = connection.execute(
        f"select count(coalesce({', '.join(by)})), {', '.join(f'count({one})' for one in by)} from readings"
    ).fetchall()[0]
    readable, reads = counts[0], counts[1:]
    if not readable:
        return None
    proven = [i for i, count in enumerate(reads) if count == readable]
    if not proven:
        some = [i for i, count in enumerate(reads) if count]
        _refuse(connection, source, column, some, "no one way of writing dates reads them all")
    same = " and ".join(f"by_{proven[0]} is not distinct from by_{i}" for i in proven)
    if connection.execute(f"select bool_and({same}) from readings").fetchall() != [(True,)]:
        told = " or ".join(dict.fromkeys(CANDIDATES[candidates[i]] for i in proven))
        _refuse(connection, source, column, proven, f"they can be read as {told}")
    return candidates[proven[0]]


def _refuse(
    connection: duckdb.DuckDBPyConnection, source: Source, column: str, possible: Sequence[int], why: str
) -> None:
    differing = f"list_unique([{', '.join(f'by_{i}' for i in possible)}]) > 1"
    values = connection.execute(
        f"select text from readings where coalesce({', '.join(f'by_{i}' for i in possible)}, null) is not null "
        f"order by {differing} desc, text limit 3"
    ).fetchall()
    candidates = list(CANDIDATES)
    lines = " or ".join(f'date_format = "{candidates[i][0]}"' for i in possible[:3])
    raise ImportRefused(
        f"{source.file.name}: the dates of {column} are not certain, {why}: "
        f"{', '.join(value for (value,) in values)}. Say which is meant, by one line in {_place(source)}: {lines}"
    )


def _place(source: Source) -> str:
    place = source.section.place
    return place if " of " in place else f"{place} of a mapping"


def _refuse_unknown_format(connection: duckdb.DuckDBPyConnection, formats: Sequence[str], source: Source) -> None:
    for one in formats:
        try:
            connection.execute("select try_strptime('', $format)", {"format": one}).fetchall()
        except duckdb.Error as error:
            raise ImportRefused(f'{source.section.place}: date_format = "{one}" is no format of dates.') from error


def _shape(one: str) -> str:
    """A regular expression for texts that are written as a format says, digits in number."""
    shape = ""
    rest = one
    width = r"\d{2}" if re.search("%[a-zA-Z]%", one) else r"\d{1,2}"
    while rest:
        if rest[0] == "%" and len(rest) > 1:
            known = SHAPES.get(rest[1], ".+")
            shape += width if known == r"\d{1,2}" else known
            rest = rest[2:]
        else:
            shape += re.escape(rest[0])
            rest = rest[1:]
    return shape
