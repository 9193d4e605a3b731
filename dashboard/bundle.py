"""A bundle: one zip with tables, what their columns mean, the SQL they come from, and a manifest to make it again by.

README.txt            what is in it, in plain words
manifest.json         what was asked, of which snapshot, by which version; rows, bytes and SHA-256 of every file
data_dictionary.csv   table, column, type, unit, definition (and data_dictionary.json, with the tables' definitions)
sql/<table>.sql       the exact SQL, values written out, to be run on the snapshot's file
tables/<table>.*      the tables, in the format that was chosen

The same requests of the same snapshot give the same bytes: there is no time of day in it.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pandas as pd
import pyarrow as pa

import queries
from dashboard import dictionary, export, figures
from dashboard.filters import FilterError, Filters
from dashboard.request import Request
from dashboard.store import Store, definition

VERSION = 1
MANIFEST = "manifest.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LARGEST_MANIFEST = 10_000_000
_NEUTRALISED = {
    "csv": "Texts that a spreadsheet would run as a formula have a ' before them, and texts that begin with ' and then "
    "like a formula one more: taking one ' away gives the text again.",
    "xlsx": "Texts that a spreadsheet would run as a formula are cells of text, unchanged, and are not run.",
    "parquet": "Nothing: every text is as it was, also one that a spreadsheet would run as a formula.",
    "json": "Nothing: every text is as it was, also one that a spreadsheet would run as a formula.",
}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself: what was asked for, and by what it was made (`told`, as it stands there)."""

    requests: tuple[Request, ...]
    file_format: str
    suppress_below: int
    told: dict[str, Any]

    def differences(self, store: Store) -> list[str]:
        """In a sentence each, what is not as it was when the bundle was made; [] where the same bytes are to come."""
        then, now = self.told, {"snapshot": _snapshot(store), "program": _program()}
        said = []
        for name, called in (("name", "snapshot"), ("as_of", "data cut-off"), ("sha256", "content of the snapshot")):
            if then["snapshot"].get(name) != now["snapshot"][name]:
                said.append(f"The {called} is {now['snapshot'][name]}; the bundle's was {then['snapshot'].get(name)}.")
        if then["program"] != now["program"]:
            said.append(
                f"The program is version {now['program']['version']} ({now['program']['code'][:12]}); the bundle was "
                f"made by {then['program'].get('version')} ({str(then['program'].get('code'))[:12]})."
            )
        if store.suppress_below != self.suppress_below:
            said.append(f"Counts below {store.suppress_below} are suppressed; the bundle had {self.suppress_below}.")
        return said


