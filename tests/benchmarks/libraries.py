"""Rates and curves against statsmodels, scipy, pandas, polars, lifelines and R's survival, of the same rows.

Intervals: the Kaplan-Meier curve with Greenwood's limits of every treatment type, and the log-rank test between them,
of all maintenance intervals. (statsmodels tells no limits, scipy no test of several groups, and pandas and polars,
which have no such curve, are given the product-limit formula alone.) Rates: how many patients of every treatment type
had a side effect, with Wilson's limits; of Outcomes it is the whole measure, with every effect. The others have the
rows in memory already, as arrays or as a frame of their own, which is not counted; Outcomes counts them from the
snapshot. Each is a process of its own, in turns, and tells what it took without its start. What they tell has to agree
to 1e-12 (where it is above one, relatively), else the command fails.

What is not installed is left out: `--group benchmarks` brings polars; lifelines, which needs an older pandas, is run by
`uv run --script` in an environment of its own; R with its package survival is the machine's.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from data import current
from tests.benchmarks.commands import ROOT, environment
from tests.benchmarks.findings import Cell, Figure, Findings, Table, size_in_words
from tests.benchmarks.samples import Samples

HERE = Path(__file__).parent
EQUAL = 1e-12
RUNS = 3
ROWS = {
    "intervals": """
        select enum_code(treatment_type)::integer as kind, interval_days as day, is_returned::integer as is_event
        from courses
    """,
    "units": """
        select enum_code(treatment_type)::integer as kind, bool_or(is_evaluable)::integer as is_evaluable,
            bool_or(treatment_no in (select treatment_no from side_effect_observations))::integer as is_affected
        from treatment_records group by treatment_type, patient_no
    """,
}
"""What the others are given, as 32-bit whole numbers, a file for each column."""


def commands(rows: Path) -> dict[str, list[str]]:
    """How each is run, of those that are installed; why the others are not."""
    own = [sys.executable, "-m", "tests.benchmarks.rows"]
    found = {name: [*own, name, str(rows)] for name in ("outcomes", "statsmodels", "scipy", "pandas")}
    if find_spec("polars"):
        found["polars"] = [*own, "polars", str(rows)]
    if shutil.which("uv"):
        found["lifelines"] = ["uv", "run", "--quiet", "--script", str(HERE / "with_lifelines.py"), str(rows)]
    if shutil.which("Rscript"):
        found["R"] = ["Rscript", str(HERE / "with_survival.R"), str(rows)]
    return found


def told_by(command: Sequence[str]) -> dict[str, Any] | None:
    """What a process tells; None where it cannot run for want of what it needs."""
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        if any(
            word in done.stderr
            for word in ("ModuleNotFoundError", "there is no package", "error: Failed", "No solution")
        ):
            return None
        raise RuntimeError(f"{command[0]} failed:\n{done.stderr[-3000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def write_rows(snapshot: Path, folder: Path) -> None:
    """The rows that all are given, and where the snapshot is."""
    (folder / "snapshot").write_text(str(snapshot))
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        for name, sql in ROWS.items():
            for column, values in connection.execute(f"select * from ({sql})").fetchnumpy().items():
                np.asarray(values, dtype=np.int32).tofile(folder / f"{name}-{column}")


def differing(one: dict[str, Any], other: dict[str, Any]) -> float:
    """The largest difference between what two tell of the same; infinite where they tell of different days."""
    most = 0.0
    for what in one.keys() & other.keys() - {"seconds"}:
        for kind in one[what].keys() & other[what].keys():
            mine, its = one[what][kind], other[what][kind]
            if len(mine) != len(its):
                return float("inf")
            pairs = [(a, b) for a, b in zip(mine, its, strict=True) if a is not None and b is not None]
            most = max([most, *(abs(a - b) / max(1.0, abs(a), abs(b)) for a, b in pairs)])
    return most


def measure(samples: Samples) -> Findings:
    tables: list[Table] = []
    against: dict[str, float] = {}
    most = 0.0
    wrong: list[str] = []
    for size in samples.sizes:
        runs: dict[str, list[dict[str, Any]]] = {}
        with tempfile.TemporaryDirectory(dir=samples.folder) as folder:
            write_rows(current(samples.snapshot(size)).path, Path(folder))
            for _ in range(RUNS):
                for name, command in commands(Path(folder)).items():
                    if told := told_by(command):
                        runs.setdefault(name, []).append(told)
        rows: list[dict[str, Cell]] = []
        against = {}
        for name, several in runs.items():
            difference = differing(runs["outcomes"][0], several[0])
            if not difference <= EQUAL:
                wrong.append(f"{name} differs from Outcomes by {difference:.1e}, {size_in_words(size)}")
            most = max(most, difference)
            row: dict[str, Cell] = {"": name}
            for what in ("intervals", "rates"):
                seconds = [told["seconds"][what] for told in several if what in told["seconds"]]
                ours = [told["seconds"][what] for told in runs["outcomes"]]
                times = (
                    statistics.median(its / own for its, own in zip(seconds, ours, strict=False)) if seconds else None
                )
                row |= {f"{what} ms": 1000 * statistics.median(seconds) if seconds else None, f"{what} times": times}
            against[name] = float(row["intervals times"] or 0)
            rows.append({**row, "differs by": f"{difference:.0e}"})
        installed = {"polars", "lifelines", "R"} - set(runs)
        notes = [
            f"medians of {RUNS}",
            "times is against Outcomes, whose rates are the whole measure, from the records; others count made rows",
            *(f"{name} is not installed" for name in sorted(installed)),
        ]
        tables.append(Table(f"Rates and curves, {size_in_words(size)} treatment records", rows, notes))
    in_words = f"interval curve with log-rank, {size_in_words(samples.largest)}"
    figures = [
        Figure(f"{in_words}, R's survfit against it", against.get("R"), 250, is_least=True),
        Figure(f"{in_words}, lifelines against it", against.get("lifelines"), 20, is_least=True),
        Figure("largest difference from any of the libraries", most, EQUAL, ""),
    ]
    return Findings(tables, figures, wrong=wrong)
