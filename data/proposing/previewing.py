"""Rows before and after: as they stand in the file, and as they would be loaded; with the account of all rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from data.contract import Table
from data.expressions import quoted
from data.formats.export_file import LINE_COLUMN, ExportFile, Ledger
from data.importing import Progress, check_exports
from data.proposing.columns import Sampled, columns_of
from data.proposing.proposal import read_json
from data.reporting import ImportReport
from data.sources import Source

HIDDEN = "•••"
ROWS = 10
REJECTS_SHOWN = 200


@dataclass(frozen=True)
class PreviewTable:
    """The first rows that one section of a mapping reads; None in `after` where the row is rejected, with the reason.

    Cells that say who somebody is are hidden in `before`.
    """

    file: str
    table: str
    headers: tuple[str, ...]
    before: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...]
    after: tuple[tuple[str, ...] | None, ...]
    lines: tuple[int, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """The first rows of each section of a mapping, and the report of a check with its first rejected rows."""

    tables: tuple[PreviewTable, ...]
    report: dict[str, Any]

    def to_json(self) -> str:
        """The preview as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Preview:
        """The preview that `to_json` wrote; ImportRefused for anything else."""
        preview: Preview = read_json(cls, text)
        return preview


Fates = list[tuple[int, tuple[str, ...] | None, str]]
"""What becomes of rows: the line, the cells (None where it is rejected), the reason."""


def preview(
    sources: Sequence[str | Path],
    mapping: str | Path | None = None,
    into: str | Path | None = None,
    as_of: date | None = None,
    rows: int = ROWS,
    progress: Progress | None = None,
    memory: int | None = None,
    rejects: Path | None = None,
) -> tuple[Preview, ImportReport]:
    """The first rows of these exports before and after, and the report of the check that told so.

    Raises ImportRefused as a check does.
    """
    tables: list[PreviewTable] = []

    def look(connection: duckdb.DuckDBPyConnection, table: Table, of_table: Sequence[Source]) -> None:
        for source in of_table:
            tables.append(_before_and_after(source.file, table, _first_rows(connection, table, source.no, rows)))

    report = check_exports(
        sources, mapping, into=into, as_of=as_of, progress=progress, look=look, memory=memory, rejects=rejects
    )
    told = json.loads(report.to_json()) | {"reject_rows": [vars(one) for one in report.rejects[:REJECTS_SHOWN]]}
    return Preview(tuple(tables), told), report


def _first_rows(connection: duckdb.DuckDBPyConnection, table: Table, no: int, rows: int) -> Fates:
    cells = ", ".join(f"coalesce({quoted(name)}::varchar, '')" for name in table.column_names)
    bound = {"no": no, "rows": rows}
    kept = connection.execute(
        f"select line, {cells} from staged_{table.name} where source_no = $no order by line limit $rows", bound
    ).fetchall()
    rejected = connection.execute(
        "select line, any_value(reason) from rejected where source_no = $no group by line order by line limit $rows",
        bound,
    ).fetchall()
    both: Fates = [(line, tuple(texts), "") for line, *texts in kept]
    both += [(line, None, reason) for line, reason in rejected]
    return sorted(both, key=lambda row: row[0])[:rows]


def _before_and_after(file: ExportFile, table: Table, fates: Fates) -> PreviewTable:
    lines = [line for line, _, _ in fates]
    cells = _cells(file, lines)
    before = [cells.get(line, ("",) * len(file.headers)) for line in lines]
    columns = columns_of(Sampled.of(file.name, file.headers, list(cells.values())))
    return PreviewTable(
        file.name,
        table.name,
        file.headers,
        tuple(
            tuple(HIDDEN if column.identifying and cell else cell for column, cell in zip(columns, row, strict=True))
            for row in before
        ),
        table.column_names,
        tuple(after for _, after, _ in fates),
        tuple(lines),
        tuple(reason for _, _, reason in fates),
    )


def _cells(file: ExportFile, lines: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The cells of the records that begin on these lines, as they stand in the file."""
    found: dict[int, tuple[str, ...]] = {}
    if not lines:
        return found
    wanted = set(lines)
    for batch in file.records(Ledger()):
        numbers = batch[LINE_COLUMN].to_pylist()
        places = [place for place, line in enumerate(numbers) if line in wanted]
        for row in batch.take(places).to_pylist():
            line = row.pop(LINE_COLUMN)
            found[line] = tuple(row.values())
        if numbers and max(numbers) >= max(lines):
            break
    return found
