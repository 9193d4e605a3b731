"""How long an import takes, as a ratio to DuckDB's bare `read_csv` of the same files, and with how much memory.

All are processes of their own, in turns. `read_csv` reads each file into a table, whose types it is told; `check`
reads, types and checks every row and accounts for it; `import` derives besides what pages need, stores the figures
that pages ask for first, and publishes the snapshot. Whoever does not say --memory gives it a quarter of the machine's.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from data.contract import TABLES
from tests.benchmarks.commands import in_turns, median, median_ratio
from tests.benchmarks.findings import Cell, Figure, Findings, Growing, Table, size_in_words
from tests.benchmarks.samples import Samples

MEMORY = "1GB"
RUNS = 3
TYPES = {"text": "varchar", "date": "date", "decimal": "double", "integer": "integer", "boolean": "boolean"}
BARE = f"""
import sys, duckdb
types = { ({table.name: {column.name: TYPES[column.kind] for column in table.columns} for table in TABLES.values()}) }
with duckdb.connect(sys.argv[1]) as connection:
    for file in sys.argv[2:]:
        name = file.rsplit("/", 1)[-1].removesuffix(".csv")
        read = f"read_csv('{{file}}', header = true, delim = ',', quote = '\\"', columns = {{types[name]}})"
        connection.execute(f"create or replace table {{name}} as from {{read}}")
"""


def measure(samples: Samples) -> Findings:
    tables, ratios, peak, growing = [], {}, None, []
    for size in samples.sizes:
        exports = samples.exports(size)
        if exports is None:
            continue
        files = sorted(exports.glob("*.csv"))
        with tempfile.TemporaryDirectory(dir=samples.folder) as folder:
            # Where nobody has one made yet, this is the snapshot that is measured.
            into = Path(folder) / "snapshot.json" if size in samples.existing else samples.place(size)
            outcomes = ("-m", "dashboard.cli")
            runs = in_turns(
                {
                    "read_csv": ("-c", BARE, Path(folder) / "bare.duckdb", *files),
                    "check": (*outcomes, "check", exports, "--memory", MEMORY),
                    "import": (*outcomes, "import", exports, "--into", into, "--replace", "--memory", MEMORY),
                    "import, memory its own choice": (*outcomes, "import", exports, "--into", into, "--replace"),
                },
                RUNS,
            )
        rows: list[dict[str, Cell]] = []
        for name, several in runs.items():
            against = {kind: median_ratio(several, runs["read_csv"], kind) for kind in ("seconds", "processor_seconds")}
            rows.append(
                {
                    "": name,
                    **median(several),
                    "times": against["seconds"],
                    "processor times": against["processor_seconds"],
                }
            )
            ratios[name] = against["seconds"]
        peak = max(each["peak_mb"] for each in runs["import"])
        growing = [Growing("import", size, median(runs["import"])["seconds"], "s")]
        mb = sum(file.stat().st_size for file in files) / 1e6
        notes = [f"medians of {RUNS}, {mb:,.0f} MB of exports, --memory {MEMORY}; times is against read_csv"]
        tables.append(Table(f"Import of {size_in_words(size)} treatment records", rows, notes))
    return Findings(
        tables,
        [
            Figure("import with every check and account, against a typed read_csv", ratios.get("check"), 1.5),
            Figure("import with everything derived, against a typed read_csv", ratios.get("import"), 2.5),
            Figure("memory of an import at most", peak, 1000, " MB"),
        ],
        growing,
    )
