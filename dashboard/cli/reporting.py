"""From a snapshot to a report: `outcomes report`."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import click

from dashboard.cli.options import (
    earlier_number,
    existing_snapshot,
    selected,
    with_progress,
    with_selection,
    with_snapshot,
    with_suppression,
    writable,
)
from dashboard.cli.progress import Progress
from dashboard.ending import Refused

ENDINGS = (".html", ".pdf")


def _html_or_pdf(context: click.Context, parameter: click.Parameter, place: Path) -> Path:
    """A place that says by its ending what is to be written, asked before anything is done."""
    if place.suffix.lower() not in ENDINGS:
        raise Refused(f"--output {place} has to end in {' or '.join(ENDINGS)}")
    writable(context, parameter, place)
    return place


@click.command()
@with_snapshot
@with_suppression
@with_selection
@click.option("--compare", metavar="GROUP", default="", help="Also compare two groups, such as those of technique.")
@click.option(
    "--since",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="What changed since this snapshot. [default: the previous]",
)
@click.option("--practice", metavar="NAME", default="", help="The name that stands above the report.")
@click.option("--paper", type=click.Choice(["a4", "letter"]), default="a4", show_default=True, help="Of a PDF.")
@click.option(
    "--made-at",
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d"]),
    help="The time to write on it, so that the same report is the same file. [default: now]",
)
@with_progress
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_html_or_pdf,
    help="A file that ends in .html or .pdf.",
)
def report(
    snapshot: Path | None,
    suppress_below: int | None,
    compare: str,
    since: int | None,
    practice: str,
    paper: str,
    made_at: datetime.datetime | None,
    progress_format: str,
    output: Path,
    **selection: Any,
) -> None:
    """Write the report of a selection: one page of HTML that needs nothing else, or a PDF."""
    from dashboard.report import Asked, check_compared, make_report, to_html, to_pdf
    from dashboard.store import open_kept, open_snapshot

    check_compared(compare)
    place = existing_snapshot(snapshot)
    store = open_snapshot(place, suppress_below)
    filters = selected(store, selection)
    number = earlier_number(place, since)
    if store.suppress_below and not since:
        number = None  # what changed is withheld, and nobody asked for it
    asked = Asked(
        made_at=made_at or datetime.datetime.now(),
        filters=filters,
        practice=practice,
        compare=compare,
        earlier=open_kept(place, number, 0) if number else None,
    )
    with Progress(progress_format) as progress:
        made = make_report(store, asked, progress)
        written = to_html(made).encode() if output.suffix.lower() == ".html" else to_pdf(made, paper)
    unfinished = output.with_name(f"{output.name}.unfinished")
    try:
        unfinished.write_bytes(written)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
