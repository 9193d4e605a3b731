"""A snapshot cut to a scope, as a snapshot of its own: whoever reads it can be told of no other row, by whatever way.

An extract is a file that holds the rows of its scope alone, so filters, SQL, downloads and reports that are made of it
need to know nothing of scopes. It stands in `extracts/` beside the snapshot it was cut from, for its owner alone to
read, as `<snapshot>-<scope>-<checksum>.duckdb`; no name in it tells of whom it is. It is made when it is first asked
for, and removed with its snapshot.

What needs a patient's whole history stays as it was derived over all of it, so that a figure of a clinic is the figure
that a filter of that clinic gives. Of records outside the scope an extract tells this, and no more:

    courses, treatment_records   the day of the patient's next course of the same type (interval_days, is_returned), and
                                 which of their courses it is (position), wherever they had the others: whether somebody
                                 came back is what became of the record, and who did is not to be called again; the plan
                                 of a course is that of its day, also where two clinics were visited on it
    personal_intervals           how many intervals a patient has completed, and when they are due by them and by the
                                 mean of the type; only where the last course is in the scope
    treatment_records            by which doses of all records a dose is in the lower, middle or upper third
    snapshot                     the data cut-off, and whether the data is synthetic

Rows are numbered as an import of these rows alone would number them, pseudonyms in place of ids: a gap would tell how
many others there are, and the order of patients what their ids are like. Lists of values (ENUM) hold those that occur.

Every id is a pseudonym (data/pseudonyms.py): that of a record leads to the person in the practice's system as surely as
that of the patient, and one that was made at import has a file's name in it.
"""

from __future__ import annotations

import ctypes
import hashlib
import hmac
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cache
from pathlib import Path

import duckdb

import queries
from data import attaching, pseudonyms
from data.building import NUMBERED
from data.contract import TABLES
from data.deriving import create_table
from data.generations import EXTRACTS, Generation, checksum, has_log, sha256_of
from data.importing import database, finish
from data.installation import installation_key
from data.refusal import ImportRefused, unwritable
from data.scope import Scope

NICENESS = 10
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
STALE_SECONDS = 24 * 3600
NOT_CUT = (
    "What several sources share cannot be cut to some clinics or practitioners, nor told under pseudonyms. "
    "Open the snapshot of a clinic instead."
)

_ORDER = "\norder by "
_NONE = "false"
_OF_RECORD = "treatment_no in (select earlier from kept_treatment_no)"
ROWS = {
    "treatments": "(is_all('clinics') or list_contains(getvariable('clinics'), coalesce(clinic, ''))) and "
    "(is_all('practitioners') or list_contains(getvariable('practitioners'), coalesce(practitioner, '')))",
    "follow_ups": f"follow_up_no in (select follow_up_no from follow_up_links where {_OF_RECORD})",
    "side_effects": f"side_effect_no in (select side_effect_no from side_effect_links where {_OF_RECORD})",
    "patients": "(is_all('clinics') and is_all('practitioners')) "
    f"or patient_id in (select patient_id from treatments where {_OF_RECORD})",
    "sessions": "session_no in (select earlier from kept_session_no)",
    "follow_up_links": _OF_RECORD,
    "side_effect_links": _OF_RECORD,
    "courses": f"course_no in (select course_no from treatment_records where {_OF_RECORD})",
    "personal_intervals": "row(series_no, session_no) in (select row(series_no, session_no) from courses "
    "where course_no in (select earlier from kept_course_no))",
    "side_effect_observations": _OF_RECORD,
    "treatment_records": _OF_RECORD,
    "results": _OF_RECORD,
    # Those that no catalogue knows are told of by the records alone.
    "treatment_types": "label <> code or category is not null or not is_maintained or touch_up_window_days <> 0 "
    "or expected_interval_low_days is not null or colour is not null "
    f"or code in (select treatment_type from treatments where {_OF_RECORD})",
    "snapshot": "true",
    # Rows as they stood in the files, the files' names, and figures, of everybody.
    "rejects": _NONE,
    "import_warnings": _NONE,
    "imports": _NONE,
    "figures": _NONE,
}
"""The rows of every relation that an extract holds; of a relation that is not named here no extract can be made."""

