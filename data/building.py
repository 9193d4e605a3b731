"""Staged rows and an earlier snapshot become the tables of a new one.

The new snapshot is attached as `built` and is the current database, the earlier one as `previous`. Order matters:
treatments are settled first, for the rules of the other tables look at them.
"""

from __future__ import annotations

import csv
import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import queries
from data import checking, staging
from data.contract import TABLES, Table
from data.expressions import quoted
from data.generations import FORMAT_VERSION
from data.mending import shape_of
from data.refusal import ImportRefused
from data.staging import Staged

CATALOGUE = Path(__file__).parent / "treatment_types.csv"
CATALOGUE_COLUMNS = {
    "code": "varchar",
    "label": "varchar",
    "category": "varchar",
    "is_maintained": "boolean",
    "touch_up_window_days": "integer",
    "expected_interval_low_days": "integer",
    "expected_interval_high_days": "integer",
}
# The numbers of each table's rows, by which the model joins them; the first orders the table.
NUMBERED = {
    "treatments": ("treatment_no", "session_no", "patient_no"),
    "follow_ups": ("follow_up_no", "its_treatment_no"),
    "side_effects": ("side_effect_no", "its_treatment_no"),
}
HISTORY = {
    "imports": 'import_no integer, imported_at timestamp, file varchar, "table" varchar, rows_read bigint, '
    "rows_loaded bigint, rows_duplicate bigint, rows_skipped bigint, rows_rejected bigint, rows_replaced bigint, "
    "warnings bigint, sha256 varchar, shape varchar",
    "rejects": 'import_no integer, file varchar, line bigint, "table" varchar, "column" varchar, '
    "value varchar, reason varchar, raw varchar",
    "import_warnings": 'import_no integer, file varchar, line bigint, "table" varchar, "column" varchar, '
    "value varchar, reason varchar",
}
Look = Callable[[duckdb.DuckDBPyConnection, Table, Staged], None]
EARLIER = "(earlier import)"
# The text of rejected rows is held in memory by so many at once; each such piece reads the file again.
RAWS_AT_ONCE = 500_000
# Treatments first, for the others belong to them; patients last, for the data cut-off is settled then.
CHECKED = ("treatments", "follow_ups", "side_effects", "patients")


@dataclass(frozen=True)
class Built:
    """What was built: its data cut-off (None without any record), its rows, and the number of this import.

    `is_nothing_new` where the earlier snapshot holds all of it already; then nothing is derived.
    """

    as_of: date | None
    treatments: int
    import_no: int
    is_nothing_new: bool


def build(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    has_previous: bool,
    as_of: date | None,
    progress: Callable[[str, float], None] = lambda step, share: None,
    look: Look = lambda connection, table, staged: None,
) -> Built:
    """Check, settle and link all rows, and derive everything that needs a patient's history.

    `look` may look at the rows of each table once they are checked: `staged_<table>` and `rejected`.
    Raises ImportRefused where the data cut-off told lies before records of the earlier snapshot.
    """
    previous = "previous" if has_previous else None
    if previous and as_of:
        _require_cut_off(connection, as_of)
    checking.prepare(connection)
    _catalogue(connection)
    for table in (TABLES[name] for name in CHECKED):
        progress(f"checking {table.name}", 0)
        staging.stage(connection, table, staged, previous)
        for no, source in staged.sources.items():
            if source.section.table is table:
                checking.reject_lines(connection, table, no, staged.ledgers[source.file.name].rejected)
                is_first = no == min(one for one, other in staged.sources.items() if other.file is source.file)
                checking.warn_of_file(connection, table, no, (*source.notes, *(source.file.notes if is_first else ())))
        settled = _latest(connection, "built") if table.name == "patients" else None
        checking.check(connection, table, as_of or settled or date.today())
        look(connection, table, staged)
        if table.name == "treatments":
            _require_one_kind(connection)
        _settle(connection, table, staged)
        if table.name == "treatments":
            _unknown_types(connection)
        _contract_table(connection, table)
    checking.settle_warnings(connection, staged)
    for account in staged.accounts.values():
        account.close()
    cut_off = as_of or _latest(connection, "built")
    _snapshot(connection, cut_off)
    _figures(connection)
    progress("writing the account", 0)
    import_no = _history(connection, staged, previous)
    is_nothing_new = previous is not None and _is_nothing_new(connection, staged, previous, import_no)
    for done, name in enumerate(() if is_nothing_new else queries.MODEL):
        progress("linking and deriving", done / len(queries.MODEL))
        _derive(connection, name)
    if not is_nothing_new:
        _assert_linked(connection)
    treatments = _one(connection, "select count(*) from treatments")
    return Built(cut_off, int(treatments), import_no, is_nothing_new)


