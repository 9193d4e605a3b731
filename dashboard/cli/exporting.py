"""From a snapshot to files: `outcomes export` and `measures`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from dashboard.filters import Filters
    from dashboard.request import Request
    from dashboard.store import Store

RECORDS_MEMORY = 600_000_000
"""Bytes that DuckDB works in where records alone are written: they come in order, and figures may need more."""
ONE_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("names", nargs=-1, metavar="NAME...")
@with_snapshot
@with_suppression
@with_selection
@click.option("--by", "by", multiple=True, metavar="GROUP", help="Repeat to cross groups. [default: treatment_type]")
@click.option("--unit", type=click.Choice(["session", "record", "patient"]), help="[default: session]")
@click.option("--window-days", type=click.IntRange(0), help="Only side effects that began so soon.")
@click.option("--clock", type=click.Choice(["onset", "treatment"]), help="[default: onset]")
@click.option("--horizon-days", type=click.IntRange(0), help="Who is due so soon, besides the overdue. [default: 30]")
@click.option(
    "--since",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="What changed since this snapshot, in records, figures or signals. [default: the previous]",
)
@click.option("--patient-id", metavar="ID", help="Whose the tables of one patient are.")
@click.option("--strata", multiple=True, metavar="GROUP", help="Compare groups within strata; repeat to cross them.")
@click.option("--reference", metavar="VALUE", help="The group that others are compared with. [default: the largest]")
@click.option(
    "--limits",
    type=click.Choice(["clustered", "greenwood", "none"]),
    help="How confidence limits of curves are found; greenwood leaves those of Turnbull curves empty. "
    "[default: clustered]",
)
@click.option("--level", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="[default: 0.95]")
@click.option("--format", "file_format", type=click.Choice(["csv", "parquet", "xlsx", "json"]), help="[default: csv]")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="A file, or - for stdout.",
)
@click.option("--bundle", type=ONE_FILE, callback=writable, metavar="FILE.zip", help="Write the tables as a bundle.")
@click.option(
    "--from-manifest",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Make the bundle of this manifest, or zip, again; with --bundle.",
)
@click.option("--anyway", is_flag=True, help="Also from another snapshot, or by another version of this program.")
@with_progress
def export(
    names: tuple[str, ...],
    snapshot: Path | None,
    suppress_below: int | None,
    output: Path | None,
    bundle: Path | None,
    from_manifest: Path | None,
    anyway: bool,
    file_format: str | None,
    progress_format: str,
    **options: Any,
) -> None:
    """Write a measure, or the records of a table, as a file; or several of them as a bundle."""
    from dashboard.store import CHANGES, MEASURES, RECORDS, open_snapshot

    chosen = {name: value for name, value in options.items() if value not in (None, ())}
    if from_manifest:
        if names or chosen or file_format or output or not bundle:
            raise Refused("--from-manifest says itself what is asked; beside it stands --bundle FILE.zip alone")
        _again(from_manifest, snapshot, suppress_below, bundle, anyway, progress_format)
        return
    if unknown := [name for name in names if name not in (*MEASURES, *RECORDS, *CHANGES)]:
        raise Refused(f"there is no measure {unknown[0]!r}; there are: {', '.join((*MEASURES, *RECORDS, *CHANGES))}")
    since = options.pop("since")
    is_compared = bool(since) or set(names) & set(CHANGES)
    if not names or (not bundle and len(names) > 1 and not is_compared) or (bundle and output):
        raise Refused("name what is to be written: one measure or table, or several with --bundle FILE.zip")
    place = existing_snapshot(snapshot)
    store = open_snapshot(place, suppress_below, RECORDS_MEMORY if set(names) <= set(RECORDS) else None)
    filters, taken = selected(store, options), options
    if is_compared:
        if bundle:
            raise Refused(f"what changed is in no bundle: {', '.join(names)}")
        write_rows(_changed(names, store, place, since, filters, taken), file_format or ending(output), output)
        return
    requests = _requests(names, filters, taken)
    for request in requests:
        _note_side_effects(request)
    with Progress(progress_format) as progress:
        if bundle:
            _bundle(store, requests, file_format or "csv", bundle, progress)
            return
        file_format = file_format or ending(output)
        rows = requests[0].rows(store)
        # Counted for whoever watches alone.
        total = requests[0].row_count(store) if progress.is_watched else 0
        write_rows(rows, file_format, output, lambda written: progress(f"writing {names[0]}", written, total))


def _requests(names: tuple[str, ...], filters: Filters, taken: dict[str, Any]) -> list[Request]:
    """What is asked of each name; an option goes to those that take it, and one that none takes is refused."""
    from dashboard.request import Request
    from dashboard.store import options_taken

    chosen = {name: value for name, value in taken.items() if value not in (None, ())}
    by = chosen.pop("by", None)
    of_names = {name: set(options_taken(name)) for name in names}
    missed = [option for option in chosen if not any(option in of_name for of_name in of_names.values())]
    if by and not any(Request(name).is_measure for name in names):
        missed = ["by", *missed]
    if missed:
        told = ", ".join(f"--{option.replace('_', '-')}" for option in missed)
        raise Refused(f"{' and '.join(names)}: takes no {told}" if len(names) > 1 else f"{names[0]} takes no {told}")
    return [
        Request(
            name,
            filters,
            by or ("treatment_type",),
            tuple((option, value) for option, value in chosen.items() if option in of_names[name]),
        )
        for name in dict.fromkeys(names)
    ]


def _note_side_effects(request: Request) -> None:
    from dashboard.filters import SIDE_EFFECT_FILTERS
    from dashboard.store import counts_side_effects

    of_side_effects = [column for column in SIDE_EFFECT_FILTERS if getattr(request.filters, column)]
    if of_side_effects and not counts_side_effects(request.name):
        chosen = " and ".join(of_side_effects)
        click.echo(f"Note: {chosen} selects side effects, and leaves {request.name} as it is.", err=True)


def _again(
    manifest: Path, snapshot: Path | None, suppress_below: int | None, place: Path, anyway: bool, progress_format: str
) -> None:
    """The bundle of a manifest once more; refused where the bytes would be others, unless they may."""
    from dashboard import bundle, privacy
    from dashboard.store import open_snapshot

    told = bundle.read(manifest)
    asked = privacy.suppress_below() if suppress_below is None else suppress_below
    store = open_snapshot(existing_snapshot(snapshot), max(asked, told.suppress_below))
    differences = told.differences(store)
    if differences and not anyway:
        raise Refused(" ".join(differences) + " Nothing was written; --anyway writes the bundle of what is there now.")
    for request in told.requests:
        store.check(request.filters)
    expected = {file["file"]: file["sha256"] for file in told.told["files"]}
    with Progress(progress_format) as progress:
        files = _bundle(store, told.requests, told.file_format, place, progress, None if anyway else expected)
    changed = [file["file"] for file in files if expected.get(file["file"]) != file["sha256"]]
    for difference in differences:
        click.echo(f"Note: {difference}", err=True)
    if changed:
        click.echo(f"Note: not the same bytes as in the bundle: {', '.join(changed)}", err=True)


def _bundle(
    store: Store,
    requests: Sequence[Request],
    file_format: str,
    place: Path,
    progress: Any,
    expected: dict[str, str] | None = None,
) -> list[dict[str, Any]]:
    """The bundle as a file, put in place when it is whole, and where its files are the expected ones, if they are."""
    from dashboard import bundle

    with _put_in_place(place) as unfinished:
        files = bundle.write(store, requests, file_format, unfinished, progress)
        found = {file["file"]: file["sha256"] for file in files}
        if expected is not None and found != expected:
            others = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
            raise Refused(
                f"the snapshot is the same, and yet these files are not: {', '.join(others)}; "
                "the manifest may have been changed. Nothing was written; --anyway writes what is there now."
            )
    return files


def write_rows(
    rows: Any, file_format: str, output: Path | None, progress: Callable[[int], None] = lambda written: None
) -> None:
    """Writes rows to a file, put in place when it is whole, or to stdout where none is named."""
    from dashboard import export as files

    if output is None or str(output) == "-":
        if file_format in ("parquet", "xlsx") and sys.stdout.isatty():
            raise Refused(f"{file_format} is not for a terminal: name a file with --output")
        if file_format == "xlsx":
            sys.stdout.buffer.write(files.to_bytes(rows, file_format))
        else:
            files.write(rows, file_format, sys.stdout.buffer, progress)
        sys.stdout.buffer.flush()
    elif output.exists() and not output.is_file():
        with output.open("wb") as file:
            files.write(rows, file_format, file, progress)
    else:
        with _put_in_place(output) as unfinished, unfinished.open("wb") as file:
            files.write(rows, file_format, file, progress)


@contextmanager
def _put_in_place(place: Path) -> Iterator[Path]:
    """A file beside the place, which takes it when all is done, and is removed otherwise."""
    place = place.resolve()
    unfinished = place.with_name(f"{place.name}.unfinished")
    try:
        yield unfinished
        unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)


def _changed(
    names: tuple[str, ...], store: Store, place: Path, since: int | None, filters: Filters, taken: dict[str, Any]
) -> Any:
    """What changed since an earlier snapshot: in all records, in the figures of a measure, or in signals.

    Refused are a selection of what is of all records, and every option of a measure.
    """
    from dashboard.changes import FIGURES, WATCHED, compare_figures, compare_signals
    from dashboard.store import CHANGES, open_kept

    is_of_records = len(names) == 1 and names[0] in CHANGES
    if not (is_of_records or (len(names) == 1 and names[0] in FIGURES) or set(names) <= set(WATCHED)):
        raise Refused(
            f"--since is for what changed, of one of these: {', '.join((*CHANGES, *FIGURES))}; "
            f"or for signals, of any of these: {', '.join(WATCHED)}"
        )
    refused = [option for option, value in taken.items() if value not in (None, ())]
    if is_of_records and (refused or not filters.is_empty):
        told = ", ".join([*["selection"][: not filters.is_empty], *refused])
        raise Refused(f"{names[0]} is of all records, and takes no {told}")
    if refused:
        raise Refused(f"what changed takes a selection, and no {', '.join(refused)}")
    number = earlier_number(place, since)
    if number is None:
        raise Refused("there is no earlier snapshot yet: every import keeps the one before it")
    earlier = open_kept(place, number, store.suppress_below)
    if is_of_records or store.suppress_below:  # which is refused
        return store.since(earlier).table(names[0])
    if names[0] in FIGURES:
        return compare_figures(names[0], earlier, store, filters)
    return compare_signals(earlier, store, filters, names).table


@click.command()
def measures() -> None:
    """List every measure and record table: name, columns, definition."""
    from dashboard.store import CHANGES, MEASURES, RECORDS, definition, options_of
    from queries import groups_of

    for heading, listed in (("Measures", MEASURES), ("Records", RECORDS), ("What changed (--since)", CHANGES)):
        click.echo(f"{heading}\n")
        for name in listed:
            meaning = definition(name)
            click.echo(f"{name}\n  {meaning.sentence}")
            for label, text in meaning.notes.items():
                if label != "columns":
                    click.echo(f"  {label}: {text}")
            columns = ", ".join(meaning.columns)
            click.echo(f"  columns: {'the group, ' if name in MEASURES else ''}{columns}")
            if name in MEASURES:
                click.echo(f"  by: {', '.join(groups_of(name))}")
            if name not in CHANGES and options_of(name):
                click.echo(f"  options: {', '.join('--' + option.replace('_', '-') for option in options_of(name))}")
            click.echo("")


def ending(output: Path | None) -> str:
    """The format that a file's name ends in; CSV where it says none."""
    suffix = output.suffix.lstrip(".").lower() if output else ""
    return suffix if suffix in ("csv", "parquet", "xlsx", "json") else "csv"
