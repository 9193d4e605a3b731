"""The one command that measures everything, and says of each goal whether it is met."""

from __future__ import annotations

import datetime
import importlib
import json
import shlex
import sys
import tempfile
import time
import traceback
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from tests.benchmarks.findings import Figure, Findings, Table
from tests.benchmarks.machine import commit, machine, versions
from tests.benchmarks.readme import as_markdown
from tests.benchmarks.samples import Existing, Samples

BENCHMARKS = (
    "imports",
    "snapshot_size",
    "measures",
    "libraries",
    "start",
    "downloads",
    "reruns",
    "pages",
    "sessions",
    "memory",
    "meanwhile",
)
"""In this order, as the imports make the snapshots that the others ask."""
SIZES = "100000,1000000,10000000"


def made_before(told: tuple[str, ...]) -> dict[int, Existing]:
    """Size to snapshot and exports, of SIZE=SNAPSHOT or SIZE=SNAPSHOT,EXPORTS."""
    found = {}
    for each in told:
        size, _, places = each.partition("=")
        snapshot, _, exports = places.partition(",")
        if not (size.isdecimal() and Path(snapshot).is_file()):
            raise click.BadParameter(f"{each!r} is not SIZE=SNAPSHOT.json or SIZE=SNAPSHOT.json,EXPORTS")
        found[int(size)] = Existing(Path(snapshot), Path(exports) if exports else None)
    return found


@click.command()
@click.option("--sizes", default=SIZES, show_default=True, help="Treatment records of the samples.")
@click.option("--only", multiple=True, type=click.Choice(BENCHMARKS), help="Nothing but this; repeat for more.")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), help="Keep samples here, and use those here."
)
@click.option("--existing", multiple=True, metavar="SIZE=SNAPSHOT[,EXPORTS]", help="A snapshot made before; repeat.")
@click.option("--json", "into", type=click.Path(path_type=Path, dir_okay=False), help="Write everything as JSON.")
@click.option("--readme", type=click.Path(path_type=Path, exists=True), help="Print such a JSON file as Markdown.")
def main(
    sizes: str,
    only: tuple[str, ...],
    folder: Path | None,
    existing: tuple[str, ...],
    into: Path | None,
    readme: Path | None,
) -> None:
    """Measure the dashboard on synthetic samples, as ratios within interleaved runs on this machine."""
    if readme:
        click.echo(as_markdown(json.loads(readme.read_text(encoding="utf-8"))))
        return
    before = made_before(existing)
    wanted = tuple(sorted({int(size) for size in sizes.split(",")}))
    about: dict[str, Any] = {
        "at": f"{datetime.datetime.now():%Y-%m-%d %H:%M}",
        "command": shlex.join(["python", "-m", "tests.benchmarks", *sys.argv[1:]]),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
        "benchmarks": {},
    }
    figures: list[Figure] = []
    failed: list[str] = []
    place = nullcontext(folder) if folder else tempfile.TemporaryDirectory(prefix="outcomes-benchmarks-")
    with place as samples_folder:
        samples = Samples(Path(samples_folder or "."), wanted, before)
        samples.folder.mkdir(parents=True, exist_ok=True)
        for name in [each for each in BENCHMARKS if each in only or not only]:
            began = time.monotonic()
            try:
                found: Findings = importlib.import_module(f"tests.benchmarks.{name}").measure(samples)
            except Exception:
                failed.append(f"{name} was not measured")
                found = Findings([Table(f"{name} failed", [], [traceback.format_exc()])])
            for table in found.tables:
                click.echo(table)
            figures += found.figures
            failed += found.wrong
            about["benchmarks"][name] = {
                "seconds": time.monotonic() - began,
                "tables": [{"title": each.title, "rows": each.rows, "notes": each.notes} for each in found.tables],
                "growing": [vars(each) for each in found.growing],
                "figures": [{**vars(each), "verdict": each.verdict} for each in found.figures],
            }
            if into:  # after each, so that a run that is stopped leaves what it measured
                into.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    click.echo(Table("Goals", [figure.row for figure in figures]))
    if failed:
        raise click.ClickException("; ".join(failed))


if __name__ == "__main__":
    main()