def write(
    store: Store, requests: Sequence[Request], file_format: str, place: Path, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Writes the bundle of these tables to a file, and says of each file in it: name, bytes, SHA-256, rows of a table.

    `progress` is told the table, its rows written, and how many it has (0 where nobody has counted). Raises what a
    request raises, export.ExportError, and FilterError where a table is asked for twice.
    """
    names = [request.name for request in requests]
    if len(set(names)) < len(names) or not names:
        raise FilterError("a bundle holds each table once, and at least one")
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".bundle-") as folder:
        room = Path(folder)
        tables = [_write_table(store, request, file_format, room, progress) for request in requests]
        entries = [entry for _, listed in tables for entry in listed]
        _write_words(store, requests, [told for told, _ in tables], entries, file_format, room)
        with place.open("wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            inside = sorted(path for path in room.rglob("*") if path.is_file())
            for path in inside:
                about = zipfile.ZipInfo(path.relative_to(room).as_posix(), _EPOCH)
                about.compress_type, about.create_system, about.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
                about.file_size = path.stat().st_size
                with path.open("rb") as content, archive.open(about, "w") as packed:
                    shutil.copyfileobj(content, packed, 1 << 20)
        files: list[dict[str, Any]] = json.loads((room / MANIFEST).read_bytes())["files"]
    return files


def read(place: Path) -> Manifest:
    """The manifest of a bundle, or one that was taken out of it; FilterError where it cannot be understood."""
    try:
        if zipfile.is_zipfile(place):
            with zipfile.ZipFile(place) as archive:
                if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
                    raise ValueError("it is too large")
                content = archive.read(MANIFEST)
        else:
            content = place.read_bytes()
        told = json.loads(content)
        if told["bundle"] != VERSION or told["format"] not in export.FORMATS:
            raise ValueError("it is of another version")
        asked = tuple(Request.from_json(table["request"]) for table in told["tables"])
        for part in ("snapshot", "program"):
            told[part].items()
        {file["file"]: file["sha256"] for file in told["files"]}
        return Manifest(asked, told["format"], int(told["suppress_below"]), told)
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as wrong:
        raise FilterError(f"{place.name} is no manifest of a bundle, or a damaged one: {wrong}") from wrong


def _write_table(
    store: Store, request: Request, file_format: str, room: Path, progress: Progress | None
) -> tuple[dict[str, Any], list[dictionary.Entry]]:
    """The table and its SQL as files, what the manifest tells of it, and its columns."""
    name = f"tables/{request.name}.{file_format}"
    place = room / name
    place.parent.mkdir(exist_ok=True)
    total = request.row_count(store) if progress else 0
    rows = request.rows(store)
    schema = pa.Schema.from_pandas(rows, preserve_index=False) if isinstance(rows, pd.DataFrame) else rows.schema

    def tell(written: int) -> None:
        if progress:
            progress(f"writing {request.name}", written, total)

    tell(0)
    with place.open("wb") as file:
        written = export.write(rows, file_format, file, tell)
    sql = room / "sql" / f"{request.name}.sql"
    sql.parent.mkdir(exist_ok=True)
    sql.write_text(_script(store, request), encoding="utf-8")
    about = {
        "name": request.name,
        "file": name,
        "sql": f"sql/{request.name}.sql",
        "rows": written.rows,
        "neutralised": {column: cells for column, cells in written.neutralised.items() if cells},
        "request": request.to_json(),
        "command": request.command,
        "url": _url(request),
    }
    return about, dictionary.entries(request.name, schema)


def _write_words(
    store: Store,
    requests: Sequence[Request],
    tables: list[dict[str, Any]],
    entries: list[dictionary.Entry],
    file_format: str,
    room: Path,
) -> None:
    """The dictionary, README.txt and the manifest, which tells of all other files."""
    listed = dictionary.as_table(entries)
    (room / "data_dictionary.csv").write_bytes(export.to_bytes(listed, "csv"))
    meanings = {
        request.name: {"sentence": definition(request.name).sentence, **definition(request.name).notes}
        for request in requests
    }
    told = {"tables": meanings, "columns": listed.to_pylist()}
    (room / "data_dictionary.json").write_bytes(_json(told))
    selections = {request.filters: words(store, request.filters) for request in requests}
    about = {
        "bundle": VERSION,
        "format": file_format,
        "snapshot": _snapshot(store),
        "program": _program(),
        "suppress_below": store.suppress_below,
        "filters": [
            {"in_words": said, "url": _query(filters), "command_line": " ".join(_arguments(filters))}
            for filters, said in selections.items()
        ],
        "neutralised": _NEUTRALISED[file_format],
        "tables": tables,
    }
    (room / "README.txt").write_text(_readme(store, about), encoding="utf-8")
    rows = {table["file"]: table["rows"] for table in tables}
    files = []
    for path in sorted(path for path in room.rglob("*") if path.is_file()):
        name = path.relative_to(room).as_posix()
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        counted = {"rows": rows[name]} if name in rows else {}
        files.append({"file": name, "bytes": path.stat().st_size, "sha256": sha256, **counted})
    (room / MANIFEST).write_bytes(_json({**about, "files": files}))


def words(store: Store, filters: Filters) -> str:
    """The selection in plain words, treatment types by their labels."""
    labels = {one.code: one.label for one in store.treatment_types}
    return filters.describe(lambda column, value: labels.get(value, value) if column == "treatment_type" else value)


def _script(store: Store, request: Request) -> str:
    """The SQL of a request as a script to be run on the snapshot's file, with its definition."""
    about = definition(request.name)
    heads = [about.sentence, *(f"{label}: {text}" for label, text in about.notes.items())]
    heads += ["", f"selection: {words(store, request.filters)}", f"command: {request.command}"]
    if request.is_measure:
        heads.append("These are the counts; rates, limits and curves are estimated from them by the program.")
    heads.append(
        f"The engine was asked the same in its own SQL, of what is shared in {store.generation.path.name}."
        if store.engine
        else f"To run it: duckdb -readonly {store.generation.path.name} < {request.name}.sql"
    )
    lines = "\n".join(heads).splitlines()
    macros = [
        f"create or replace temp macro {macro}(filters) as table (\n{queries.read(macro)}\n);\n"
        for macro in queries.MACROS
        if "cohort" in request.sql
    ]
    return "\n".join([*(f"-- {line}".rstrip() for line in lines), "", *macros, f"{request.statement}\n;\n"])


def _readme(store: Store, about: dict[str, Any]) -> str:
    """What is in the bundle, for whoever opens it."""
    told = about["snapshot"]
    lines = ["OUTCOMES: A BUNDLE OF TABLES", ""]
    if told["is_synthetic"]:
        lines += ["The data is synthetic: nobody in it exists.", ""]
    lines += [
        f"Data as of {told['as_of']}, snapshot {told['name']}, program version {about['program']['version']}.",
        *(f"Selected: {filters['in_words']}." for filters in about["filters"]),
    ]
    if store.limited_to:
        lines += [f"Of the snapshot: {store.limited_to}."]
    if store.suppress_below > 1:
        lines += [f"Counts below {store.suppress_below}, and what would give them away, are empty (is_suppressed)."]
    lines += ["", "TABLES", ""]
    for table in about["tables"]:
        lines += [f"{table['file']}  {table['rows']:,} rows", f"    {definition(table['name']).sentence}"]
        lines += [f"    {table['command']}", ""]
    lines += [
        "data_dictionary.csv and .json say what each column is: type, unit, definition.",
        "sql/ has the SQL of each table with its values written out, to be run on the snapshot's file in DuckDB. That",
        "of a measure gives the counts from which the program estimates the figures.",
        "manifest.json has what was asked, and rows and SHA-256 of every file.",
        "",
        f"Neutralised: {about['neutralised']}",
        "",
        "To make it again, byte for byte, from the same snapshot:",
        "    outcomes export --from-manifest THIS.zip --bundle AGAIN.zip",
        "",
    ]
    return "\n".join(lines)


def _snapshot(store: Store) -> dict[str, Any]:
    generation = store.generation
    return {
        "name": generation.path.stem,
        "as_of": str(store.as_of),
        "is_synthetic": store.is_synthetic,
        "sha256": generation.sha256,
        **({"limited_to": store.limited_to} if store.limited_to else {}),
    }


def _program() -> dict[str, str]:
    """The version, and a fingerprint of what a figure comes from: SQL and estimators."""
    return {"name": "outcomes", "version": version("outcomes"), "code": figures.fingerprint()}


def _url(request: Request) -> str:
    """The page of records that shows the table, below the address of the dashboard."""
    return f"records?{urlencode({**request.filters.to_query(), 'records_table': request.name}, doseq=True)}"


def _query(filters: Filters) -> str:
    return f"?{urlencode(filters.to_query(), doseq=True)}" if not filters.is_empty else ""


def _arguments(filters: Filters) -> list[str]:
    return [shlex.quote(word) for word in Request("treatments", filters).arguments]


def _json(content: object) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
