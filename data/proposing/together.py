"""What files are taken for together: months of one export are one file; numbers of one are looked up in another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import PurePath

from data.contract import TABLES
from data.proposing.cells import cell_from, nothing
from data.proposing.columns import Sampled, Values
from data.proposing.files import glob_escaped, propose_file
from data.proposing.proposal import File, Proposal, Section
from data.proposing.sections import finished


def proposed(samples: Sequence[Sampled], beside: Sequence[str] = ()) -> Proposal:
    """What these files are taken for, together; files of the same columns and kind of name are one.

    `beside` are files that are not read: no pattern is to mean them.
    """
    groups: dict[tuple[str, str, tuple[str, ...]], list[Sampled]] = {}
    for sample in samples:
        groups.setdefault((pattern_of(sample.called), sample.sheet, sample.headers), []).append(sample)
    files = []
    for (pattern, sheet, _), several in groups.items():
        others = [one.called for one in samples if one not in several and (not sheet or one.sheet == sheet)]
        is_clear = not any(fnmatchcase(name, pattern) for name in (*others, *beside))
        for group in [several] if is_clear else [[one] for one in several]:
            file = propose_file(merged(group))
            names = tuple(one.name for one in group)
            files.append(replace(file, names=names, pattern=pattern if is_clear else file.pattern))
    return Proposal(_numbered_alike(linked(files), {sample.name: sample for sample in samples}))


def pattern_of(name: str) -> str:
    """A pattern for a file and for those of other months: "visits_2024-10.csv" is "visits_*.csv"."""
    path = PurePath(name)
    stem = re.sub(r"\(?\d[\d._ ()-]*", "*", glob_escaped(path.stem))
    return (
        f"{stem}{path.suffix}"
        if re.search(r"[^\W\d_]", stem.replace("*", "")) and "[" not in stem
        else glob_escaped(path.name)
    )


def merged(samples: Sequence[Sampled]) -> Sampled:
    """Several files of the same columns as one."""
    first, *others = samples
    if not others:
        return first
    values = {}
    for header in first.headers:
        counts: dict[str, int] = {}
        for sample in samples:
            for text, count in sample.values[header].counts.items():
                counts[text] = counts.get(text, 0) + count
        of_header = [sample.values[header] for sample in samples]
        values[header] = Values(counts, sum(one.filled for one in of_header), all(one.is_complete for one in of_header))
    return replace(first, row_count=sum(sample.row_count for sample in samples), values=values)


def linked(files: Sequence[File]) -> tuple[File, ...]:
    """The files with what one says about the other: whether a number of a record is one of the treatments at hand."""
    treatments = [(file, section) for file in files for section in file.sections if section.table == "treatments"]
    if not treatments:
        return tuple(files)
    numbered = {section.cell("treatment_id").source for _, section in treatments} - {""}
    told = []
    for file in files:
        if any(section.table == "treatments" for section in file.sections):
            told.append(file)
            continue
        sections = tuple(_linked(section, file, numbered) for section in file.sections)
        told.append(replace(file, sections=sections))
    return tuple(told)


def _linked(section: Section, file: File, numbered: set[str]) -> Section:
    if section.table not in ("follow_ups", "side_effects"):
        return section
    cell = section.cell("treatment_id")
    same = [
        column
        for column in file.columns
        if column.name in numbered and column.holds != "identifying" and not column.dates
    ]
    cells = {one.column: one for one in section.cells}
    if same and not cell.source:
        used = {one.source: name for name, one in cells.items()}
        if used.get(same[0].name, "treatment_id") in ("follow_up_id", "side_effect_id", "treatment_id"):
            if same[0].name in used:
                cells[used[same[0].name]] = nothing(used[same[0].name], ())
            column = TABLES[section.table].column("treatment_id")
            reason = f"{same[0].name!r} is the number of the treatments too"
            cells["treatment_id"] = cell_from(column, same[0], "name", reason, 0.8)
    elif cell.source and not numbered and cells["patient_id"].is_given:
        cells["treatment_id"] = replace(
            nothing("treatment_id", ()), reason="the treatments at hand have no number of their own; linked by patient"
        )
    return finished(replace(section, cells=tuple(cells.values())), file.columns)


def _numbered_alike(files: Sequence[File], samples: Mapping[str, Sampled]) -> tuple[File, ...]:
    """The files without a treatment_id whose values are none of the treatments': it is the number of something else."""
    known: set[str] = set()
    for file in files:
        for section in file.sections:
            source = section.cell("treatment_id").source if section.table == "treatments" else ""
            for name in file.names if source else ():
                if not samples[name].values[source].is_complete:
                    return tuple(files)
                known |= set(samples[name].values[source].counts)
    return tuple(
        replace(file, sections=tuple(_if_numbered(section, file, known, samples) for section in file.sections))
        for file in files
    )


def _if_numbered(section: Section, file: File, known: set[str], samples: Mapping[str, Sampled]) -> Section:
    if not known or section.table not in ("follow_ups", "side_effects") or not section.cell("patient_id").is_given:
        return section
    source = section.cell("treatment_id").source
    values = {text for name in file.names for text in samples[name].values[source].counts} if source else set()
    if not source or 2 * len(values & known) >= len(values):
        return section
    reason = f"{source!r} holds other numbers than the treatments have; linked by patient"
    cells = [nothing("treatment_id", ()) if cell.column == "treatment_id" else cell for cell in section.cells]
    cells = [replace(cell, reason=reason) if cell.column == "treatment_id" else cell for cell in cells]
    return finished(replace(section, cells=tuple(cells)), file.columns)
