"""`outcomes sql`."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.cli.exporting import ending, write_rows
from dashboard.cli.options import existing_snapshot, size, with_snapshot, with_suppression
from dashboard.ending import Refused

MOST_ROWS = 1_000_000
MOST_BYTES = 500_000_000


@click.command()
@click.argument("query", required=False)
@with_snapshot
@with_suppression
@click.option(
    "--file", "query_file", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="A file with the query."
)
@click.option(
    "--time-limit", type=click.FloatRange(0, 3600, min_open=True), default=10, show_default=True, help="In seconds."
)
@click.option("--memory-limit", callback=size, metavar="SIZE", default="1GB", show_default=True, help="Such as 4GB.")
@click.option("--format", "file_format", type=click.Choice(["csv", "parquet", "xlsx", "json"]), help="[default: csv]")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), help="A file, or - for stdout."
)
def sql(
    query: str | None,
    snapshot: Path | None,
    suppress_below: int | None,
    query_file: Path | None,
    time_limit: float,
    memory_limit: int,
    file_format: str | None,
    output: Path | None,
) -> None:
    """Run one SELECT over the tables and measures of a snapshot; it can read nothing else, and change nothing."""
    from dashboard.sandbox.asking import Limits, NotAnswered, ask
    from dashboard.store import open_snapshot

    if (query is None) == (query_file is None):
        raise Refused('give one query, as text or by --file: outcomes sql "select count(*) from treatments"')
    try:
        text = query_file.read_text(encoding="utf-8-sig") if query_file else query or ""
    except UnicodeDecodeError:
        raise Refused(f"{query_file} is no text in UTF-8") from None
    store = open_snapshot(existing_snapshot(snapshot), suppress_below)
    limits = Limits(time_limit, memory_limit, MOST_ROWS, MOST_BYTES)
    try:
        answer = ask(store, text, limits)
    except NotAnswered as refused:
        raise Refused(str(refused)) from None
    if answer.is_cut:
        raise Refused(
            f"the answer has more than {MOST_ROWS:,} rows or {MOST_BYTES // 10**6} MB, and nothing was written: "
            "group it, or take a part of it by a where or a limit"
        )
    write_rows(answer.table, file_format or ending(output), output)