IDS = ("patient_id", "treatment_id", "follow_up_id", "side_effect_id")
"""What pseudonyms stand in place of."""

# Those whose rows are numbered, in this order, and the numbers; all other relations have these numbers from them.
_NUMBERED = {
    name: [number for number in numbers if not number.startswith("its_")] for name, numbers in NUMBERED.items()
}
_NUMBERED |= {"courses": ["course_no", "series_no"]}


def extract(generation: Generation, scope: Scope) -> Generation:
    """The snapshot cut to the scope; the snapshot itself, where the scope is everything.

    Raises ImportRefused where it cannot be made.
    """
    if scope.is_everything:
        return generation
    _require_a_file(generation)
    folder = generation.path.parent / EXTRACTS
    try:
        name, key = _named(generation, scope)
        file = _made(folder, f"{generation.path.stem}-{name}") or _make(generation, scope, folder, name, key)
    except (OSError, duckdb.IOException, duckdb.FatalException) as error:
        raise unwritable(folder, error) from error
    return replace(generation, path=file, sha256=checksum(file), name=f"{generation.name}-{name}", rows=None)


def is_extracted(generation: Generation, scope: Scope) -> bool:
    """Whether `extract` would find what it gives, and make nothing. Raises ImportRefused as it does."""
    if scope.is_everything:
        return True
    _require_a_file(generation)
    folder = generation.path.parent / EXTRACTS
    try:
        return _made(folder, f"{generation.path.stem}-{_named(generation, scope)[0]}") is not None
    except OSError as error:
        raise unwritable(folder, error) from error


