"""SQL only: what the records mean, and what we show.

Every file is one bare select; its stem is the relation's name, its header comment the definition that the screens show.
The room decides what a select becomes:

    staging/    a typed table of what an export holds                  (data/ builds it)
    numbering/  the order and the numbers of a table's rows            (data/ builds its tables by them)
    checks/     a rule of the contract: the rows that break it         (data/ runs it at import)
    model/      a derived table of the snapshot, over all records      (data/ builds it, in the order of MODEL)
    cohort*.sql a table macro over one STRUCT, the filters             (dashboard/store/)
    measures/   the counts of one measure                              (dashboard/store/)
    observations/ what measures and lists count, with the patients or without (dashboard/store/)
    contributors/ the patients behind counts, for small numbers        (dashboard/store/)
    records/    the rows of a table, or patients listed, of the cohort (dashboard/store/)
    account/    what became of the imported rows, counted              (dashboard/store/)
    changes/    what differs in one table of two snapshots             (dashboard/store/)
    sharing/    one relation of those of several sources               (dashboard/store/engine.py)
    examples/   queries to begin with, over what readers may ask       (dashboard/sandbox/)

    columns.csv what the columns that readers get mean, with their units  (dashboard/dictionary.py)

Values are bound by name. What varies by name instead stands as `{{ name }}`: the columns of groups and of strata, which
come from the lists below, and another measure or its observations, whose select is put in its place: by the same
groups, by these and more of a record (`{{ name with month }}`), or by another of a record instead of them
(`{{ name by total }}`). In changes/ stand the table and columns that are compared, which come from the contract.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOM = Path(__file__).parent

MODEL = (
    "sessions",
    "follow_up_links",
    "side_effect_links",
    "courses",
    "personal_intervals",
    "side_effect_observations",
    "treatment_records",
    "results",
)

MACROS = ("cohort", "cohort_side_effects")

ATTRIBUTES = (
    "treatment_type",
    "product",
    "lot",
    "area",
    "side",
    "technique",
    "practitioner",
    "clinic",
    "indication",
    "dose_band",
    "aftercare",
    "age_band",
    "sex",
    "skin_type",
    "smoker",
)
TIMES = ("month", "quarter", "year")
RECORD_GROUPS = (*ATTRIBUTES, *TIMES, "total")
SIDE_EFFECT_GROUPS = ("effect", "severity")
COURSE_GROUPS = ("position",)

AND, THEN = "\x1f", "\x1e"
"""Between the values of a column in a stratum, and between columns: values may hold any other character."""

_INNER = re.compile(r"\{\{ (\w+)(?: (with|by) ([\w, ]+))? \}\}")
_LABEL = re.compile(r"^([a-z][a-z -]*): (.*)$")


@dataclass(frozen=True)
class Definition:
    """One SQL file: its sentence, its labelled header lines (`numerator`, `grain`, ...) and its select."""

    name: str
    sentence: str
    notes: dict[str, str]
    sql: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a reader gets, after the groups; () where the header names none."""
        return tuple(self.notes.get("columns", "").replace(",", " ").split())


