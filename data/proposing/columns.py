"""What the columns of a file hold: dates, numbers, codes, who somebody is. Pure functions over a sample of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from data.dates import CANDIDATES, ISO, OFFSET, date_by
from data.proposing.numbers import NUMBER, decimal_mark, number_in
from data.proposing.proposal import ISO_SAYS, OFFSET_SAYS, Column, DateReading
from data.proposing.words import found, header_words, normalised, resemblance, vocabulary

MOST_VALUES = 1_000
"""A column of more different values than these is no column of codes."""
SHOWN = 3
SHOWN_LENGTH = 80
NEARLY_ALL = 0.9
MOST = 0.75

DATE_LIKE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}([T ].*)?|\d{8}"
    r"|\d{1,2}[. -]+[A-Za-z]{3,}\.?[. -]+\d{2,4}.*|[A-Za-z]{3,} \d{1,2}, \d{4}.*",
    re.ASCII,
)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
PHONE = re.compile(r"(?:\+|00|0)[\d ()/.-]{7,20}", re.ASCII)
NAME = re.compile(r"[^\W\d_][^\d_@;]*(?:, ?| )[^\d_@;]*[^\W\d_]\.?")
TITLE = re.compile(r"(?:dr|prof|doctor|nurse|dott|dra|sr|sra)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Values:
    """The different values of one column with their counts; `is_complete` where none was left uncounted."""

    counts: Mapping[str, int]
    filled: int
    is_complete: bool = True


@dataclass(frozen=True)
class Sampled:
    """A file as it is looked at for a proposal: its first rows, and the values of its columns over all rows."""

    name: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row_count: int
    values: Mapping[str, Values]
    dialect: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    file: str = ""
    sheet: str = ""

    @property
    def called(self) -> str:
        """The name of its file, as the pattern of a mapping is compared with it."""
        return self.file or self.name.rsplit("/", 1)[-1]

    @classmethod
    def of(cls, name: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Sampled:
        """A sample of rows that are all at hand."""
        values = {}
        for place, header in enumerate(headers):
            counts: dict[str, int] = {}
            for row in rows:
                if text := row[place].strip():
                    counts[text] = counts.get(text, 0) + 1
            values[header] = Values(counts, sum(counts.values()))
        return cls(name, tuple(headers), tuple(tuple(row) for row in rows), len(rows), values)


def columns_of(sample: Sampled) -> tuple[Column, ...]:
    """The columns of a file, each with what it holds."""
    with duckdb.connect(config={"enable_external_access": False, "threads": 1}) as connection:
        return tuple(_column(connection, sample, header) for header in sample.headers)


def _column(connection: duckdb.DuckDBPyConnection, sample: Sampled, header: str) -> Column:
    values = sample.values[header]
    texts = list(values.counts)
    if not texts:
        return Column(header)
    is_few = values.is_complete and len(texts) <= MOST_VALUES
    dates = readings(connection, texts)
    identifying = _identifying(header, texts, bool(dates), values)
    numbers = [match for text in texts if (match := NUMBER.fullmatch(text))]
    rows = sum(count for text, count in values.counts.items() if NUMBER.fullmatch(text))
    is_number = not dates and (len(numbers) >= NEARLY_ALL * len(texts) or rows >= NEARLY_ALL * values.filled)
    holds = (
        "identifying"
        if identifying
        else "dates"
        if dates
        else "yes or no"
        if _is_yes_or_no(texts) and resemblance(header, header_words("sex")) < 0.75
        else "numbers of records"
        if _is_identifier(values, texts) and not is_number
        else "numbers"
        if is_number
        else "few values"
        if is_few and (len(texts) <= 60 or 4 * len(texts) <= values.filled)
        else "text"
    )
    read = [number for text in texts if (number := number_in(text)) is not None] if is_number else []
    units = [match["unit"] for match in numbers if match["unit"]] if is_number else []
    common = sorted(values.counts.items(), key=lambda one: (-one[1], one[0]))
    kept_to_itself = identifying and identifying != "dates of birth"
    return Column(
        name=header,
        samples=() if identifying else tuple(text[:SHOWN_LENGTH] for text in _first(sample, header)),
        filled=values.filled,
        distinct=len(texts) if values.is_complete else max(len(texts), MOST_VALUES + 1),
        holds=holds,
        identifying=identifying,
        dates=() if kept_to_itself else _shown_unless(bool(identifying), dates),
        decimal=decimal_mark(texts) if is_number else "",
        low=min(read) if read else None,
        high=max(read) if read else None,
        unit=max(set(units), key=units.count) if 2 * len(units) > len(numbers) else "",
        values=tuple(common) if is_few and not identifying and not dates and _are_short(texts) else (),
    )


def _are_short(texts: Sequence[str]) -> bool:
    """Whether texts could be entries of a list rather than somebody's words on somebody."""
    return sum(map(len, texts)) <= SHOWN_LENGTH * len(texts)


