"""How long a download of all treatment records takes, as a ratio to DuckDB's own COPY of the same rows.

Both are processes of their own, in turns: `outcomes export`, and DuckDB alone with the same select.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from dashboard.filters import Filters
from dashboard.request import Request, literal
from data import current
from tests.benchmarks.commands import in_turns, median, median_ratio
from tests.benchmarks.findings import Cell, Figure, Findings, Table, size_in_words
from tests.benchmarks.samples import Samples

TABLE = "treatments"
FORMATS = ("csv", "parquet")
RUNS = 3
TOLD = ("seconds", "processor_seconds")
"""Not memory: what is told of a process begins at that of this one, which by now is larger."""
BARE = """
import sys, duckdb, queries
snapshot, select, file, format = sys.argv[1:]
with duckdb.connect(snapshot, read_only=True) as connection:
    for macro in queries.MACROS:
        connection.execute(f"create temp macro {macro}(filters) as table ({queries.read(macro)})")
    connection.execute(f"copy ({select}) to '{file}' (format {format})")
"""


def measure(samples: Samples) -> Findings:
    tables, ratios = [], dict.fromkeys(FORMATS, 0.0)
    for size in samples.sizes:
        rows, ratios = measured(samples, size)
        title = f"Download of the {TABLE} of {size_in_words(size)} treatment records"
        tables.append(Table(title, rows, [f"medians of {RUNS}; times is against COPY"]))
    in_words = size_in_words(samples.largest)
    figures = [Figure(f"download as {suffix}, against COPY, {in_words}", ratios[suffix], 1.5) for suffix in FORMATS]
    return Findings(tables, figures)


def measured(samples: Samples, size: int) -> tuple[list[dict[str, Cell]], dict[str, float]]:
    """A row for each format and way, and for each format what a download takes for what COPY takes."""
    snapshot = samples.snapshot(size)
    select = Request(TABLE).sql.replace("$filters", literal(Filters().to_sql()))
    commands: dict[str, tuple[object, ...]] = {}
    with tempfile.TemporaryDirectory(dir=samples.folder) as folder:
        for suffix in FORMATS:
            bare, rows_of = Path(folder) / f"bare.{suffix}", Path(folder) / f"rows.{suffix}"
            export = ("-m", "dashboard.cli", "export", TABLE, "--snapshot", snapshot, "--output", rows_of)
            commands[f"COPY {suffix}"] = ("-c", BARE, current(snapshot).path, select, bare, suffix)
            commands[f"export {suffix}"] = export
        runs = in_turns(commands, RUNS)
    rows: list[dict[str, Cell]] = []
    ratios: dict[str, float] = {}
    for suffix in FORMATS:
        for way in ("COPY", "export"):
            ratios[suffix] = median_ratio(runs[f"{way} {suffix}"], runs[f"COPY {suffix}"], "seconds")
            told = median(runs[f"{way} {suffix}"])
            rows.append({"": f"{way} {suffix}", **{kind: told[kind] for kind in TOLD}, "times": ratios[suffix]})
    return rows, ratios
