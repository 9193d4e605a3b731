"""What several commands take: options, and the snapshot that they are about."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dashboard.cli.progress import Progress
from dashboard.ending import Refused

if TYPE_CHECKING:
    from dashboard.filters import Filters
    from dashboard.store import Store

Command = TypeVar("Command", bound=Callable[..., Any])

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

_SELECTION = (
    click.option("--from", "treated_from", type=DAY, help="First day of treatment."),
    click.option("--to", "treated_to", type=DAY, help="Last day of treatment."),
    click.option("--dose-from", type=float, help="Smallest dose."),
    click.option("--dose-to", type=float, help="Largest dose."),
    click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Repeat for more values or columns."),
    click.option("--effect", multiple=True, help="Only this side effect; repeat for more."),
    click.option("--severity", multiple=True, help="Only this severity; repeat for more."),
)


def with_selection(command: Command) -> Command:
    """The options that select records, which `selected` takes out of what was given."""
    for option in reversed(_SELECTION):
        command = option(command)
    return command


def selected(store: Store, options: dict[str, Any]) -> Filters:
    """The filters of the options of `with_selection`, checked against what there is; the other options are left."""
    from dashboard.filters import Filters

    pairs = []
    for condition in options.pop("where"):
        column, equals, value = condition.partition("=")
        if not equals:
            raise Refused(f"--where {condition!r} is not COLUMN=VALUE")
        pairs.append((column.strip(), value))
    pairs += [("effect", value) for value in options.pop("effect")]
    pairs += [("severity", value) for value in options.pop("severity")]
    bounds = {name: options.pop(name) for name in ("treated_from", "treated_to", "dose_from", "dose_to")}
    bounds = {name: bound.date() if isinstance(bound, datetime.datetime) else bound for name, bound in bounds.items()}
    filters = Filters.of(pairs, **bounds)
    store.check(filters)
    return filters


def earlier_number(place: Path, since: int | None) -> int | None:
    """The number of the snapshot to tell changes since: the one asked for, else the previous; None where there is none.

    One that is asked for and is none of the earlier ones is refused.
    """
    from dashboard.store import earlier_snapshots

    earlier = [one.number for one in earlier_snapshots(place)]
    if since and since not in earlier:
        if not earlier:
            raise Refused("there is no earlier snapshot yet: every import keeps the one before it")
        raise Refused(f"snapshot {since} is none of the earlier ones, which are: {', '.join(map(str, earlier))}")
    return since or next(iter(earlier), None)


def existing_snapshot(snapshot: Path | None) -> Path:
    """The snapshot's place; where none is there and none was asked for, it is built from the bundled sample."""
    from dashboard.store import SNAPSHOT_VARIABLE, current_snapshot, default_snapshot

    if snapshot is not None and not snapshot.exists():
        current_snapshot(snapshot)  # refuses, and says whether one was there
    with Progress() as progress:
        place, is_new = default_snapshot(snapshot, progress)
    if is_new:
        click.echo(
            f"No snapshot at {place} yet: built one from the bundled sample, which is synthetic. "
            f"Import your own with: outcomes import FOLDER --replace (or set {SNAPSHOT_VARIABLE}).",
            err=True,
        )
    return place