def _is_nothing_new(connection: duckdb.DuckDBPyConnection, staged: Staged, previous: str, import_no: int) -> bool:
    """Whether this import changes nothing: every row a duplicate of the earlier snapshot, or rejected before."""
    if any(account.rows_loaded or account.rows_replaced for account in staged.accounts.values()):
        return False
    about = "select as_of, program_version, format_version from {0}.snapshot"
    catalogue = "select * from {0}.treatment_types"
    rejected = 'select file, line, "table", "column", value, reason, raw from {0}.rejects'
    this = f"{rejected.format('built')} where import_no = {import_no}"
    before = f"{rejected.format(previous)}"
    differing = (
        *(f"({one.format('built')}) except ({one.format(previous)})" for one in (about, catalogue)),
        f"({catalogue.format(previous)}) except ({catalogue.format('built')})",
        f"({this}) except ({before})",
    )
    return not any(connection.execute(f"select 1 from ({one}) limit 1").fetchall() for one in differing)


def _settle(connection: duckdb.DuckDBPyConnection, table: Table, staged: Staged) -> None:
    """Of several rows with one id keep the last content, in the row that first had it; count the others."""
    name, id_column = f"staged_{table.name}", table.id_column
    content = ", ".join(column for column in table.column_names if column != id_column)
    connection.execute(
        f"""
        create or replace temp table repeated as
        select
            source_no,
            line,
            place,
            is_new,
            place <> max(case when is_new then place end) over (partition by id) as is_beaten
        from (
            select
                source_no,
                line,
                {id_column} as id,
                row_number() over in_order as place,
                coalesce(row({content}) is distinct from lag(row({content})) over in_order, true) as is_new
            from {name}
            where {id_column} in (select {id_column} from {name} group by {id_column} having count(*) > 1)
            window in_order as (partition by {id_column} order by source_no, line)
        )
        """
    )
    for no, duplicate, replaced in connection.execute(
        "select source_no, count(*) filter (is_beaten), count(*) filter (is_new and place > 1) "
        "from repeated group by source_no"
    ).fetchall():
        if no:
            staged.accounts[no].rows_duplicate = duplicate
            staged.accounts[no].rows_replaced = replaced
    connection.execute(
        f"delete from {name} where (source_no, line) in (select (source_no, line) from repeated where is_beaten)"
    )
    for no, loaded in connection.execute(f"select source_no, count(*) from {name} group by source_no").fetchall():
        if no:
            staged.accounts[no].rows_loaded = loaded


def _contract_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """The settled rows as a table of the snapshot, sorted and numbered."""
    name, names = f"staged_{table.name}", ", ".join(table.column_names)
    if table.name in NUMBERED:
        numbers = NUMBERED[table.name]
        # The keys are sorted and numbered by themselves: numbering is work for one processor.
        connection.execute(f"create temp table numbered as {queries.read(f'numbering/{table.name}')}")
        connection.execute(
            f"create table built.{table.name} as select {', '.join(numbers)}, {names} "
            f"from {name} join numbered on numbered.row_no = {name}.rowid order by {numbers[0]}"
        )
        connection.execute("drop table numbered")
    else:
        connection.execute(f"create table built.{table.name} as select {names} from {name} order by {table.id_column}")
    connection.execute(f"drop table staged_{table.name}")
    connection.execute(f"drop table unread_{table.name}")


def _catalogue(connection: duckdb.DuckDBPyConnection) -> None:
    """The catalogue of treatment types as a table of the snapshot."""
    columns = ", ".join(f"{name} {sql_type}" for name, sql_type in CATALOGUE_COLUMNS.items())
    connection.execute(f"create table built.treatment_types ({columns})")
    try:
        with CATALOGUE.open(encoding="utf-8-sig", newline="") as file:
            rows = [[row[name].strip() or None for name in CATALOGUE_COLUMNS] for row in csv.DictReader(file)]
        codes = [str(row[0]).casefold() for row in rows]
        unclear = [row[0] for row in rows if row[3] not in ("true", "false") or not (row[4] or "").isdecimal()]
        if unclear:
            raise ImportRefused(
                f"{CATALOGUE.name}: {unclear[0]} needs is_maintained (true or false) and touch_up_window_days "
                "(a whole number from 0)."
            )
        if None in (row[0] for row in rows) or len(set(codes)) < len(codes):
            raise ImportRefused(f"{CATALOGUE.name}: every treatment type needs a code of its own.")
        connection.executemany("insert into built.treatment_types values (?, ?, ?, ?, ?, ?, ?)", rows)
    except (KeyError, AttributeError, csv.Error, duckdb.Error) as error:
        raise ImportRefused(f"The catalogue {CATALOGUE.name} cannot be read: {error}.") from error


def _unknown_types(connection: duckdb.DuckDBPyConnection) -> None:
    """Warn of the types that the catalogue does not know, and append them to it."""
    checking.warn_of_unknown_types(connection)
    connection.execute(
        """
        insert into built.treatment_types
        select distinct treatment_type, treatment_type, null, true, 0, null::integer, null::integer
        from staged_treatments
        anti join built.treatment_types on code = treatment_type
        order by treatment_type
        """
    )


def _snapshot(connection: duckdb.DuckDBPyConnection, as_of: date | None) -> None:
    try:
        version = importlib.metadata.version("outcomes")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    connection.execute(
        """
        create table built.snapshot as
        select
            $as_of::date as as_of,
            $created_at::timestamp as created_at,
            $version as program_version,
            $format_version::integer as format_version,
            (select coalesce(bool_or(starts_with(treatment_id, 'SYN-')), false) from built.treatments) as is_synthetic
        """,
        {"as_of": as_of, "created_at": _now(), "version": version, "format_version": FORMAT_VERSION},
    )