def extract_beside(generation: Generation, scope: Scope, ends_by: Callable[[Callable[[], None]], None]) -> None:
    """Has a process of its own make the extract, behind everything else that the machine does.

    `ends_by` is told what ends it before it is done; it ends with whoever began it, too. Raises ImportRefused as
    `extract` does, or where it was ended.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "data.extracting"],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    ends_by(process.kill)
    told, _ = process.communicate(pickle.dumps((generation, scope)))
    if process.returncode:
        reason = told.decode(errors="replace") or "The records were not prepared: that was stopped. Try again."
        raise ImportRefused(reason)


def _require_a_file(generation: Generation) -> None:
    if generation.path.is_dir():
        raise ImportRefused(NOT_CUT)


def _named(generation: Generation, scope: Scope) -> tuple[str, bytes]:
    """What the extract is called, which tells nothing of the scope, and the key of the installation."""
    key = installation_key(generation.path.parent)
    (generation.path.parent / EXTRACTS).mkdir(mode=0o700, exist_ok=True)
    told = json.dumps([generation.sha256, scope.clinics, scope.practitioners, scope.pseudonyms, _program()])
    return hmac.digest(key, told.encode(), "sha256").hex()[:16], key


def _made(folder: Path, begin: str) -> Path | None:
    """The extract that was made already, unless it is damaged."""
    for file in sorted(folder.glob(f"{begin}-*.duckdb")):
        if not has_log(file) and checksum(file).startswith(file.stem.rsplit("-", 1)[1]):
            return file
        for damaged in folder.glob(f"{file.name}*"):
            damaged.unlink(missing_ok=True)
    return None


def _make(generation: Generation, scope: Scope, folder: Path, name: str, key: bytes) -> Path:
    _remove_stale(folder, generation)
    place = folder / f"unfinished-{uuid.uuid4().hex}"
    place.mkdir(mode=0o700)
    try:
        built = place / "built.duckdb"
        with database(built, place, generation, None) as connection:
            _cut(connection, scope, key)
            finish(connection)
        built.chmod(0o400)
        file = folder / f"{generation.path.stem}-{name}-{sha256_of(built)[:12]}.duckdb"
        return built.rename(file)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _remove_stale(folder: Path, generation: Generation) -> None:
    """Removes what killed processes left, and extracts of other snapshots that were made more than a day ago."""
    for path in folder.iterdir():
        is_of_another = not path.name.startswith(f"{generation.path.stem}-")
        if is_of_another and time.time() - path.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _cut(connection: duckdb.DuckDBPyConnection, scope: Scope, key: bytes) -> None:
    """Writes the rows of `previous` that are in the scope into `built`."""
    connection.execute("use memory")
    attaching.view(connection, "previous")
    # Variables are bound, so that no value and no key is in a statement, which an error might tell.
    for name, value in (("clinics", list(scope.clinics)), ("practitioners", list(scope.practitioners))):
        connection.execute(f"set variable {name} = $value::varchar[]", {"value": value})
    for name, pad in zip(("inner_pad", "outer_pad"), pseudonyms.pads(key), strict=True):
        connection.execute(f"set variable {name} = $value::blob", {"value": pad})
    connection.execute("create temp macro is_all(name) as len(getvariable(name)) = 0")
    hashed = pseudonyms.SQL.format(
        kind="kind", id="id", inner="getvariable('inner_pad')", outer="getvariable('outer_pad')"
    )
    connection.execute(f"create temp macro pseudonym(kind, id) as {hashed}")
    ids = IDS if scope.pseudonyms else ()
    for relation in (*_NUMBERED, *(name for name in attaching.RELATIONS if name not in _NUMBERED)):
        rows = _renamed(connection, relation, ids)
        if relation in _NUMBERED:
            connection.execute(f"create temp table staged_{relation} as {rows}")
            rows = _numbered(connection, relation)
        if relation in queries.MODEL:
            create_table(
                connection, relation, f"{rows}\norder by {queries.read(f'model/{relation}').split(_ORDER)[-1]}"
            )
        elif relation in TABLES:
            order = NUMBERED.get(relation, (TABLES[relation].id_column,))[0]
            connection.execute(f"create table built.{relation} as {rows} order by {order}")
        else:
            connection.execute(f"create table built.{relation} as {rows}")
    connection.execute("update built.snapshot set limited_to = $words", {"words": scope.in_words})


def _renamed(connection: duckdb.DuckDBPyConnection, relation: str, ids: Collection[str]) -> str:
    """The rows of a relation that are in the scope, with the new numbers of other relations, and pseudonyms."""
    rows = f"select * from {relation} where {ROWS[relation]}"
    maps, columns = [], []
    for column, *_ in connection.execute(f"describe {rows}").fetchall():
        if column.endswith("_no") and column not in (*_NUMBERED.get(relation, ()), "import_no"):
            number = column.removeprefix("its_")
            maps.append(f"left join kept_{number} as of_{column} on of_{column}.earlier = these.{column}")
            columns.append(f"of_{column}.{number} as {column}")
        elif column in ids:
            columns.append(f"pseudonym('{column}', these.{column}) as {column}")
    replaced = f" replace ({', '.join(columns)})" if columns else ""
    return f"select * from (select these.*{replaced} from ({rows}) as these {' '.join(maps)})"


def _numbered(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """The staged rows of a relation with new numbers; which number became which is kept for the relations after it."""
    numbers = _NUMBERED[relation]
    staged = f"staged_{relation} as staged join numbered_{relation} as numbered on numbered.row_no = staged.rowid"
    connection.execute(f"create temp table numbered_{relation} as {queries.read(f'numbering/{relation}')}")
    for number in numbers:
        connection.execute(
            f"create temp table kept_{number} as "
            f"select distinct staged.{number} as earlier, numbered.{number} from {staged}"
        )
    columns = ", ".join(f"numbered.{number} as {number}" for number in numbers)
    return f"select * from (select staged.* replace ({columns}) from {staged})"


@cache
def _program() -> str:
    """What an extract comes from, besides its snapshot: one that other code made is made anew."""
    selects = (sorted((queries.ROOM / room).glob("*.sql")) for room in ("model", "numbering"))
    made_by = [
        *(Path(module) for module in (__file__, attaching.__file__, pseudonyms.__file__)),
        *(file for room in selects for file in room),
    ]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in made_by)).hexdigest()


def main() -> None:
    """Makes the extract that standard input asks for; what is wrong goes to standard output."""
    os.nice(NICENESS)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    try:
        extract(*pickle.load(sys.stdin.buffer))
    except ImportRefused as refused:
        print(refused)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
