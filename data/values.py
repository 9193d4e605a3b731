"""How the text of a cell is read: as a day, a number, a dose with its unit, a yes or no; as SQL macros.

What cannot be read, or can be read in two ways, is null, and the macro whose name ends with `_told` says why. The
`mark` of a number is the decimal mark of its column: '.' or ',' where the mapping declares it, '?' where other values
of the column prove that a comma may be one, null where nothing is known, and then a point is
one, while a comma may be either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from data.contract import TABLES, Table
from data.dates import ISO, UNREADABLE
from data.expressions import literal
from data.sources import Source

# The units that a dose may be written with, under the spelling that is kept.
UNITS = {
    "U": "u unit units iu i.u ui u.i ie i.e e einheit einheiten unité unités unite unites unidad unidades unità "
    "unidade eenheid eenheden",
    "mL": "ml mls cc ccm cm3 cm³ milliliter milliliters millilitre millilitres mililitro mililitros millilitri",
    "syringe": "syringe syringes syr spritze spritzen seringue seringues jeringa jeringas siringa siringhe",
    "vial": "vial vials ampoule ampoules ampulle ampullen flacon flacons",
    "thread": "thread threads faden fäden fil fils hilo hilos",
    "mg": "mg",
    "µg": "µg μg ug mcg",
    "g": "g gr",
    "%": "%",
}
YES = "true yes y t 1 1.0 on ja j oui si sí sì sim wahr vrai verdadero vero verdadeiro x ✓ ✔ ☑"
NO = "false no n f 0 0.0 off nein non não nao nee falsch faux falso"

SPACE = r"[ \x{00a0}\x{2007}\x{2009}\x{202f}]"
SIGN = "[+−-]?"
# A year beyond these is a way of writing "no end", as 9999-12-31 is, and no day.
DAY = ISO.replace(r"\d{4}", r"(19|20|21)\d{2}", 1)
USUAL = r"\d+(\.\d*)?"
PLAIN = rf"{SIGN}(\d+\.?\d*|\.\d+)"
ONE_POINT = rf"{SIGN}[1-9]\d{{0,2}}\.\d{{3}}"
ONE_COMMA = rf"{SIGN}[1-9]\d{{0,2}},\d{{3}}"
DECIMAL_COMMA = rf"{SIGN}(\d+,\d*|,\d+)"
GROUPED_BY_POINT = rf"{SIGN}[1-9]\d{{0,2}}((\.\d{{3}})+,\d*|(\.\d{{3}}){{2,}})"
GROUPED_BY_COMMA = rf"{SIGN}[1-9]\d{{0,2}}((,\d{{3}})+\.\d*|(,\d{{3}}){{2,}})"
GROUPED_OTHERWISE = rf"{SIGN}[1-9]\d{{0,2}}(({SPACE}\d{{3}})+|(['’]\d{{3}})+)([.,]\d*)?"
NO_UNIT = r"[^\p{L}%]*"
NUMBER_AND_UNIT = rf"^(\P{{L}}*[\d.,]){SPACE}*([\p{{L}}%][\p{{L}}.]*[3³]?)$"
PROVES_COMMA = rf"^[^,]*,(\d{{1,2}}|\d{{4,}})[^\d,.]*$|^{SIGN}0?,\d+[^\d,.]*$"
TOTALS = (
    r"(?i)(((grand|sub)[ -]?)?totals?|sum|summe|gesamt|gesamtsumme|zwischensumme|insgesamt|somme|sous-total|totale|"
    r"totales|subtotale|suma|soma|totaal|count|anzahl)([\s:=(].*)?"
)
MONTH_ALONE = r"\d{4}[-/.]\d{1,2}|\d{1,2}[-/.]\d{4}|\p{L}{3,}\.?[ -]\d{4}|\d{4}[ -]\p{L}{3,}\.?"
YEAR_ALONE = r"(19|20)\d{2}"


def _lookup(spellings: Mapping[str, str]) -> str:
    """SQL: what a text stands for, by its spelling in lower case."""
    pairs = [f"{literal(word)}: {meaning}" for meaning, words in spellings.items() for word in words.split()]
    return f"(map {{{', '.join(pairs)}}})[lower(x)]"


def _code(code: str) -> str:
    return f"when {literal(code.lower())} then {literal(code)}"


def _fits(pattern: str) -> str:
    return f"regexp_full_match(x, {literal(pattern)})"


MACROS = {
    "cell(x)": "nullif(trim(x, ' \t\r\n\u00a0'), '')",
    "date_of(x)": f"case when {_fits(DAY)} then try_cast(left(x, 10) as date) end",
    "is_totals_word(x)": _fits(TOTALS),
    "date_told(x)": f"""
        case
            when regexp_full_match(ltrim(x, '{UNREADABLE}'), {literal(MONTH_ALONE)}) then 'only a month, no day'
            when regexp_full_match(ltrim(x, '{UNREADABLE}'), {literal(YEAR_ALONE)}) then 'only a year, no day'
            else 'no date that can be read'
        end
    """,
    # A number without thousands marks, and with a point for its decimals.
    "plain_number(x, mark)": f"""
        case
            when {_fits(ONE_POINT)} then case when mark in (',', '?') then null else x end
            when {_fits(ONE_COMMA)}
            then case mark when '.' then replace(x, ',', '') when ',' then replace(x, ',', '.') end
            when {_fits(PLAIN)} then x
            when {_fits(DECIMAL_COMMA)} then replace(x, ',', '.')
            when {_fits(GROUPED_BY_POINT)} then replace(replace(x, '.', ''), ',', '.')
            when {_fits(GROUPED_BY_COMMA)} then replace(x, ',', '')
            when {_fits(GROUPED_OTHERWISE)}
            then replace(regexp_replace(x, '{SPACE}|[''’]', '', 'g'), ',', '.')
        end
    """,
    # Infinite where there are hundreds of digits, which `finite` makes of it no number.
    "number_of(x, mark)": f"""
        case
            when mark is null and {_fits(USUAL)} then try_cast(x as double)
            else try_cast(replace(plain_number(x, mark), '−', '-') as double)
        end
    """,
    # These name their number more than once, and a macro is written out wherever it is named: they are for columns.
    "finite(number)": "case when isfinite(number) then number end",
    "whole(number)": "case when number = floor(number) then try_cast(number as integer) end",
    "number_told(x, mark, unread)": f"""
        case
            when {_fits(f"{ONE_POINT}|{ONE_COMMA}")} and plain_number(x, mark) is null
            then concat(
                'either ', regexp_replace(x, '[.,]', ''), ' or ', rtrim(rtrim(replace(x, ',', '.'), '0'), '.'),
                case when mark = ',' then ', where the mapping says decimal = ","' else ': a mapping says which' end,
                case when mark = '?' or mark is null then ', by decimal = "." or decimal = ","' end
            )
            else unread
        end
    """,
    # The canonical spelling of a unit; null where it is not known.
    "unit_of(x)": _lookup({literal(unit): spellings for unit, spellings in UNITS.items()}),
    # A dose is a number and perhaps a word, its unit: "20", "20u", "0,5 ml".
    "dose_number(x)": f"""
        case when {_fits(NO_UNIT)} then x else nullif(regexp_extract(x, {literal(NUMBER_AND_UNIT)}, 1), '') end
    """,
    "dose_word(x)": f"""
        case
            when not {_fits(NO_UNIT)}
            then nullif(rtrim(regexp_extract(x, {literal(NUMBER_AND_UNIT)}, 2), '.'), '')
        end
    """,
    # The unit of a dose, of its word and of the column dose_unit; null where they are not one.
    "unit_of_dose(word, unit)": """
        case
            when unit is null then unit_of(word)
            when word is null or lower(word) = lower(unit) or unit_of(word) = unit_of(unit) then unit
        end
    """,
    "dose_of(number, word, unit, mark)": """
        case when word is null or unit_of_dose(word, unit) is not null then number_of(number, mark) end
    """,
    "dose_told(x, unit, mark)": """
        case
            when dose_word(x) is null or finite(number_of(dose_number(x), mark)) is null
            then number_told(coalesce(dose_number(x), x), mark, 'no number that can be read')
            when unit_of(dose_word(x)) is null then concat('a unit that is not known: ', dose_word(x))
            else concat('in ', unit_of(dose_word(x)), ', where dose_unit says ', unit)
        end
    """,
    "boolean_of(x)": f"""
        case x when 'true' then true when 'false' then false else {_lookup({"true": YES, "false": NO})} end
    """,
}


def define(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros by which text is read."""
    codes = {
        f"{column.name}_of(x)": f"case lower(x) {' '.join(map(_code, column.codes))} end"
        for table in TABLES.values()
        for column in table.columns
        if column.codes
    }
    for name, body in {**MACROS, **codes}.items():
        connection.execute(f"create or replace temp macro {name} as ({body})")


