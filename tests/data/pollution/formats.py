"""The same clean tables in other clothes: archives, JSON, Parquet; whole, and damaged in their own ways."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from data.contract import TABLES
from tests.data.pollution.clean import Clean, clean, rich, value_of
from tests.data.pollution.registry import FOUR, Registry
from tests.data.pollution.writing import LOADED, REJECTED, Dialect, Expected, Part, Polluted, expected, written

FORMATS = Registry("x", in_turn=True)
EITHER = (LOADED, REJECTED)


def _file(clean: Clean, suffix: str, content: bytes, rows: Iterable[Expected], **how: Any) -> Polluted:
    parts = (Part(clean.table, tuple(rows)),)
    return Polluted("", clean.mark, f"{clean.mark}_{clean.table}{suffix}", content, parts, **how)


# --- archives -----------------------------------------------------------------------------------------------


@FORMATS.kind(".csv.gz", ".tsv.gz", text=rich)
def gzipped(clean: Clean, suffix: str) -> Polluted:
    page = written(clean, Dialect("\t" if "tsv" in suffix else ";"))
    return _file(clean, suffix, gzip.compress(page.text.encode(), mtime=0), page.rows)


@FORMATS.kind("in the header", "in a row")
def gzipped_in_pieces(clean: Clean, where: str) -> Polluted:
    """A gzip file of several members is their content in a row."""
    page = written(clean)
    content = page.text.encode()
    at = 20 if where == "in the header" else len(content) // 2
    return _file(
        clean, ".csv.gz", b"".join(gzip.compress(one, mtime=0) for one in (content[:at], content[at:])), page.rows
    )


@FORMATS.kind("cut", "flipped", "rubbish behind", "not gzip", tables=("side_effects",))
def gzip_that_is_damaged(clean: Clean, how: str) -> Polluted:
    """Refused; what stands behind a whole gzip may be ignored."""
    page = written(clean)
    content = bytearray(gzip.compress(page.text.encode(), mtime=0))
    if how == "cut":
        content = content[: len(content) // 2]
    elif how == "flipped":
        content[len(content) // 2] ^= 0xFF
    elif how == "rubbish behind":
        return _file(clean, ".csv.gz", bytes(content) + b"rubbish" * 9, page.rows, may_be_refused=True)
    else:
        content[2:10] = b"\0" * 8
    return _file(clean, ".csv.gz", bytes(content), (), refusal="_" + clean.table)


def zipped_members(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip that holds these files."""
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 31, 0, 0, 0)), content, method)
    return place.getvalue()


@FORMATS.kind("deflated", "stored", "bzip2", "in a folder", "with a letter", text=rich)
def zipped(clean: Clean, how: str) -> Polluted:
    page = written(clean)
    name = {"in a folder": f"export/2024/{clean.table}.csv", "with a letter": f"é {clean.table}.csv"}.get(
        how, f"{clean.table}.csv"
    )
    method = {"stored": zipfile.ZIP_STORED, "bzip2": zipfile.ZIP_BZIP2}.get(how, zipfile.ZIP_DEFLATED)
    return _file(clean, ".zip", zipped_members({name: page.text.encode()}, method), page.rows)


