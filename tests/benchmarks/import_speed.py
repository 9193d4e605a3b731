"""How long an import takes, as a ratio to DuckDB's bare `read_csv` of the same files, and how much memory.

    uv run python -m tests.benchmarks.import_speed --treatments 1000000 --memory 2GB --output import_speed.json

Both run as processes of their own, in turns, so that whatever else the machine does falls on both, and with Python's
compiled files kept, as usual (where they are not, an import takes a second more). A table is printed, and written as
JSON with every single run.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from data.sampling import write_sample

ROOT = Path(__file__).parents[2]
BARE = """
import sys, duckdb
with duckdb.connect(sys.argv[1]) as connection:
    for file in sys.argv[2:]:
        name = file.rsplit("/", 1)[-1].removesuffix(".csv")
        connection.execute(f"create or replace table {name} as from read_csv('{file}', quote = '\\"')")
"""
"""The quote is told: with ten million rows the first one comes too late to be found out."""


def measured(*command: object) -> dict[str, float]:
    """Wall and processor seconds and the largest memory (MB) of a command; RuntimeError where it fails."""
    began = time.perf_counter()
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen([sys.executable, *map(str, command)], cwd=ROOT, env=usual, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} {command[1]} ended with {process.returncode}")
    return {
        "seconds": time.perf_counter() - began,
        "processor_seconds": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }


@click.command()
@click.option("--treatments", default=1_000_000, show_default=True, help="Treatment records of the synthetic exports.")
@click.option("--exports", type=click.Path(path_type=Path, file_okay=False), help="A folder of exports made before.")
@click.option("--runs", default=3, show_default=True, help="How often each is measured; the medians are told.")
@click.option("--memory", default="2GB", show_default=True, help="As for outcomes import.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write all runs as JSON.")
def main(treatments: int, exports: Path | None, runs: int, memory: str, output: Path | None) -> None:
    """Measure imports of synthetic exports against bare reading of the same files."""
    with tempfile.TemporaryDirectory(prefix="outcomes-benchmark-") as folder:
        place = Path(folder)
        if exports is None:
            exports = place / "exports"
            write_sample(exports, treatments, seed=3)
        files = sorted(exports.glob("*.csv"))
        into = place / "outcomes.json"
        importing = ("-m", "dashboard.cli", "import", exports, "--into", into, "--replace", "--memory", memory)
        measurements: dict[str, list[dict[str, float]]] = {"read_csv": [], "import": []}
        for _ in range(runs):
            measurements["read_csv"].append(measured("-c", BARE, place / "bare.duckdb", *files))
            measurements["import"].append(measured(*importing))
        mb = sum(file.stat().st_size for file in files) / 1e6
    medians = {
        name: {kind: statistics.median(run[kind] for run in several) for kind in several[0]}
        for name, several in measurements.items()
    }
    ratios = {kind: medians["import"][kind] / medians["read_csv"][kind] for kind in ("seconds", "processor_seconds")}
    click.echo(f"{len(files)} files, {mb:,.0f} MB, --memory {memory}, {runs} runs, medians\n")
    click.echo(f"{'':10}{'seconds':>10}{'processor':>12}{'peak MB':>10}")
    for name, median in medians.items():
        told = f"{median['seconds']:>10.1f}{median['processor_seconds']:>12.1f}{median['peak_mb']:>10,.0f}"
        click.echo(f"{name:10}{told}")
    click.echo(f"{'ratio':10}{ratios['seconds']:>10.2f}{ratios['processor_seconds']:>12.2f}")
    if output:
        content = {"mb": mb, "memory": memory, "runs": measurements, "medians": medians, "ratios": ratios}
        output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
