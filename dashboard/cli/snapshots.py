"""The snapshots that are kept, one that is shared, and the catalogue: `outcomes snapshots`, `share` and `catalogue`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from dashboard.cli.auditing import noted
from dashboard.cli.options import with_memory, with_progress, with_snapshot
from dashboard.cli.progress import Progress


@click.command()
@with_snapshot
@click.option("--return-to", type=click.IntRange(1), metavar="NUMBER", help="Make this one the current one again.")
def snapshots(snapshot: Path | None, return_to: int | None) -> None:
    """List the snapshots that are kept (OUTCOMES_SNAPSHOTS_KEPT of them, else 10), or return to one."""
    import data
    from dashboard.store import snapshot_path

    place = snapshot or snapshot_path()
    if return_to:
        with noted(place, "snapshot", returned_to=return_to), Progress() as progress:
            data.return_to(place, return_to, lambda message: progress(message, 0, 1))
    kept = data.snapshots(place)
    click.echo(f"{'number':>6}  {'':7}  {'imported':19}  {'data as of':10}  {'records':>11}  from")
    for one in kept:
        mark = "current" if one.is_current else ""
        imported_at = one.imported_at.isoformat(sep=" ") if one.imported_at else ""
        rows = f"{one.rows:,}" if one.rows is not None else ""
        more = f" and {len(one.files) - 3:,} more" if len(one.files) > 3 else ""
        again = "derived again, " if one.is_derived_again else ""
        told = one.problem or again + ", ".join(one.files[:3]) + more
        click.echo(f"{one.number:>6}  {mark:7}  {imported_at:19}  {one.as_of or ''!s:10}  {rows:>11}  {told}")


@click.command()
@click.argument("place", metavar="FOLDER/NAME", type=click.Path(path_type=Path))
@with_snapshot
@with_progress
def share(place: Path, snapshot: Path | None, progress_format: str) -> None:
    """Share the current snapshot under a NAME of its own in a FOLDER, in place of what this one shared before.

    An engine (OUTCOMES_ENGINE) reads there what all share.
    """
    import data
    from dashboard.store import snapshot_path

    own = snapshot or snapshot_path()
    with noted(own, "share", name=place.name), Progress(progress_format) as progress:
        data.share(own, place, progress)
    click.echo(f"{own}: shared as {place.name} in {place.parent}")


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@with_snapshot
@click.option("--derive-again", is_flag=True, help="Derive the snapshot again by the catalogue as it is.")
@with_memory
@with_progress
def catalogue(
    file: Path | None, snapshot: Path | None, derive_again: bool, memory: int | None, progress_format: str
) -> None:
    """Print the treatment types as CSV, or make an edited FILE the practice's own and derive the snapshot again."""
    import data
    from dashboard.store import first_look, open_snapshot, snapshot_path

    place = snapshot or snapshot_path()
    known = data.catalogue_of(place)
    if file is None and not derive_again:
        if known.problem:
            click.echo(f"Note: {known.problem}", err=True)
        types = data.with_unknown(known.types, open_snapshot(place).treatment_types)
        click.echo(data.written_catalogue(types).rstrip("\n"))
        return
    with noted(place, "catalogue", file=file.name if file else None), Progress(progress_format) as progress:
        data.rederive(
            place,
            data.read_catalogue(file) if file else None,
            progress=progress,
            figures=partial(first_look, memory=memory),
            memory=memory,
        )
    click.echo(f"{place}: derived again by {file or 'its catalogue'}; the snapshot before it is kept")