@FORMATS.kind("alone", "among others", tables=("treatments",))
def zipped_together(first: Clean, how: str) -> Polluted:
    """All tables in one archive, perhaps among files that are no tables."""
    pages = {table: written(clean(table, first.mark, text=rich), Dialect(";")) for table in FOUR}
    members = {f"{table}.csv": page.text.encode("utf-8-sig") for table, page in pages.items()}
    if how == "among others":
        members |= {
            "__MACOSX/._treatments.csv": b"\0\5\x16\7" * 20,
            ".DS_Store": b"\0" * 100,
            "README.txt": b"Hello.\n",
        }
        members |= {"empty.csv": b"", "logo.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256))}
    parts = tuple(page.part(f"{table}.csv") for table, page in pages.items())
    return Polluted("", first.mark, f"{first.mark}.zip", zipped_members(members), parts)


@FORMATS.kind("../../{}.csv", "/etc/{}.csv", "C:\\{}.csv", "a/../{}.csv", "{}.csv/../../x_{}.csv")
def zipped_under_a_name_that_leads_elsewhere(clean: Clean, name: str) -> Polluted:
    page = written(clean)
    content = zipped_members({name.format(clean.table, clean.table): page.text.encode()})
    return _file(clean, ".zip", content, page.rows, may_be_refused=True)


@FORMATS.kind("cut", "flipped", "empty", "within another", "no directory", tables=("side_effects",))
def zip_that_is_damaged(clean: Clean, how: str) -> Polluted:
    content = zipped_members({f"{clean.table}.csv": written(clean).text.encode()})
    changed = {
        "cut": content[: len(content) // 2],
        "flipped": content[:300] + bytes([content[300] ^ 0xFF]) + content[301:],
        "empty": zipped_members({}),
        "within another": zipped_members({"inner.zip": content}),
        "no directory": content[: content.rfind(b"PK\x01\x02")],
    }[how]
    return _file(clean, ".zip", changed, (), refusal="_" + clean.table)


# --- JSON ---------------------------------------------------------------------------------------------------


def _typed(clean: Clean, cells: dict[str, str]) -> dict[str, Any]:
    """The row as JSON has it: numbers, answers, null."""
    return {name: _plain(value_of(clean.table, name, cell)) for name, cell in cells.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _objects(clean: Clean, how: str) -> list[dict[str, Any]]:
    if how == "texts":
        return [dict(row) for row in clean.rows]
    objects = [_typed(clean, row) for row in clean.rows]
    if how == "missing":
        return [{name: value for name, value in one.items() if value is not None} for one in objects]
    if how == "shuffled":
        return [dict(sorted(one.items(), key=lambda pair: hash_of(pair[0], at))) for at, one in enumerate(objects)]
    return objects


def hash_of(name: str, at: int) -> int:
    """A number that shuffles names, another way for each row."""
    return sum(ord(letter) * (at + place) for place, letter in enumerate(name)) % 97


HOW = ("texts", "typed", "missing", "shuffled")


@FORMATS.kind(*HOW, text=rich)
def ndjson(clean: Clean, how: str) -> Polluted:
    lines = [json.dumps(one, ensure_ascii=how == "typed") for one in _objects(clean, how)]
    rows = [expected(clean, at, cells, raw=lines[at - 1]) for at, cells in enumerate(clean.rows, 1)]
    end = "\r\n" if how == "missing" else "\n"
    return _file(clean, ".ndjson", (end.join(lines) + end).encode(), rows)


@FORMATS.kind(*HOW, tables=("follow_ups",), text=rich)
def json_array(clean: Clean, how: str) -> Polluted:
    indent = {"texts": None, "typed": 2, "missing": 1, "shuffled": None}[how]
    content = json.dumps(_objects(clean, how), ensure_ascii=how == "texts", indent=indent)
    rows = [expected(clean, at, cells) for at, cells in enumerate(clean.rows, 1)]
    return _file(clean, ".json", content.encode(), rows)


@FORMATS.kind("utf-8-sig", "one line", ".jsonl", ".txt")
def json_in_disguise(clean: Clean, how: str) -> Polluted:
    rows = [expected(clean, at, cells) for at, cells in enumerate(clean.rows, 1)]
    if how.startswith("."):
        lines = "\n\n".join(json.dumps(one) for one in _objects(clean, "typed"))
        rows = [replace(row, line=2 * row.line - 1) for row in rows]
        return _file(clean, how, lines.encode(), rows)
    content = json.dumps(_objects(clean, "typed"))
    return _file(clean, ".json", content.encode(how if how != "one line" else "utf-8"), rows)


@FORMATS.kind(tables=("treatments",), text=rich)
def json_of_all_tables(first: Clean, _: None) -> Polluted:
    tables = [clean(table, first.mark, text=rich) for table in FOUR]
    content = json.dumps({"version": 1} | {one.table: _objects(one, "missing") for one in tables})
    parts = tuple(
        Part(one.table, tuple(expected(one, at, cells) for at, cells in enumerate(one.rows, 1)), one.table)
        for one in tables
    )
    return Polluted("", first.mark, f"{first.mark}.json", content.encode(), parts)


@FORMATS.kind("array", "lines", text=rich)
def json_with_nested_values(clean: Clean, how: str) -> Polluted:
    """A column is a path down to its value, through objects and lists."""
    paths = {
        name: {0: f"{name}", 1: f"nested.{name}", 2: f"list[0].{name}", 3: f"deep.er[1].code[0].{name}"}[at % 4]
        for at, name in enumerate(clean.headers)
    }
    objects = []
    for row in clean.rows:
        cells = _typed(clean, row)
        ways: list[dict[str, Any]] = [{}, {}, {}, {}]
        for at, (name, value) in enumerate(cells.items()):
            ways[at % 4][name] = value
        deep = {"er": [{"code": "decoy"}, {"code": [ways[3]]}]}
        objects.append(
            {**ways[0], "nested": ways[1], "list": [ways[2], {"x": 1}], "deep": deep, "extension": [[1, [2]]]}
        )
    rows = [expected(clean, at, cells) for at, cells in enumerate(clean.rows, 1)]
    content = json.dumps(objects) if how == "array" else "\n".join(map(json.dumps, objects))
    return _file(clean, ".json", content.encode(), rows, section={"columns": paths})


@FORMATS.kind()
def json_with_keys_seen_late(clean: Clean, _: None) -> Polluted:
    """An optional column that only the last row has is read for that row."""
    name = "product" if clean.table == "treatments" else "resolved_on"
    objects = [{key: value for key, value in one.items() if key != name} for one in _objects(clean, "missing")[:-1]]
    rows = [expected(clean, at, cells | {name: ""}) for at, cells in enumerate(clean.rows[:-1], 1)]
    last = clean.rows[0] | {clean.id_column: clean.rows[-1][clean.id_column]}
    rows.append(expected(clean, len(clean.rows), last))
    lines = [*map(json.dumps, objects), json.dumps(_typed(clean, last))]
    return _file(clean, ".ndjson", "\n".join(lines).encode(), rows)


BROKEN_LINES: dict[str, Callable[[str], str]] = {
    "cut short": lambda line: line[: len(line) // 2],
    "no brace": lambda line: line[1:],
    "a list": lambda line: f"[{line}]",
    "a number": lambda line: "42",
    "null": lambda line: "null",
    "a text": lambda line: json.dumps(line),
    "two objects": lambda line: f"{line} {line}",
    "a comma behind": lambda line: line[:-1] + ",}",
    "apostrophes": lambda line: line.replace('"', "'"),
    "a key twice": lambda line: line[:-1] + ", " + line[1:],
    "a raw control character": lambda line: line.replace(" ", "\x01", 3).replace(": ", ":\x02", 1),
    "a NUL": lambda line: line.replace("_", "\0", 1),
    "not text": lambda line: line.replace("_", "\udcff", 1),
    "nested deep": lambda line: line[:-1] + ', "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "CSV": lambda line: "T1,P1,2024-01-01,skincare",
    "a web page": lambda line: "<html>504</html>",
}


@FORMATS.kind(*BROKEN_LINES, tables=("side_effects",))
def ndjson_with_broken_lines(clean: Clean, how: str) -> Polluted:
    """What is no object is rejected with its line, and no other line is."""
    lines, rows = [], []
    for at, (cells, one) in enumerate(zip(clean.rows, _objects(clean, "typed"), strict=True), 1):
        lines.append(json.dumps(one))
        if at in (3, 10, 11, len(clean.rows)):
            lines[-1] = BROKEN_LINES[how](lines[-1])
            is_text = how not in ("not text", "nested deep")
            rows.append(expected(clean, at, {}, fates={REJECTED}, raw=lines[-1] if is_text else None))
        else:
            rows.append(expected(clean, at, cells))
    return _file(clean, ".ndjson", "\n".join(lines).encode("utf-8", "surrogateescape"), rows)


@FORMATS.kind("numbers", "lists", "none")
def json_array_with_strangers(clean: Clean, how: str) -> Polluted:
    """An element of a list that is no object is rejected by its number."""
    stranger = {"numbers": 42, "lists": [1, 2], "none": None}[how]
    elements, rows = [], []
    for cells, one in zip(clean.rows, _objects(clean, "typed"), strict=True):
        elements.append(one)
        rows.append(expected(clean, len(elements), cells))
        if len(elements) % 5 == 1:
            elements.append(stranger)  # type: ignore[arg-type]
            rows.append(expected(clean, len(elements), {}, fates={REJECTED}))
    return _file(clean, ".json", json.dumps(elements).encode(), rows)


@FORMATS.kind(
    "cut", "comma", "rubbish behind", "an object", "numbers", "nested deep", "empty list", tables=("treatments",)
)
def json_that_is_damaged(clean: Clean, how: str) -> Polluted:
    content = json.dumps(_objects(clean, "typed"), indent=1)
    changed = {
        "cut": content[: len(content) // 2],
        "comma": content.replace("},", "}", 1),
        "rubbish behind": content + "]",
        "an object": '{"error": "not found"}',
        "numbers": "[1, 2, 3]",
        "nested deep": "[" * 100_000 + "]" * 100_000,
        "empty list": "[]",
    }[how]
    is_no_table = how in ("numbers", "empty list")
    return _file(clean, ".json", changed.encode(), (), refusal="_" + clean.table, may_be_left_out=is_no_table)


@FORMATS.kind("utf-16", "utf-16-le", "utf-32", tables=("treatments",))
def json_in_another_encoding(clean: Clean, encoding: str) -> Polluted:
    """JSON is UTF-8: read nevertheless, left out with a word, or refused."""
    rows = [expected(clean, at, cells) for at, cells in enumerate(clean.rows, 1)]
    content = json.dumps(_objects(clean, "typed")).encode(encoding)
    return _file(clean, ".json", content, rows, may_be_refused=True, may_be_left_out=True)


# --- Parquet ------------------------------------------------------------------------------------------------

ARROW = {
    "text": pa.string(),
    "date": pa.date32(),
    "decimal": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
}


def as_parquet(table: pa.Table, **how: Any) -> bytes:
    """The table as a Parquet file."""
    place = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table, place, **how)
    return bytes(place.getvalue())


def as_arrow(clean: Clean, how: str) -> pa.Table:
    """The table as Arrow has it, its columns typed in one way or another."""
    columns = {}
    for name in clean.headers:
        kind = TABLES[clean.table].column(name).kind
        cells = [row[name] for row in clean.rows]
        values = [value_of(clean.table, name, cell) for cell in cells]
        if how == "texts":
            columns[name] = pa.array(cells, pa.string())
        elif how == "decimals" and kind == "decimal":
            columns[name] = pa.array(
                [None if one is None else Decimal(str(one)) for one in values], pa.decimal128(12, 6)
            )
        elif how == "times" and kind == "date":
            columns[name] = pa.array(values, pa.date32()).cast(pa.timestamp("ns"))
        elif how == "milliseconds" and kind == "date":
            columns[name] = pa.array(values, pa.date64())
        elif how == "categories" and kind == "text":
            columns[name] = pa.array(values, pa.string()).dictionary_encode()
        elif how == "large" and kind == "text":
            columns[name] = pa.array(values, pa.large_string())
        elif how == "small" and kind == "integer":
            columns[name] = pa.array(values, pa.int16())
        else:
            columns[name] = pa.array(values, ARROW[kind])
    return pa.table(columns)


@FORMATS.kind(
    "typed",
    "texts",
    "decimals",
    "times",
    "milliseconds",
    "categories",
    "large",
    "small",
    text=rich,
    tables=("side_effects",),
)
def parquet(clean: Clean, how: str) -> Polluted:
    rows = [expected(clean, at, cells) for at, cells in enumerate(clean.rows, 1)]
    return _file(clean, ".parquet", as_parquet(as_arrow(clean, how)), rows)


@FORMATS.kind("zstd", "gzip", "none", text=rich)
def parquet_in_small_groups(clean: Clean, compression: str) -> Polluted:
    rows = [expected(clean, at, cells) for at, cells in enumerate(clean.rows, 1)]
    return _file(clean, ".pq", as_parquet(as_arrow(clean, "typed"), compression=compression, row_group_size=5), rows)


@FORMATS.kind(text=rich)
def parquet_with_nested_values(clean: Clean, _: None) -> Polluted:
    arrow = as_arrow(clean, "typed")
    half = len(clean.headers) // 2
    inner = pa.StructArray.from_arrays(
        [arrow[name].combine_chunks() for name in clean.headers[half:]], clean.headers[half:]
    )
    table = arrow.select(clean.headers[:half]).append_column("inner", inner)
    rows = [expected(clean, at, cells) for at, cells in enumerate(clean.rows, 1)]
    paths = {name: f"inner.{name}" for name in clean.headers[half:]}
    return _file(clean, ".parquet", as_parquet(table), rows, section={"columns": paths})


@FORMATS.kind("missing", "out of order", text=rich)
def parquet_values_that_cannot_be(clean: Clean, how: str) -> Polluted:
    """Rows that break a rule are rejected by their number."""
    bad = {2: {clean.headers[3]: ""}, 9: {clean.headers[3]: ""}} if how == "missing" else {}
    name = "treated_on" if clean.table == "treatments" else "onset_on"
    bad = bad or {4: {name: "2199-01-01"}, 23: {name: "1900-01-01"}}
    changed = clean
    for at, cells in bad.items():
        changed = changed.changed(at, **cells)
    may = EITHER if clean.table == "treatments" and how != "missing" else (REJECTED,)
    rows = [
        expected(
            changed,
            at + 1,
            cells,
            fates=((REJECTED,) if at == 4 or how == "missing" else may) if at in bad else (LOADED,),
        )
        for at, cells in enumerate(changed.rows)
    ]
    return _file(clean, ".parquet", as_parquet(as_arrow(changed, "typed")), rows)


@FORMATS.kind("cut", "head alone", "flipped", "no end", tables=("treatments",))
def parquet_that_is_damaged(clean: Clean, how: str) -> Polluted:
    content = as_parquet(as_arrow(clean, "typed"), write_page_checksum=True)
    flipped = bytearray(content)
    flipped[200:220] = bytes(one ^ 0xFF for one in flipped[200:220])
    changed = {
        "cut": content[: len(content) // 2],
        "head alone": content[:4],
        "flipped": bytes(flipped),
        "no end": content[:-4],
    }[how]
    return _file(clean, ".parquet", changed, (), refusal="_" + clean.table)
