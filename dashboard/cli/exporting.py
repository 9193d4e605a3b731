"""From a snapshot to files: `outcomes export` and `measures`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from dashboard.cli.options import (
    earlier_number,
    existing_snapshot,
    selected,
    with_selection,
    with_snapshot,
    with_suppression,
)
from dashboard.ending import Refused


@click.command()
@click.argument("measure")
@with_snapshot
@with_suppression
@with_selection
@click.option("--by", "by", multiple=True, metavar="GROUP", help="Repeat to cross groups. [default: treatment_type]")
@click.option("--unit", type=click.Choice(["session", "record", "patient"]), help="[default: session]")
@click.option("--window-days", type=click.IntRange(0), help="Only side effects that began so soon.")
@click.option("--clock", type=click.Choice(["onset", "treatment"]), help="[default: onset]")
@click.option("--horizon-days", type=click.IntRange(0), help="Who is due so soon, besides the overdue. [default: 30]")
@click.option(
    "--since", type=click.IntRange(1), metavar="NUMBER", help="Changes since this snapshot. [default: the previous]"
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
def export(measure: str, snapshot: Path | None, suppress_below: int | None, **options: Any) -> None:
    """Write a measure, or the records of a table, as a file."""
    from dashboard.filters import SIDE_EFFECT_FILTERS
    from dashboard.store import CHANGES, MEASURES, RECORDS, counts_side_effects, open_snapshot

    if measure not in (*MEASURES, *RECORDS, *CHANGES):
        raise Refused(f"there is no measure {measure!r}; there are: {', '.join((*MEASURES, *RECORDS, *CHANGES))}")
    output: Path | None = options.pop("output")
    file_format = options.pop("file_format") or ending(output)
    place = existing_snapshot(snapshot)
    store = open_snapshot(place, suppress_below)
    filters, taken = selected(store, options), options
    since = taken.pop("since")
    if since and measure not in CHANGES:
        raise Refused(f"--since is for what changed: {', '.join(CHANGES)}")
    of_side_effects = [column for column in SIDE_EFFECT_FILTERS if getattr(filters, column)]
    if of_side_effects and measure not in CHANGES and not counts_side_effects(measure):
        chosen = " and ".join(of_side_effects)
        click.echo(f"Note: {chosen} selects side effects, and leaves {measure} as it is.", err=True)
    if measure in CHANGES:
        rows: Any = _changes(measure, store, place, since, [] if filters.is_empty else ["selection"], taken)
    elif measure in RECORDS:
        rows = store.records_reader(measure, filters, **_record_options(measure, taken))
    else:
        rows = store.measure(measure, filters, **_measure_options(measure, taken))
    write_rows(rows, file_format, output)


def write_rows(rows: Any, file_format: str, output: Path | None) -> None:
    """Writes rows to a file, whole or not at all, or to stdout where none is named."""
    from dashboard import export as files

    if output is None or str(output) == "-":
        if file_format in ("parquet", "xlsx") and sys.stdout.isatty():
            raise Refused(f"{file_format} is not for a terminal: name a file with --output")
        if file_format == "xlsx":
            sys.stdout.buffer.write(files.to_bytes(rows, file_format))
        else:
            files.write(rows, file_format, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    else:
        if output.exists() and not output.is_file():
            with output.open("wb") as file:
                files.write(rows, file_format, file)
            return
        output = output.resolve()
        unfinished = output.with_name(f"{output.name}.unfinished")
        try:
            with unfinished.open("wb") as file:
                files.write(rows, file_format, file)
            unfinished.replace(output)
        finally:
            unfinished.unlink(missing_ok=True)


def _changes(name: str, store: Any, place: Path, since: int | None, selection: list[str], taken: dict[str, Any]) -> Any:
    """What changed since an earlier snapshot, of all records: a selection, or an option of a measure, is refused."""
    from dashboard.store import open_kept

    if refused := selection + [option for option, value in taken.items() if value not in (None, ())]:
        raise Refused(f"{name} is of all records, and takes no {', '.join(refused)}")
    number = earlier_number(place, since)
    if number is None:
        raise Refused("there is no earlier snapshot yet: every import keeps the one before it")
    return store.since(open_kept(place, number, 0)).table(name)


def _record_options(table: str, taken: dict[str, Any]) -> dict[str, Any]:
    """The options of a record table; one that it does not take is refused rather than ignored."""
    from dashboard.store import options_of

    chosen = {name: value for name, value in taken.items() if value not in (None, ())}
    unknown = [f"--{name.replace('_', '-')}" for name in chosen if name not in options_of(table)]
    if unknown:
        raise Refused(f"{table} are records and take no {', '.join(unknown)}")
    return chosen


def _measure_options(measure: str, taken: dict[str, Any]) -> dict[str, Any]:
    """The options of a measure; one that it does not take is refused rather than ignored."""
    from dashboard.store import options_of

    chosen = {name: value for name, value in taken.items() if value not in (None, ())}
    by = tuple(dict.fromkeys(chosen.pop("by", ("treatment_type",))))
    level = chosen.pop("level", 0.95)
    if not 0 < level < 1:
        raise Refused("--level lies between 0 and 1, such as 0.95")
    unknown = sorted(set(chosen) - set(options_of(measure)))
    if unknown:
        raise Refused(f"{measure} takes no {', '.join('--' + name.replace('_', '-') for name in unknown)}")
    return {"by": by, "level": level, **chosen}


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
