"""A proposal becomes a mapping: TOML that an import accepts, with a comment wherever something is uncertain."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.proposing.cells import exclusion
from data.proposing.proposal import File, Proposal, Section
from data.proposing.words import LEFT_OUT

UNSURE = 0.65


def to_toml(proposal: Proposal, name: str) -> str:
    """The mapping that a proposal is; what is uncertain or open is said in comments."""
    lines = [f"name = {text(name)}"]
    for file in proposal.files:
        if not file.sections:
            lines += ["", *comment(f"{file.name} is not read: {file.reason}")]
        for section in file.sections:
            lines += ["", *_section(file, section)]
    return "\n".join(lines) + "\n"


def text(value: str) -> str:
    """A text as TOML writes it."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    written = "".join(
        escapes.get(one) or (f"\\u{ord(one):04x}" if ord(one) < 0x20 or ord(one) == 0x7F else one) for one in value
    )
    return f'"{written}"'


def comment(told: str) -> list[str]:
    """A comment; what could end it is left out of it."""
    return [f"# {re.sub(r'[^ -~ -퟿-�]+', ' ', told)}"]


def _section(file: File, section: Section) -> Iterator[str]:
    if file.score < UNSURE:
        yield from comment(f"uncertain: {file.reason}")
    for problem in section.problems:
        yield from comment(f"missing: {problem}")
    yield f"[[{section.table}]]"
    yield f"file = {text(file.pattern)}"
    if file.sheet:
        yield f"sheet = {text(file.sheet)}"
    if section.decimal:
        yield f"decimal = {text(section.decimal)}"
    if section.timezone:
        yield f"timezone = {text(section.timezone)}"
    yield from _date_formats(section)
    yield from _where(section, _belonging_to(section, file))
    yield ""
    yield f"[{section.table}.columns]"
    tables = []
    for cell in section.cells:
        if not cell.is_given:
            continue
        if cell.question:
            yield from comment(f"open: {cell.question}")
        elif cell.score < UNSURE:
            yield from comment(f"uncertain: {cell.reason}")
        values = {match.value: match.code for match in cell.values if match.code not in ("", LEFT_OUT, match.value)}
        if cell.sql:
            yield f"{cell.column} = {{ sql = {text(cell.sql)} }}"
        elif cell.value:
            yield f"{cell.column} = {{ value = {text(cell.value)} }}"
        elif values:
            tables.append((cell, values))
        else:
            yield f"{cell.column} = {text(cell.source)}"
    for cell, values in tables:
        yield ""
        yield f"[{section.table}.columns.{cell.column}]"
        yield f"column = {text(cell.source)}"
        yield ""
        yield f"[{section.table}.columns.{cell.column}.values]"
        matches = {match.value: match for match in cell.values}
        for value, code in values.items():
            unsure = f"  # uncertain: {matches[value].reason}" if matches[value].score < UNSURE else ""
            yield f"{text(value)} = {text(code)}{comment_end(unsure)}"
        kept = [match.value for match in cell.values if not match.code and cell.column == "treatment_type"]
        for value in kept:
            yield from comment(f"kept as a type of its own: {value}")


def comment_end(told: str) -> str:
    """A comment behind a line."""
    return f"  {comment(told.strip(' #'))[0]}" if told else ""


def _date_formats(section: Section) -> Iterator[str]:
    formats = {cell.column: cell.date_formats for cell in section.cells if cell.source and cell.date_formats}
    for column, several in formats.items():
        written = text(several[0]) if len(several) == 1 else f"[{', '.join(map(text, several))}]"
        yield f"date_format.{column} = {written}"


def _belonging_to(section: Section, file: File) -> Section | None:
    """The treatments of the same file whose rows this section tells more of."""
    if section.table not in ("follow_ups", "side_effects"):
        return None
    told = section.cell("treatment_id")
    for other in file.sections:
        if other.table == "treatments" and told.is_given:
            of_it = other.cell("treatment_id")
            if (of_it.source, of_it.sql) == (told.source, told.sql):
                return other
    return None


def _where(section: Section, belonging_to: Section | None) -> Iterator[str]:
    conditions: list[str] = []
    reasons: list[str] = []
    for one in (section, *([belonging_to] if belonging_to else [])):
        if one.where:
            conditions.append(one.where)
            reasons += [one.where_reason] if one.where_reason else []
        for cell in one.cells:
            if cell.values and (left_in := exclusion(cell)):
                conditions.append(left_in)
                left_out = [match.value for match in cell.values if match.code == LEFT_OUT]
                reasons.append(f"left out: {', '.join(left_out)}")
    if conditions:
        for reason in reasons:
            yield from comment(reason)
        joined = conditions[0] if len(conditions) == 1 else " and ".join(f"({one})" for one in conditions)
        yield f"where = {text(joined)}"
