"""A snapshot shared with others: its tables as Parquet in a folder, in which an engine reads those of all who share.

    FOLDER/<source>.json                            what is current of a source, such as a clinic: its pointer
    FOLDER/<table>/source=<source>/snapshot=<name>/ the rows of one of its snapshots, in files that are never changed

Renaming a new pointer over the old one is the commit: readers see all tables of the old snapshot or all of the new one,
and what a killed process leaves behind is named by no pointer. Earlier snapshots stay for a day, and the last of them
longer, for whoever reads them still. The rows of treatment records, which the filters select from, stand apart by
clinic and month (`of_clinic=_north-1f3870be/of_month=_2024-05`). Engines do not agree on what the name of a folder
stands for (007, an umlaut, nothing), so these are for people, and the rows say of which clinic and month they are.

What counts or names within one snapshot is made to do so among all: the numbers of rows have that of their source in
their upper bits, and ids and files' names begin with the source (`north/P-17`). Who is treated at two sources is two
people, for nothing says whether equal ids are of one person. What was derived over all records of a snapshot (courses,
when somebody is due, thirds of doses) was derived over those of its source.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from data import attaching
from data.beside import locked, replace
from data.expressions import literal, quoted
from data.extracting import IDS
from data.generations import Generation, current, other_version
from data.installation import installation_key
from data.refusal import ImportRefused, unwritable

RELATIONS = tuple(name for name in attaching.RELATIONS if name != "figures")
"""What is shared; stored figures are of one snapshot alone."""
OF_FOLDERS = ("of_clinic", "of_month")
"""The folders of treatment records: they say which clinic and month a file is of, and nothing that is not in it."""
APART = (
    "'_' || regexp_replace(lower(clinic::varchar), '[^a-z0-9]+', '-', 'g')[:40] || '-' || md5(clinic::varchar)[:8] "
    "as of_clinic, '_' || month::varchar as of_month"
)
SHARE_VERSION = 2
"""Another one whenever a relation gets a column: unlike that of a snapshot, nothing of a share is derived again."""
SOURCE_BITS = 40
"""A number is that of its source in the bits from this one on, and what it is within the source in those below."""
KEPT_SECONDS = 24 * 3600

_NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")
_SHARED_AGAIN = "Share it again with this version: outcomes share"


@dataclass(frozen=True)
class Share(Generation):
    """What is current in a folder of several sources, as if it were one snapshot: `path` is the folder.

    `folders` are those of the sources' current snapshots below the folder of each table, `rows_of` how many rows there
    are in each table of all of them.
    """

    folders: tuple[str, ...] = ()
    rows_of: tuple[tuple[str, int], ...] = ()


def share(snapshot: Path, place: Path, progress: Callable[[str, int, int], None] | None = None) -> None:
    """Share the current snapshot in the folder `place.parent` as the source `place.name`, instead of its earlier ones.

    Raises ImportRefused, with what is shared unchanged, for anything that its user can mend.
    """
    generation = current(snapshot)
    folder, source = place.parent, place.name
    if not _NAME.fullmatch(source):
        raise ImportRefused(
            f"{source!r} is no name of a source: small letters, digits and -, a letter first, 60 at most, such as "
            f"{folder / 'north'}. Nothing was shared."
        )
    try:
        with locked(folder / source):
            number = _reserve(folder, source, generation)
            _commit(folder, source, _write(folder, source, number, generation, progress))
    except (OSError, duckdb.IOException) as error:
        raise unwritable(folder, error) from error


def shared(folder: Path) -> Share:
    """What is shared in a folder now; ImportRefused where that is nothing, or of another version of this program."""
    said = {source: one for source, one in _pointers(folder).items() if one["name"]}
    if not said:
        raise ImportRefused(f"Nothing is shared in {folder}. Share a snapshot there: outcomes share {folder}/NAME")
    for source, one in said.items():
        if one["format_version"] != SHARE_VERSION:
            raise other_version(
                one["format_version"], folder / source, f"{_SHARED_AGAIN} {folder / source}", SHARE_VERSION
            )
    folders = tuple(_folder(source, one["name"]) for source, one in sorted(said.items()))
    sha256 = hashlib.sha256("\n".join(folders).encode()).hexdigest()
    return Share(
        path=folder,
        sha256=sha256,
        name=f"{len(folders)}-sources-{sha256[:12]}",
        rows=sum(one["rows"]["treatments"] for one in said.values()),
        as_of=min(date.fromisoformat(one["as_of"]) for one in said.values()),
        folders=folders,
        rows_of=tuple((table, sum(one["rows"][table] for one in said.values())) for table in RELATIONS),
    )


def _folder(source: str, name: str) -> str:
    return f"source={source}/snapshot={name}"


def _pointers(folder: Path) -> dict[str, dict[str, Any]]:
    """What the pointers of all sources say, also of those that have shared nothing yet."""
    found = {}
    for file in sorted(folder.glob("*.json")):
        try:
            found[file.stem] = json.loads(file.read_text(encoding="utf-8"))
        except (ValueError, OSError):
            raise ImportRefused(f"{file} is damaged or cannot be read. {_SHARED_AGAIN} {folder / file.stem}") from None
    return found


def _reserve(folder: Path, source: str, generation: Generation) -> int:
    """The number of the source, which stays the same; a new one is written down, so that no other source takes it."""
    installation = hashlib.sha256(b"shares" + installation_key(generation.path.parent)).hexdigest()[:16]
    with locked(folder / "sharing"):
        said = _pointers(folder)
        if source in said:
            if said[source]["installation"] != installation:
                raise ImportRefused(
                    f"{source} is shared in {folder} by another installation already. Choose another name; or, where "
                    f"this one takes its place, remove {folder / source}.json first. Nothing was shared."
                )
            return int(said[source]["number"])
        number = 1 + max((int(one["number"]) for one in said.values()), default=0)
        _point(folder, source, {"number": number, "installation": installation, "name": ""})
        return number


def _point(folder: Path, source: str, said: dict[str, Any]) -> None:
    replace(folder / f"{source}.json", json.dumps(said, indent=2) + "\n")


def _write(
    folder: Path,
    source: str,
    number: int,
    generation: Generation,
    progress: Callable[[str, int, int], None] | None,
) -> dict[str, Any]:
    """Write the rows of a snapshot beside those of earlier ones; what a pointer is to say of them."""
    name = f"{generation.name}-{uuid.uuid4().hex[:8]}"
    with duckdb.connect(":memory:") as connection:
        attaching.attach(connection, generation.path)
        for done, table in enumerate(RELATIONS):
            if progress:
                progress(f"sharing {table}", done, len(RELATIONS))
            place = folder / table / _folder(source, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            rows = _rows(connection, table, source, number)
            if table == "treatment_records":
                rows = f"select *, {APART} from ({rows})"
                how = f"format parquet, partition_by ({', '.join(OF_FOLDERS)})"
                connection.execute(f"copy ({rows}) to {literal(str(place))} ({how})")
            else:
                place.mkdir()
                connection.execute(f"copy ({rows}) to {literal(str(place / 'rows.parquet'))} (format parquet)")
        as_of, is_synthetic = connection.execute("select as_of, is_synthetic from snapshot").fetchall()[0]
        counted = " union all ".join(f"select '{table}', count(*) from {table}" for table in RELATIONS)
        rows_of = dict(connection.execute(counted).fetchall())
    return {
        "name": name,
        "rows": rows_of,
        "as_of": as_of.isoformat(),
        "is_synthetic": is_synthetic,
        "format_version": SHARE_VERSION,
    }


def _rows(connection: duckdb.DuckDBPyConnection, table: str, source: str, number: int) -> str:
    """The rows of a relation, with numbers, ids and files' names that are of one source alone."""
    replaced = []
    for column, *_ in connection.execute(f"describe {table}").fetchall():
        if column.endswith("_no") and column != "import_no":
            replaced.append(f"{number << SOURCE_BITS} + {quoted(column)}::bigint as {quoted(column)}")
        elif column in (*IDS, "file"):
            replaced.append(f"{literal(f'{source}/')} || {quoted(column)} as {quoted(column)}")
    rows = f"select * replace ({', '.join(replaced)}) from {table}" if replaced else f"select * from {table}"
    if table == "treatment_types":  # of several catalogues the latest counts, in its order
        return f"select types.*, row_number() over () as place, created_at from ({rows}) as types cross join snapshot"
    return rows


def _commit(folder: Path, source: str, said: dict[str, Any]) -> None:
    with locked(folder / "sharing"):
        pointers = _pointers(folder)
        earlier = pointers[source]
        others = [one for name, one in pointers.items() if name != source and one["name"]]
        if any(one["is_synthetic"] != said["is_synthetic"] for one in others):
            raise ImportRefused(
                f"Real records would be mixed with synthetic ones in {folder}. Choose another folder. Nothing was "
                "shared."
            )
        _point(folder, source, earlier | said)
    kept = {said["name"], earlier["name"]}
    for table in RELATIONS:
        for place in (folder / table / f"source={source}").glob("snapshot=*"):
            is_old = time.time() - place.stat().st_mtime > KEPT_SECONDS
            if is_old and place.name.removeprefix("snapshot=") not in kept:
                shutil.rmtree(place, ignore_errors=True)
