"""The records of JSON: one object a line (NDJSON), or an array of objects, or arrays under names. Paths name columns.

A path is the keys down to a value, `performedPeriod.start`, with the place in a list, from 0, in brackets:
`code.coding[0].display`. Numbers keep the digits they are written with.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from data.formats.rows import Row, Rows
from data.refusal import ImportRefused

LONGEST_LINE_BYTES = 32_000_000
LARGEST_DOCUMENT_BYTES = 500_000_000
MOST_COLUMNS = 5_000
MENDING = "Export it as NDJSON (one record in each line) or as CSV."


class _KeyTwice(ValueError):
    """An object that holds a key twice: which is meant is not known."""


def sheets(path: Path) -> Iterator[Rows]:
    """The lists of records in a JSON file; of a document each array of objects under its key, or the one it is."""
    with path.open("rb") as file:
        encoding = json.detect_encoding(file.read(4)) or "utf-8"
    if _is_by_line(path, encoding):
        yield _sheet("", lambda: _lines(path, encoding))
        return
    if path.stat().st_size > LARGEST_DOCUMENT_BYTES:
        raise ImportRefused(f"is one JSON document of more than {LARGEST_DOCUMENT_BYTES / 1e6:,.0f} MB. {MENDING}")
    try:
        document = _parsed(path.read_text(encoding=encoding, errors="strict"))
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"is not JSON that can be read ({_told(error)}). {MENDING}") from None
    lists = {"": document} if isinstance(document, list) else document if isinstance(document, dict) else {}
    lists = {name: one for name, one in lists.items() if _is_list_of_records(one)}
    if not lists and isinstance(document, dict):
        lists = {"": [document]}
    if not lists and document != []:
        raise ImportRefused(f"holds no list of records. {MENDING}")
    for name, one in lists.items():
        yield _sheet(name, lambda one=one: _elements(one))  # type: ignore[misc]


def flattened(record: dict[str, Any]) -> dict[str, str]:
    """A record as path: text; what is null or empty is left out."""
    cells: dict[str, str] = {}
    _flatten(record, "", cells)
    return cells


Parsed = Iterator[tuple[int, str, str, dict[str, str]]]


def _sheet(name: str, read: Callable[[], Parsed]) -> Rows:
    columns: Counter[str] = Counter()
    for _, _, _, cells in read():
        columns.update(cells.keys())
    notes = []
    names = tuple(columns)
    if len(columns) > MOST_COLUMNS:
        notes.append(
            f"of {len(columns):,} paths the {MOST_COLUMNS:,} most frequent are read, the others taken for absent"
        )
        names = tuple(name for name, _ in columns.most_common(MOST_COLUMNS))

    def rows() -> Iterator[Row]:
        for line, raw, reason, cells in read():
            yield line, raw, reason, [cells.get(name, "") for name in names]

    return Rows(name, names, rows, notes=notes)


def _is_by_line(path: Path, encoding: str) -> bool:
    """Whether the first line that is not blank is an object by itself, or begins no longer document."""
    with path.open("rb") as file:
        for _ in range(1_000):
            line = file.readline(LONGEST_LINE_BYTES)
            if not line:
                return False
            if line.strip(b"\xef\xbb\xbf \t\r\n"):
                break
        if encoding not in ("utf-8", "utf-8-sig"):
            return False
        text = line.decode("utf-8-sig", "replace").strip()
        if not text.startswith("{"):
            return False
        has_more = bool(file.readline(100).strip())
        try:
            document = _parsed(text)
        except (ValueError, RecursionError):
            return has_more and text.endswith("}")
        return has_more or not any(map(_is_list_of_records, document.values()))


def _is_list_of_records(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict) for one in value)


def _lines(path: Path, encoding: str) -> Parsed:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE_BYTES):
            number += 1
            if len(line) == LONGEST_LINE_BYTES and not line.endswith(b"\n"):
                shown = line[:10_000].decode("utf-8", "backslashreplace") + " ..."
                while line and not line.endswith(b"\n"):
                    line = file.readline(LONGEST_LINE_BYTES)
                yield number, shown, f"a line of more than {LONGEST_LINE_BYTES // 1_000_000} MB", {}
                continue
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                yield number, line.decode("utf-8", "backslashreplace").rstrip("\r\n"), "not UTF-8 text", {}
                continue
            if not text.strip():
                yield number, text, "", {}
                continue
            cells, reason = _record(text)
            yield number, text, reason, cells


def _record(text: str) -> tuple[dict[str, str], str]:
    """The cells of one line, or why it is no record."""
    try:
        record = _parsed(text)
    except _KeyTwice as error:
        return {}, str(error)
    except (ValueError, RecursionError) as error:
        return {}, f"not JSON ({_told(error)})"
    if not isinstance(record, dict):
        return {}, "not a JSON object"
    return flattened(record), ""


def _elements(elements: list[Any]) -> Parsed:
    for number, element in enumerate(elements, 1):
        raw = json.dumps(element, ensure_ascii=False)
        if isinstance(element, dict):
            yield number, raw, "", flattened(element)
        else:
            yield number, raw, "not a JSON object", {}


def _parsed(text: str) -> Any:
    """The document in a text, its numbers as they are written."""
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _KeyTwice(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object")
    return members


def _flatten(value: Any, path: str, cells: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key and not set(key) & set('.[]"'):
                _flatten(inner, f"{path}.{key}" if path else key, cells)
            else:
                _flatten(inner, f"{path}[{json.dumps(key, ensure_ascii=False)}]", cells)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            _flatten(inner, f"{path}[{at}]", cells)
    elif value is True or value is False:
        cells[path] = "true" if value else "false"
    elif value is not None and value != "":
        cells[path] = value


def _told(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos + 1:,}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
