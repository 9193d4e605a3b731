"""What became of every row, written into the snapshot: this import after those of the earlier snapshot."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from data.mending import shape_of
from data.reading import Reading

HISTORY = {
    "imports": 'import_no integer, imported_at timestamp, file varchar, "table" varchar, rows_read bigint, '
    "rows_loaded bigint, rows_duplicate bigint, rows_skipped bigint, rows_rejected bigint, rows_replaced bigint, "
    "warnings bigint, sha256 varchar, shape varchar",
    "rejects": 'import_no integer, file varchar, line bigint, "table" varchar, "column" varchar, '
    "value varchar, reason varchar, raw varchar",
    "import_warnings": 'import_no integer, file varchar, line bigint, "table" varchar, "column" varchar, '
    "value varchar, reason varchar",
}
EARLIER = "(earlier import)"
# The text of rejected rows is held in memory by so many at once; each such piece reads the file again.
RAWS_AT_ONCE = 500_000
COUNTS = (
    "rows_read",
    "rows_loaded",
    "rows_duplicate",
    "rows_skipped",
    "rows_rejected",
    "rows_replaced",
    "warnings",
)


def write_history(
    connection: duckdb.DuckDBPyConnection, reading: Reading, previous: str | None, imported_at: datetime
) -> int:
    """Write down this import after those of the earlier snapshot; the number of this one."""
    copy_history(connection, previous)
    import_no = int(connection.execute("select coalesce(max(import_no), 0) + 1 from built.imports").fetchall()[0][0])
    for (file, table), account in totals(reading).items():
        counts = [account[count] for count in COUNTS]
        of = next(one.file for one in reading.accounts.values() if one.file.name == file)
        connection.execute(
            f"insert into built.imports values ({', '.join('?' * (6 + len(counts)))})",
            [import_no, imported_at, file, table, *counts, of.sha256, shape_of(of)],
        )
    _raws(connection, reading)
    connection.execute(
        f"""
        insert into built.rejects
        select $import_no, coalesce(file, '{EARLIER}'), case when source_no > 0 then line end, table_name, column_name,
            value, reason, coalesce(raw, kept)
        from rejected
        left join raws using (source_no, line)
        order by source_no, line
        """,
        {"import_no": import_no},
    )
    connection.execute(
        f"""
        insert into built.import_warnings
        select $import_no, coalesce(file, '{EARLIER}'), case when source_no > 0 then line end, table_name, column_name,
            value, reason
        from warned
        left join (select distinct source_no, file from sources) using (source_no)
        order by source_no, line, column_name
        """,
        {"import_no": import_no},
    )
    return import_no


def copy_history(connection: duckdb.DuckDBPyConnection, previous: str | None) -> None:
    """The account of the earlier imports, or an empty one."""
    for name, columns in HISTORY.items():
        connection.execute(f"create table built.{name} ({columns})")
        if previous:
            connection.execute(f"insert into built.{name} by name select * from {previous}.{name} order by rowid")


def is_nothing_new(connection: duckdb.DuckDBPyConnection, reading: Reading, previous: str, import_no: int) -> bool:
    """Whether this import changes nothing: every row a duplicate of the earlier snapshot, or rejected before."""
    if any(account.rows_loaded or account.rows_replaced for account in reading.accounts.values()):
        return False
    about = "select as_of, program_version, format_version from {0}.snapshot"
    # Snapshots did not have colours from the beginning.
    catalogue = "select * from {0}.treatment_types union all by name (select null::varchar as colour where false)"
    rejected = 'select file, line, "table", "column", value, reason, raw from {0}.rejects'
    this = f"{rejected.format('built')} where import_no = {import_no}"
    before = f"{rejected.format(previous)}"
    differing = (
        *(f"({one.format('built')}) except ({one.format(previous)})" for one in (about, catalogue)),
        f"({catalogue.format(previous)}) except ({catalogue.format('built')})",
        f"({this}) except ({before})",
    )
    return not any(connection.execute(f"select 1 from ({one}) limit 1").fetchall() for one in differing)


def totals(reading: Reading) -> dict[tuple[str, str], dict[str, int]]:
    """The account of each file and table, in the order in which they were given."""
    summed: dict[tuple[str, str], dict[str, int]] = {}
    for _, account in sorted(reading.accounts.items()):
        of_file = summed.setdefault((account.file.name, account.table.name), dict.fromkeys(COUNTS, 0))
        for count in COUNTS:
            of_file[count] += getattr(account, count)
    return summed


def _raws(connection: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Create `sources` (source_no, file), and `raws`, the rejected rows as they stand in their files."""
    connection.execute("create or replace temp table sources (source_no integer, file varchar)")
    for no, source in reading.sources.items():
        connection.execute("insert into sources values (?, ?)", [no, source.file.name])
    connection.execute("create or replace temp table raws (source_no integer, line bigint, file varchar, raw varchar)")
    for no, source in reading.sources.items():
        ledger = reading.ledgers[source.file.name]
        spans = ledger.spans | {one.line: one.lines for one in ledger.rejected}
        lines = [0]
        while lines := _rejected_lines(connection, no, lines[-1]):
            texts = source.file.raw_lines({line: spans.get(line, 1) for line in lines})
            piece = pa.table({"line": pa.array(lines, pa.int64()), "raw": pa.array(map(texts.get, lines), pa.string())})
            connection.register("piece", piece)
            connection.execute(
                "insert into raws select $no, line, $file, raw from piece", {"no": no, "file": source.file.name}
            )
            connection.unregister("piece")


def _rejected_lines(connection: duckdb.DuckDBPyConnection, no: int, after: int) -> list[int]:
    """The next rejected lines of a source."""
    select = f"select line from rejected where source_no = $no and line > $after order by line limit {RAWS_AT_ONCE}"
    return [line for (line,) in connection.execute(select, {"no": no, "after": after}).fetchall()]
