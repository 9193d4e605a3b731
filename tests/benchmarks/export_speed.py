"""How long an export of records takes, as a ratio to DuckDB's own COPY of the same rows, and how much memory.

    uv run python -m tests.benchmarks.export_speed --snapshot SNAPSHOT --table treatments --output export_speed.json

Both run as processes of their own, in turns, so that whatever else the machine does falls on both. A table is printed,
and written as JSON with every single run.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path

import click

from dashboard.filters import Filters
from dashboard.request import Request, literal
from dashboard.store import RECORDS
from data import current
from tests.benchmarks.import_speed import measured

BARE = """
import sys, duckdb, queries
snapshot, select, file, format = sys.argv[1:]
with duckdb.connect(snapshot, read_only=True) as connection:
    for macro in queries.MACROS:
        connection.execute(f"create temp macro {macro}(filters) as table ({queries.read(macro)})")
    connection.execute(f"copy ({select}) to '{file}' (format {format})")
"""


@click.command()
@click.option("--snapshot", required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--table", default="treatments", show_default=True, type=click.Choice(RECORDS))
@click.option("--runs", default=3, show_default=True, help="How often each is measured; the medians are told.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write all runs as JSON.")
def main(snapshot: Path, table: str, runs: int, output: Path | None) -> None:
    """Measure exports of a record table against DuckDB's COPY of the same rows."""
    select = Request(table).sql.replace("$filters", literal(Filters().to_sql()))
    measurements: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="outcomes-benchmark-") as folder:
        for _ in range(runs):
            for suffix in ("csv", "parquet"):
                ways = {
                    "COPY": ("-c", BARE, current(snapshot).path, select, Path(folder) / f"bare.{suffix}", suffix),
                    "export": (
                        *("-m", "dashboard.cli", "export", table, "--snapshot", snapshot),
                        *("--output", Path(folder) / f"rows.{suffix}"),
                    ),
                }
                for way, command in ways.items():
                    measurements.setdefault(f"{way} {suffix}", []).append(measured(*command))
    medians = {
        name: {kind: statistics.median(run[kind] for run in several) for kind in several[0]}
        for name, several in measurements.items()
    }
    ratios = {
        suffix: {
            kind: medians[f"export {suffix}"][kind] / medians[f"COPY {suffix}"][kind]
            for kind in ("seconds", "processor_seconds")
        }
        for suffix in ("csv", "parquet")
    }
    click.echo(f"{table} of {snapshot.name}, {runs} runs, medians\n")
    click.echo(f"{'':16}{'seconds':>10}{'processor':>12}{'peak MB':>10}")
    for name, median in medians.items():
        told = f"{median['seconds']:>10.1f}{median['processor_seconds']:>12.1f}{median['peak_mb']:>10,.0f}"
        click.echo(f"{name:16}{told}")
    for suffix, ratio in ratios.items():
        click.echo(f"{'ratio ' + suffix:16}{ratio['seconds']:>10.2f}{ratio['processor_seconds']:>12.2f}")
    if output:
        content = {"table": table, "runs": measurements, "medians": medians, "ratios": ratios}
        output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