def _figures(connection: duckdb.DuckDBPyConnection) -> None:
    """An empty table for the figures that the dashboard stores with a snapshot."""
    connection.execute(
        "create table built.figures (measure varchar, groups varchar, fingerprint varchar, content blob)"
    )


def _derive(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """A relation of the model as a table; its texts, ids apart, become ENUMs of their sorted values."""
    select = queries.read(f"model/{name}")
    described = connection.execute(f"describe {select}").fetchall()
    texts = [column for column, sql_type, *_ in described if sql_type == "VARCHAR" and not column.endswith("_id")]
    if not texts:
        connection.execute(f"create table built.{name} as {select}")
        return
    # Sorted last: ENUMs are smaller than texts.
    unsorted, order = select.rsplit("\norder by ", 1)
    connection.execute(f"create or replace temp table derived as {unsorted}")
    for column in texts:
        connection.execute(
            f"create type built.{quoted(f'{name}_{column}')} as enum "
            f"(select distinct {quoted(column)} from derived where {quoted(column)} is not null order by 1)"
        )
    casts = ", ".join(f"{quoted(column)}::{quoted(f'{name}_{column}')} as {quoted(column)}" for column in texts)
    connection.execute(f"create table built.{name} as select * replace ({casts}) from derived order by {order}")
    connection.execute("drop table derived")


def _assert_linked(connection: duckdb.DuckDBPyConnection) -> None:
    for table, number in (("follow_up", "follow_up_no"), ("side_effect", "side_effect_no")):
        linked = _one(connection, f"select count(distinct {number}) from {table}_links")
        rows = _one(connection, f"select count(*) from {table}s")
        assert linked == rows, f"{linked} of {rows} {table}s are linked"


def _history(connection: duckdb.DuckDBPyConnection, staged: Staged, previous: str | None) -> int:
    """Write down this import after those of the earlier snapshot; the number of this one."""
    for name, columns in HISTORY.items():
        connection.execute(f"create table built.{name} ({columns})")
        if previous:
            connection.execute(f"insert into built.{name} by name select * from {previous}.{name}")
    import_no = int(_one(connection, "select coalesce(max(import_no), 0) + 1 from built.imports"))
    for (file, table), account in totals(staged).items():
        counts = [account[count] for count in COUNTS]
        of = next(one.file for one in staged.accounts.values() if one.file.name == file)
        connection.execute(
            f"insert into built.imports values ({', '.join('?' * (6 + len(counts)))})",
            [import_no, _now(), file, table, *counts, of.sha256, shape_of(of)],
        )
    _raws(connection, staged)
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


COUNTS = (
    "rows_read",
    "rows_loaded",
    "rows_duplicate",
    "rows_skipped",
    "rows_rejected",
    "rows_replaced",
    "warnings",
)


def totals(staged: Staged) -> dict[tuple[str, str], dict[str, int]]:
    """The account of each file and table, in reading order."""
    summed: dict[tuple[str, str], dict[str, int]] = {}
    for account in staged.accounts.values():
        of_file = summed.setdefault((account.file.name, account.table.name), dict.fromkeys(COUNTS, 0))
        for count in COUNTS:
            of_file[count] += getattr(account, count)
    return summed


def _raws(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Create `sources` (source_no, file), and `raws`, the rejected rows as they stand in their files."""
    connection.execute("create or replace temp table sources (source_no integer, file varchar)")
    for no, source in staged.sources.items():
        connection.execute("insert into sources values (?, ?)", [no, source.file.name])
    connection.execute("create or replace temp table raws (source_no integer, line bigint, file varchar, raw varchar)")
    for no, source in staged.sources.items():
        ledger = staged.ledgers[source.file.name]
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


def _require_one_kind(connection: duckdb.DuckDBPyConnection) -> None:
    kinds = _one(connection, "select count(distinct starts_with(treatment_id, 'SYN-')) from staged_treatments")
    if kinds > 1:
        raise ImportRefused(
            "Real records would be mixed with synthetic ones (whose treatment_id begins with SYN-). "
            "Start afresh with --replace, or choose another snapshot with --into."
        )


def _require_cut_off(connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    latest = _latest(connection, "previous")
    if latest and latest > as_of:
        raise ImportRefused(
            f"The snapshot holds records up to {latest}: the data cut-off cannot be {as_of}. "
            "Choose a later one, or start afresh with --replace."
        )


def _latest(connection: duckdb.DuckDBPyConnection, schema: str) -> date | None:
    found = _one(
        connection,
        f"select max(day) from (select max(treated_on) as day from {schema}.treatments "
        f"union all select max(followed_up_on) from {schema}.follow_ups)",
    )
    return found if isinstance(found, date) else None


def _one(connection: duckdb.DuckDBPyConnection, select: str) -> Any:
    return connection.execute(select).fetchall()[0][0]


def _now() -> datetime:
    return datetime.now().replace(microsecond=0)