def _first(sample: Sampled, header: str) -> list[str]:
    """The first different values of a column."""
    return list(sample.values[header].counts)[:SHOWN]


def _shown_unless(is_private: bool, dates: tuple[DateReading, ...]) -> tuple[DateReading, ...]:
    return tuple(DateReading(one.formats, one.says) for one in dates) if is_private else dates


def readings(connection: duckdb.DuckDBPyConnection, texts: Sequence[str]) -> tuple[DateReading, ...]:
    """Every way in which these texts can be read as dates; none where they are no dates, one where it is proven.

    The rule is that of data.dates: a way is proven if it reads all that any way reads, and no other reads it otherwise.
    """
    if sum(bool(DATE_LIKE.fullmatch(text)) for text in texts) < MOST * len(texts):
        return ()
    if all(re.fullmatch(OFFSET, text, re.ASCII) for text in texts):
        return (DateReading((), OFFSET_SAYS, tuple((text, text[:10]) for text in texts[:SHOWN])),)
    if any(re.fullmatch(ISO, text, re.ASCII) for text in texts):
        return (DateReading((), ISO_SAYS, tuple((text, text[:10]) for text in texts[:SHOWN])),)
    ways = list(CANDIDATES)
    days = ", ".join(f"cast({date_by('text', way)} as varchar)" for way in ways)
    read = connection.execute(f"select {days} from (select unnest($texts) as text)", {"texts": list(texts)}).fetchall()
    readable = sum(any(row) for row in read)
    if readable < MOST * len(texts):
        return ()
    reads = [sum(row[place] is not None for row in read) for place in range(len(ways))]
    possible = [place for place, count in enumerate(reads) if count == readable]
    if not possible:
        possible = [place for place, count in enumerate(reads) if count]
    different: list[int] = []
    for place in possible:
        if all(any(row[place] != row[other] for row in read) for other in different):
            different.append(place)
    telling = sorted(
        range(len(texts)), key=lambda no: -len({read[no][place] for place in different if read[no][place]})
    )[:SHOWN]
    return tuple(
        DateReading(ways[place], CANDIDATES[ways[place]], tuple((texts[no], read[no][place] or "") for no in telling))
        for place in different
    )


def _is_yes_or_no(texts: Sequence[str]) -> bool:
    words = vocabulary()["values"]["boolean"]
    spoken = {normalised(text) for text in texts}
    return len(spoken) <= 4 and spoken <= {*words["true"], *words["false"]} and spoken != {"x", "o"}


def _is_identifier(values: Values, texts: Sequence[str]) -> bool:
    sample = texts[:MOST_VALUES]
    shaped = sum(bool(re.fullmatch(r"[\w./:-]*\d[\w./:-]*", text)) for text in sample)
    return len(texts) >= 0.98 * values.filled and shaped >= NEARLY_ALL * len(sample)


def _identifying(header: str, texts: Sequence[str], is_date: bool, values: Values) -> str:
    """Who somebody is, if a column tells it by its header or by its values: what it is, in words."""
    sample = texts[:MOST_VALUES]

    def share(pattern: re.Pattern[str]) -> float:
        return sum(bool(pattern.fullmatch(text)) for text in sample) / len(sample)

    if share(EMAIL) > 0.5:
        return "e-mail addresses"
    if is_date:
        return "dates of birth" if _named(header, "dates of birth") else ""
    if (
        share(PHONE) > 0.8
        and not any(re.search(r"[a-z]", text) for text in sample[:5])
        and _named(header, "phone numbers")
    ):
        return "phone numbers"
    known = sum(found(text, "treatment_type").code != "" for text in sample[:50])
    if known > len(sample[:50]) / 2:
        return ""
    for what in vocabulary()["identifying"]:
        if what != "dates of birth" and _named(header, what):
            return str(what)
    if _is_of_a_person(header) and share(NAME) > 0.8 and not any(TITLE.match(text) for text in sample[:20]):
        return "names of people"
    if not _is_of_a_person(header) and share(PHONE) > 0.9 and share(re.compile(r"[+0].*[ /()-].*", re.ASCII)) > 0.5:
        return "phone numbers"
    return ""


def _named(header: str, what: str) -> bool:
    words = vocabulary()["identifying"][what]
    tokens = normalised(header).split()
    of_it = " ".join(token for token in tokens if token not in vocabulary()["generic"]["person"])
    return resemblance(header, words) >= 0.97 or (of_it != "" and resemblance(of_it, words) >= 0.97)


def _is_of_a_person(header: str) -> bool:
    return resemblance(header, (normalised("patient_id"), *vocabulary()["headers"]["patient_id"])) >= 0.75
