"""What a file is taken for: one table of the contract, several, or none. Pure functions over its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from data.contract import TABLES
from data.expressions import literal, quoted
from data.proposing.cells import cell_from, check_ups, known_share, nothing
from data.proposing.columns import Sampled, columns_of
from data.proposing.proposal import Cell, Column, File, Section
from data.proposing.sections import MAIN_DATE, finished, propose_section
from data.proposing.words import found, header_words, normalised, resemblance, vocabulary

TELLING = {
    "treatments": {
        "treatment_type": 1.0,
        "product": 0.4,
        "lot": 0.5,
        "dose": 0.4,
        "area": 0.3,
        "technique": 0.4,
        "side": 0.3,
    },
    "follow_ups": dict.fromkeys(
        ("satisfaction", "gais", "asymmetry", "goal_met", "overcorrected", "adjusted", "aftercare_followed"), 0.8
    ),
    "side_effects": {"effect": 1.0, "severity": 0.5, "resolved_on": 0.5, "resolved_by": 0.5, "serious": 0.4},
    "patients": {"birth_year": 0.6, "sex": 0.6, "skin_type": 0.6, "smoker": 0.4, "sun_exposure": 0.4},
}
"""How far a column tells which table it is a column of."""
OWN_DATE = 0.5
"""A date by a name that no other table has."""
FILE_NAME = 0.9
KNOWN_TYPES = 0.8
LEAST_EVIDENCE = 0.5
LEAST_BESIDE = 0.75
EVENTS = ("treatments", "follow_ups", "side_effects")


def propose_file(sample: Sampled, columns: Sequence[Column] | None = None) -> File:
    """What one file is taken for."""
    found_columns = columns_of(sample) if columns is None else tuple(columns)
    file = File(
        name=sample.name,
        names=(sample.name,),
        pattern=glob_escaped(sample.called),
        sheet=sample.sheet,
        dialect=sample.dialect,
        rows=sample.row_count,
        columns=found_columns,
        notes=sample.notes,
    )
    return taken_for(file)


def taken_for(file: File) -> File:
    """The file with the sections that its columns suggest."""
    if not file.rows:
        return replace(file, sections=(), reason="The file has no rows.", score=0.0)
    hints = _hints(file)
    proposed = {table: propose_section(file.columns, table) for table in TABLES}
    evidence = {table: _evidence(section, file.columns) for table, section in proposed.items()}
    strength = {table: evidence[table] + (FILE_NAME if table in hints else 0.0) for table in EVENTS}
    type_of = proposed["treatments"].cell("treatment_type")
    strength["treatments"] += KNOWN_TYPES * _share_known(type_of)
    possible = [table for table in EVENTS if not proposed[table].problems and strength[table] >= LEAST_EVIDENCE]
    main = max(possible, key=lambda table: strength[table], default=None)
    if main == "treatments" and not _is_of_treatments(proposed[main]) and "treatments" not in hints:
        main = None
    if main is None:
        by_effect = side_effect_sections(file.columns, proposed["follow_ups"])
        if by_effect:
            return replace(file, sections=by_effect, reason=_reason(by_effect, hints), score=_score(by_effect))
        if not proposed["patients"].problems and evidence["patients"] >= LEAST_EVIDENCE:
            sections: tuple[Section, ...] = (proposed["patients"],)
            return replace(file, sections=sections, reason=_reason(sections, hints), score=_score(sections))
        return replace(file, sections=(), reason=_why_nothing(proposed, strength, hints), score=0.0)
    sections = with_tables(file, (main,))
    for table in (*EVENTS, "patients"):
        if table != main:
            beside = _beside(file, table, sections[0], sections)
            sections += beside
    return replace(
        file,
        sections=tuple(sections),
        reason=_reason(sections, hints),
        score=_score(sections),
        notes=(*file.notes, *_left_out(file, sections)),
    )


def with_tables(file: File, tables: Sequence[str]) -> tuple[Section, ...]:
    """The sections that read just these tables from a file, whatever speaks against it."""
    sections: tuple[Section, ...] = ()
    for table in tables:
        main = sections[0] if sections else None
        if table == "side_effects":
            by_effect = side_effect_sections(file.columns, main)
            if by_effect:
                sections += by_effect
                continue
        if table == "treatments":
            sections += (_without_cancelled(propose_section(file.columns, table), file.columns),)
            continue
        beside = _beside(file, table, main, sections) if main else ()
        sections += beside or (_where_there_is_one(propose_section(file.columns, table), main),)
    return sections


def _beside(file: File, table: str, main: Section | None, sections: Sequence[Section]) -> tuple[Section, ...]:
    """The sections that a table has in a file that is mainly of another one; none where nothing speaks for it."""
    linking = main if main and main.table == "treatments" else None
    if table == "patients":
        section = propose_section(file.columns, table)
        if not section.problems and _evidence(section, file.columns) >= 0.5:
            return (section,)
        return ()
    if table == "treatments":
        return ()
    taken = [one.cell(MAIN_DATE[one.table]).source for one in sections if one.table in MAIN_DATE]
    if table == "side_effects":
        by_effect = side_effect_sections(file.columns, main)
        if by_effect:
            return by_effect
    section = propose_section(file.columns, table, [name for name in taken if name], linking)
    date = section.cell(MAIN_DATE[table])
    if (
        not section.problems
        and date.by == "name"
        and date.score >= 0.55
        and _evidence(section, file.columns) >= LEAST_BESIDE
    ):
        dated: tuple[Section, ...] = (_where_there_is_one(section, main),)
    else:
        dated = ()
    if table == "follow_ups" and linking and (values := check_ups(linking.cell("treatment_type"))):
        return (*dated, _from_check_ups(linking, values, file.columns))
    return dated


def side_effect_sections(columns: Sequence[Column], main: Section | None) -> tuple[Section, ...]:
    """A section for each side effect that has columns of its own, as "Bruising since" and "Bruising until"."""
    parts: dict[str, dict[str, Column]] = {}
    for column in columns:
        effect, part = _effect_and_part(column)
        if effect and part and part not in parts.get(effect, {}):
            parts.setdefault(effect, {})[part] = column
    sections = []
    for effect, of_effect in parts.items():
        if "onset_on" not in of_effect:
            continue
        ids = propose_section(columns, "side_effects", linking=main if main and main.table == "treatments" else None)
        cells: dict[str, Cell] = {
            name: ids.cell(name) for name in ("treatment_id", "patient_id") if ids.cell(name).is_given
        }
        if main and main.table == "follow_ups":
            cells |= {name: main.cell(name) for name in ("treatment_id", "patient_id") if main.cell(name).is_given}
        cells["effect"] = Cell("effect", "constant", f"{effect} has columns of its own", 0.9, value=effect)
        for name, source in of_effect.items():
            contract = TABLES["side_effects"].column(name)
            cells[name] = cell_from(contract, source, "name", f"by its name {source.name!r}", 0.85)
        onset = of_effect["onset_on"].name
        section = Section(
            "side_effects",
            tuple(cells.get(name, nothing(name, ())) for name in TABLES["side_effects"].column_names),
            f"{quoted(onset)} <> ''",
            f"a row without {onset} tells of no {effect}",
        )
        sections.append(finished(section, columns))
    return tuple(sections)


def _effect_and_part(column: Column) -> tuple[str, str]:
    """The side effect that a header names, and which of its columns this is: onset_on, resolved_on, severity, ..."""
    effect = found(column.name, "effect")
    if effect.score < 0.75 or effect.code not in vocabulary()["effects"]:
        return "", ""
    rest = normalised(column.name).split()
    parts = vocabulary()["parts"]
    named = [part for part, words in parts.items() if set(rest) & set(words)]
    if column.dates:
        dated = [part for part in named if part != "severity"]
        return effect.code, dated[-1] if dated else "onset_on"
    if "severity" in named and column.values:
        return effect.code, "severity"
    return "", ""


def _from_check_ups(linking: Section, values: Sequence[str], columns: Sequence[Column]) -> Section:
    """Follow-ups out of the rows of a treatment column that are check-ups."""
    service = linking.cell("treatment_type").source
    table = TABLES["follow_ups"]
    day = linking.cell("treated_on")
    cells = {
        "patient_id": linking.cell("patient_id"),
        "followed_up_on": replace(day, column="followed_up_on", reason="the day of the check-up", score=0.7),
    }
    section = Section(
        "follow_ups",
        tuple(cells.get(name, nothing(name, ())) for name in table.column_names),
        f"{quoted(service)} in ({', '.join(map(literal, values))})",
        f"only the rows that are check-ups: {', '.join(values)}",
    )
    return finished(section, columns)


def _without_cancelled(section: Section, columns: Sequence[Column]) -> Section:
    """The treatments without appointments that did not take place."""
    words = vocabulary()["status"]
    for column in columns:
        if resemblance(column.name, words["headers"]) < 0.75 or not column.values:
            continue
        not_done = [value for value, _ in column.values if resemblance(value, words["not_done"]) >= 0.75]
        if not_done and len(not_done) < len(column.values):
            where = f"{quoted(column.name)} not in ({', '.join(map(literal, not_done))})"
            return replace(section, where=where, where_reason=f"did not take place: {', '.join(not_done)}")
    return section


def _where_there_is_one(section: Section, main: Section | None) -> Section:
    """The section with its `where`: in a file of another table too, a row without the day holds none of this one."""
    day = section.cell(MAIN_DATE[section.table]) if section.table in MAIN_DATE else None
    if main is None or day is None or not day.source:
        return section
    return replace(
        section,
        where=f"{quoted(day.source)} <> ''",
        where_reason=f"a row without {day.source} holds no {section.table.rstrip('s').replace('_', '-')}",
    )


def _evidence(section: Section, columns: Sequence[Column]) -> float:
    """How much speaks for a table: the columns that only it has."""
    total = sum(
        weight * section.cell(name).score
        for name, weight in TELLING[section.table].items()
        if section.cell(name).is_given
    )
    day = MAIN_DATE.get(section.table)
    if day and section.cell(day).is_given and section.cell(day).score > 0.65:
        total += OWN_DATE * section.cell(day).score
    return total


def _share_known(cell: Cell) -> float:
    """The share of rows whose value is known."""
    rows = sum(match.count for match in cell.values)
    return sum(match.count for match in cell.values if match.code) / rows if rows else 0.0


def _is_of_treatments(section: Section) -> bool:
    """Whether some of the values are types of the catalogue, or the columns have the names of treatments."""
    cell = section.cell("treatment_type")
    return _share_known(cell) > 0 or cell.score >= 0.55 or _evidence(section, ()) >= 1.2


def _hints(file: File) -> list[str]:
    """The tables that the name of a file, or of its sheet, speaks of."""
    parts = [
        normalised(re.sub(r"\d+", " ", part))
        for part in dict.fromkeys((file.sheet or file.pattern, *file.name.split("/")))
    ]
    stems = [re.sub(r" (csv|tsv|txt|xlsx?|json|ndjson|parquet|gz|zip)\b", "", part) for part in parts]
    return [
        table
        for table, words in vocabulary()["files"].items()
        if any(resemblance(stem, (normalised(table), *words)) >= 0.6 for stem in stems)
    ]


def _reason(sections: Sequence[Section], hints: Sequence[str]) -> str:
    told = []
    for section in sections:
        named = [f"{cell.column} from {cell.source!r}" for cell in section.cells if cell.source][:4]
        told.append(f"{section.table} ({', '.join(named)})" if named else section.table)
    by_name = [section.table for section in sections if section.table in hints]
    return "; ".join(dict.fromkeys(told)) + (f"; the file's name says {by_name[0]}" if by_name else "")


def _score(sections: Sequence[Section]) -> float:
    needed = [
        cell.score
        for section in sections[:1]
        for cell in section.cells
        if TABLES[section.table].column(cell.column).required
    ]
    return round(sum(needed) / len(needed), 2) if needed else 0.5


def _why_nothing(proposed: dict[str, Section], strength: dict[str, float], hints: Sequence[str]) -> str:
    nearest = hints[0] if hints else max(strength, key=lambda table: strength[table])
    problems = proposed[nearest].problems or ("nothing in it belongs to one table only.",)
    return f"No table was recognised; nearest are {nearest}: {' '.join(problems)}"


def _left_out(file: File, sections: Sequence[Section]) -> tuple[str, ...]:
    """What the file seems to tell and what cannot be read from it as it is."""
    used = {cell.source for section in sections for cell in section.cells}
    notes = []
    for column in file.columns:
        effect = found(column.name, "effect")
        if (
            column.holds == "yes or no"
            and effect.score >= 0.75
            and column.name not in used
            and effect.code in vocabulary()["effects"]
        ):
            notes.append(f"{column.name} says whether there was {effect.code}, but not since when: it is left out.")
    tables = {section.table for section in sections}
    if "side_effects" not in tables:
        named = [column.name for column in file.columns if column.name not in used and _names_effects(column)]
        notes += [f"{name} names side effects, but no column says since when: it is left out." for name in named]
    notes += [told for column in file.columns if column.name not in used if (told := _on_another_scale(column))]
    if "follow_ups" not in tables:
        findings = propose_section(file.columns, "follow_ups", list(used))
        named = [
            cell.source
            for cell in findings.cells
            if cell.source and cell.column in TELLING["follow_ups"] and cell.score >= 0.7
        ]
        day = findings.cell("followed_up_on")
        if day.source and day.score >= 0.75 and day.source not in used:
            notes.append(
                f"{day.source} may be the day of a follow-up: left out, for nothing says that it took place. "
                "If these contacts were held, let the file hold follow-ups too."
            )
        elif named:
            notes.append(f"{', '.join(named)}: left out, for no column says on which day this was found.")
    return tuple(notes)


def _names_effects(column: Column) -> bool:
    return resemblance(column.name, header_words("effect")) >= 0.75 and known_share(column, "effect") > 0


def _on_another_scale(column: Column) -> str:
    """What to tell of a score whose values the contract's scale does not have."""
    for table in TABLES.values():
        for wanted in table.columns:
            if wanted.high is None or column.high is None or resemblance(column.name, header_words(wanted.name)) < 0.75:
                continue
            if column.high > wanted.high and wanted.high <= 10:
                return (
                    f"{column.name} goes up to {column.high:g}, {wanted.name} from {wanted.low:g} to {wanted.high:g}: "
                    "it is left out."
                )
    return ""


def glob_escaped(name: str) -> str:
    """A pattern that only this name fits."""
    return re.sub(r"([\[*?])", r"[\1]", name)