def find_decimal_marks(connection: duckdb.DuckDBPyConnection, table: Table, sources: Iterable[Source]) -> None:
    """Create the macro `decimal_mark(column, source_no)` for `text_<table>`, from the mapping and from the values."""
    numbers = [column.name for column in table.columns if column.kind in ("decimal", "integer")]
    cases = []
    if numbers:
        proofs = ", ".join(f"coalesce(bool_or({_proves_comma(name)}), false)" for name in numbers)
        commas = " or ".join(f"contains({name}, ',')" for name in numbers)
        select = f"select source_no, {proofs} from text_{table.name} where {commas} group by source_no"
        proven = {no: proofs for no, *proofs in connection.execute(select).fetchall()}
        for source in sources:
            for name, is_proven in zip(numbers, proven.get(source.no, [False] * len(numbers)), strict=True):
                mark = source.section.decimal or ("?" if is_proven else None)
                if mark and name not in source.typed:
                    cases.append(f"when name = '{name}' and no = {source.no} then '{mark}'")
    marks = f"case {' '.join(cases)} end" if cases else "null::varchar"
    connection.execute(f"create or replace temp macro decimal_mark(name, no) as {marks}")


def _proves_comma(name: str) -> str:
    return f"regexp_matches({name}, {literal(PROVES_COMMA)})"