@cache
def definition(name: str) -> Definition:
    """The SQL file of that name below this room, such as `measures/side_effect_rates`; FileNotFoundError if none."""
    lines = (ROOM / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    header = [line[2:].strip() for line in lines if line.startswith("--")]
    sentence: list[str] = []
    notes: dict[str, str] = {}
    label = None
    for line in header:
        if labelled := _LABEL.match(line):
            label = labelled[1]
            notes[label] = labelled[2]
        elif label:
            notes[label] += f" {line}"
        else:
            sentence.append(line)
    sql = "\n".join(line for line in lines if not line.startswith("--")).strip()
    return Definition(name.rsplit("/", 1)[-1], " ".join(sentence), notes, sql)


def read(name: str) -> str:
    """The select of that file, without its header."""
    return definition(name).sql


@cache
def names(room: str) -> tuple[str, ...]:
    """The relations of a room, such as `measures`, in alphabetical order."""
    return tuple(sorted(path.stem for path in (ROOM / room).glob("*.sql")))


@cache
def groups_of(name: str) -> tuple[str, ...]:
    """The groups by which a measure can be counted, from what it counts; a column that it has anyway is none."""
    sql = measure(name, ())
    own = set(definition(f"measures/{name}").columns)
    if own & {"month", "treated_on"}:
        own |= set(TIMES)
    groups = tuple(group for group in RECORD_GROUPS if group not in own)
    # A measure that has no place for them, nor one within it, cannot tell them apart.
    are_told_apart = re.search(
        r"\{\{ (group|severity|\w+ with [\w, ]+|side_effect_rates|affected_units) \}\}", read(f"measures/{name}")
    )
    has_side_effects, has_courses = "cohort_side_effects" in sql and are_told_apart is not None, "course_no" in sql
    if has_side_effects and has_courses:
        return groups  # what both have
    return groups + SIDE_EFFECT_GROUPS * has_side_effects + COURSE_GROUPS * has_courses


def measure(name: str, groups: Sequence[str], strata: Sequence[str] = ()) -> str:
    """The select of a measure by these groups, within strata; ValueError for one that the lists above do not hold.

    Where the select has no place for the stratum of a unit, strata are more groups.
    """
    unknown = {*groups, *strata} - {*RECORD_GROUPS, *SIDE_EFFECT_GROUPS, *COURSE_GROUPS}
    if unknown:
        raise ValueError(f"no such group: {', '.join(sorted(unknown))}")
    sql = read(f"measures/{name}")
    if "{{ stratum }}" in sql:
        return _filled(sql.replace("{{ stratum }}", _stratum(strata)), groups)
    return _filled(sql, (*groups, *strata))


def _stratum(strata: Sequence[str]) -> str:
    """The stratum of the rows that are aggregated: of each column all its values together."""
    sets = [f"array_to_string(list_sort(list_distinct(list({column}))), chr({ord(AND)}))" for column in strata]
    return f"concat_ws(chr({ord(THEN)}), {', '.join(sets)})" if sets else "''"


def observations(name: str, groups: Sequence[str]) -> str:
    """The select of what a measure counts, by groups that the measure has, with the patients."""
    return _filled(read(f"observations/{name}"), groups)


def records(table: str) -> str:
    """The select of the rows of a table; FileNotFoundError where there is no such table."""
    return _filled(read(f"records/{table}"), ())


def contributors(name: str, groups: Sequence[str]) -> str:
    """The select of the patients behind the counts of one kind, by groups that these have."""
    return _filled(read(f"contributors/{name}"), groups)


def changes(name: str, identifiers: Mapping[str, str]) -> str:
    """The select of what differs between two snapshots, with these identifiers of a table and its columns in it."""
    sql = read(f"changes/{name}")
    for found in _INNER.finditer(sql):
        name = found[1]
        sql = sql.replace(found[0], identifiers[name] if name in identifiers else changes(name, identifiers))
    return sql


def _filled(sql: str, groups: Sequence[str]) -> str:
    own = [group for group in groups if group not in SIDE_EFFECT_GROUPS]
    of_side_effects = [group for group in groups if group in SIDE_EFFECT_GROUPS]
    for found in _INNER.finditer(sql):
        inner, how, named = found.groups()
        others = named.split(", ") if named else []
        for room in ("measures", "observations"):
            if inner in names(room):
                kept = [] if how == "by" else own or ["total"]
                counted = [*kept, *others, *of_side_effects] if how else groups
                sql = sql.replace(found[0], _filled(read(f"{room}/{inner}"), counted))
    own = own or ["total"]
    severity = "severity" if "severity" in groups else "'any'"
    return (
        sql.replace("{{ group }}", ", ".join(groups or ["total"]))
        .replace("{{ record_group }}", ", ".join(own))
        .replace("{{ severity }}", severity)
    )
