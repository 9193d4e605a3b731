"""What several commands take: options, and the snapshot that they are about."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from dashboard.cli.progress import Progress
from dashboard.ending import Refused

with_snapshot = click.option(
    "--snapshot",
    type=click.Path(path_type=Path),
    help="The snapshot; else OUTCOMES_SNAPSHOT, else .outcomes/snapshot.json.",
)
with_sources = click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
with_mapping = click.option(
    "--mapping", help="A TOML file, or the name of a mapping that is saved beside the snapshot, or shipped."
)


def writable(context: click.Context, parameter: click.Parameter, place: Path | None) -> Path | None:
    """A place whose folder can be written, asked before anything is done."""
    if place and not os.access(place.parent, os.W_OK):
        raise Refused(f"{place} cannot be written: {place.parent} is no folder that you may write to")
    return place


with_report = click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=writable,
    help="Write the report as JSON.",
)
DAY = click.DateTime(["%Y-%m-%d"])
with_progress = click.option(
    "--progress",
    "progress_format",
    type=click.Choice(["line", "json"]),
    default="line",
    show_default=True,
    help="How progress is told on stderr: a line on a terminal, or JSON lines (step, done, total) for a program.",
)


def size(context: click.Context, parameter: click.Parameter, told: str | None) -> int | None:
    """A size such as 4GB or 500MB, in bytes."""
    if told is None:
        return None
    read = re.fullmatch(r"(\d+(?:\.\d+)?) ?(MB|GB|TB)", told.strip(), re.IGNORECASE)
    if not read:
        raise Refused(f"{parameter.opts[0]} {told} is no size: write it like 4GB or 500MB")
    return int(float(read[1]) * {"MB": 10**6, "GB": 10**9, "TB": 10**12}[read[2].upper()])


with_memory = click.option(
    "--memory",
    callback=size,
    metavar="SIZE",
    help="The memory to work in, such as 4GB; more is spilled to disk. [default: a quarter of the machine's]",
)

with_suppression = click.option(
    "--suppress-below",
    type=click.IntRange(0),
    help="Hide counts below this and what would give them away, such as 5; else OUTCOMES_SUPPRESS_BELOW, else none.",
)


def existing_snapshot(snapshot: Path | None) -> Path:
    """The snapshot's place; where none is there and none was asked for, it is built from the bundled sample."""
    from dashboard.store import SNAPSHOT_VARIABLE, default_snapshot
    from data import current

    if snapshot is not None and not snapshot.exists():
        current(snapshot)  # refuses, and says whether one was there
    with Progress() as progress:
        place, is_new = default_snapshot(snapshot, progress)
    if is_new:
        click.echo(
            f"No snapshot at {place} yet: built one from the bundled sample, which is synthetic. "
            f"Import your own with: outcomes import FOLDER --replace (or set {SNAPSHOT_VARIABLE}).",
            err=True,
        )
    return place
