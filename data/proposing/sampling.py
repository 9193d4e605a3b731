"""A file is looked at for a proposal: its first rows, and the different values of each column over all rows."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data.contract import TABLES
from data.formats.delimited import DelimitedFile
from data.formats.export_file import LINE_COLUMN, ExportFile, Ledger
from data.formats.unfolding import Readable, unfolded
from data.proposing.columns import Sampled, Values
from data.proposing.proposal import File, Proposal
from data.proposing.together import proposed
from data.proposing.words import header_words
from data.refusal import ImportRefused
from data.sources import RECORDS, given_files

ROWS_KEPT = 50
MOST_COUNTED = 20_000
"""Of a column with more different values than these the rest is not counted: it holds no codes."""
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}


def propose(
    sources: Sequence[str | Path], progress: Callable[[str, int, int], None] = lambda step, done, total: None
) -> Proposal:
    """What the files and folders given are taken for; a file that cannot be read is in it, with the reason.

    Raises ImportRefused where there is no file at all.
    """
    wanted = {word for table in TABLES.values() for name in table.column_names for word in (name, *header_words(name))}
    samples: list[Sampled] = []
    refused: list[File] = []
    with tempfile.TemporaryDirectory(prefix="outcomes-propose-") as folder:
        given = given_files(sources)
        for at, (name, path) in enumerate(given.named.items()):
            if name not in given.explicit and path.suffix.lower() not in RECORDS:
                continue
            progress(f"opening {name}", 0, 1)
            try:
                inside = list(unfolded(path, name, Path(folder) / f"{at}"))
            except ImportRefused as refusal:
                refused.append(File(name, (name,), name, reason=str(refusal)))
                continue
            sheets = Counter(readable.path for readable in inside)
            for readable in inside:
                try:
                    file = readable.opened(wanted)
                    told = partial(progress, f"looking at {readable.name}")
                    samples.append(sampled(file, readable, sheets[readable.path] > 1, told))
                except ImportRefused as refusal:
                    refused.append(File(readable.name, (readable.name,), readable.called[-1], reason=str(refusal)))
    return Proposal((*proposed(samples, [one.pattern for one in refused]).files, *refused))


def sampled(
    file: ExportFile,
    readable: Readable,
    is_one_of_several: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Sampled:
    """A file, or a sheet of one, looked at from end to end."""
    rows: list[tuple[str, ...]] = []
    counts: dict[str, dict[str, int]] = {header: {} for header in file.headers}
    filled = dict.fromkeys(file.headers, 0)
    complete = dict.fromkeys(file.headers, True)
    row_count = 0
    for batch in file.records(Ledger(), lambda done: progress(done, file.size)):
        row_count += batch.num_rows
        if len(rows) < ROWS_KEPT:
            kept = batch.slice(0, ROWS_KEPT - len(rows)).drop_columns(LINE_COLUMN)
            rows += zip(*(column.to_pylist() for column in kept.columns), strict=True)
        for header in file.headers:
            if complete[header]:
                filled[header] += _count(batch[header], counts[header])
                complete[header] = len(counts[header]) <= MOST_COUNTED
    return Sampled(
        name=file.name,
        headers=file.headers,
        rows=tuple(rows),
        row_count=row_count,
        values={header: Values(counts[header], filled[header], complete[header]) for header in file.headers},
        file=readable.called[-1],
        sheet=readable.sheet if is_one_of_several else "",
        dialect=_dialect(file, readable),
        notes=file.notes,
    )


def _count(column: pa.ChunkedArray, counts: dict[str, int]) -> int:
    """Adds the values of a column to their counts; how many cells were filled."""
    counted = pc.value_counts(pc.utf8_trim_whitespace(column.combine_chunks()))
    filled = 0
    for text, count in zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True):
        if text:
            counts[text] = counts.get(text, 0) + count
            filled += count
    return filled


def _dialect(file: ExportFile, readable: Readable) -> tuple[tuple[str, str], ...]:
    """How a file is written, in words."""
    if isinstance(file, DelimitedFile):
        encoding = {None: "UTF-8", "cp1252": "Windows-1252"}.get(file.encoding, str(file.encoding))
        delimiter = DELIMITERS.get(file.dialect.delimiter, file.dialect.delimiter)
        header = f"line {file.header_first}"
        if file.header_last > file.header_first:
            header = f"lines {file.header_first} to {file.header_last}"
        return (("encoding", encoding), ("delimiter", delimiter), ("header", header))
    kind = {"excel": "a workbook", "json": "JSON", "parquet": "Parquet"}
    told = [("kind", kind[readable.converted.kind])] if readable.converted else []
    return (*told, *([("sheet", readable.sheet)] if readable.sheet else []))
