"""From exports to a snapshot: `outcomes import`, `check`, `propose` and `mappings`."""

from __future__ import annotations

import datetime
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dashboard.cli.auditing import noted
from dashboard.cli.options import DAY, with_mapping, with_memory, with_progress, with_report, with_sources, writable
from dashboard.cli.progress import Progress
from dashboard.ending import Refused

if TYPE_CHECKING:
    from data import ImportReport
    from data.importing import Figures


@click.command("import")
@with_sources
@with_mapping
@click.option("--into", type=click.Path(path_type=Path), help="The snapshot to add to or to make.")
@click.option("--replace", is_flag=True, help="Start afresh instead of adding to the snapshot.")
@click.option("--as-of", type=DAY, help="The data cut-off, where the records do not tell.")
@click.option(
    "--share",
    "shared",
    type=click.Path(path_type=Path),
    metavar="FOLDER/NAME",
    help="Share the snapshot then, under that name, with an engine that reads the folder; see outcomes share.",
)
@with_memory
@with_progress
@with_report
def import_(
    sources: tuple[Path, ...],
    mapping: str | None,
    into: Path | None,
    replace: bool,
    as_of: datetime.datetime | None,
    shared: Path | None,
    memory: int | None,
    progress_format: str,
    report: Path | None,
) -> None:
    """Import exports into a snapshot: rows are matched by id, a later row replaces an earlier one."""
    from data import ImportRefused, import_exports, share

    place = into or _own_place()
    _require_own_place(report, [*sources, place, Path(mapping or "")])
    files = [source.name for source in sources]
    with noted(place, "import", files=files, is_afresh=replace), Progress(progress_format) as progress:
        outcome = import_exports(
            list(sources),
            into=place,
            mapping=mapping,
            replace=replace,
            as_of=as_of.date() if as_of else None,
            progress=progress,
            figures=partial(_first_look, memory=memory),
            memory=memory,
            rejects=_rejects(report or place),
        )
    trouble = None
    if shared:
        try:
            with noted(place, "share", name=shared.name), Progress(progress_format) as progress:
                share(place, shared, progress)
        except ImportRefused as refused:
            trouble = Refused(f"the snapshot was imported, but not shared: {refused}")
    try:
        _tell(outcome, report, report or place)
    except KeyboardInterrupt:
        raise Refused("interrupted; the snapshot was published, but its report was not written to the end") from None
    finally:
        if trouble:
            raise trouble


@click.command()
@with_sources
@with_mapping
@click.option("--into", type=click.Path(path_type=Path), help="The snapshot that an import would add to.")
@click.option("--as-of", type=DAY, help="The data cut-off, where the records do not tell.")
@click.option(
    "--preview",
    "preview_place",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=writable,
    help="Write ten rows of each table as JSON: as they stand in the file, and as they would be loaded.",
)
@with_memory
@with_progress
@with_report
def check(
    sources: tuple[Path, ...],
    mapping: str | None,
    into: Path | None,
    as_of: datetime.datetime | None,
    preview_place: Path | None,
    memory: int | None,
    progress_format: str,
    report: Path | None,
) -> None:
    """Read exports as an import would, and say what would become of every row; writes no snapshot."""
    from data import check_exports, saved_mappings
    from data.proposing import preview

    if mapping and not Path(mapping).is_file():
        mapping = str(saved_mappings(into or _usual_place()).get(mapping, mapping))
    for place in (report, preview_place):
        _require_own_place(place, [*sources, Path(mapping or "")])
    cut_off = as_of.date() if as_of else None
    with Progress(progress_format) as progress:
        if preview_place:
            previewed, outcome = preview(
                list(sources),
                mapping,
                into=into,
                as_of=cut_off,
                progress=progress,
                memory=memory,
                rejects=_rejects(report),
            )
            preview_place.write_text(previewed.to_json(), encoding="utf-8")
        else:
            outcome = check_exports(
                list(sources),
                mapping=mapping,
                into=into,
                as_of=cut_off,
                progress=progress,
                memory=memory,
                rejects=_rejects(report),
            )
    _tell(outcome, report, report)


@click.command()
@with_sources
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), callback=writable, help="A file. [default: stdout]"
)
@click.option(
    "--format",
    "written_as",
    type=click.Choice(["toml", "json"]),
    default="toml",
    show_default=True,
    help="A mapping, or everything that was found out.",
)
@with_progress
def propose(sources: tuple[Path, ...], output: Path | None, written_as: str, progress_format: str) -> None:
    """Propose a mapping for exports with names of their own: which file is what, and how its columns are read."""
    from data.proposing import propose

    _require_own_place(output, list(sources))
    with Progress(progress_format) as progress:
        proposal = propose(list(sources), progress)
    name = output.stem if output else next((source.resolve().stem for source in sources), "")
    written = proposal.to_toml(name) if written_as == "toml" else proposal.to_json()
    if output:
        output.write_text(written, encoding="utf-8")
    else:
        click.echo(written.rstrip("\n"))
    for question in proposal.questions:
        click.echo(f"Open: {question.file}: {question.text}", err=True)


@click.command()
@click.argument("name", required=False)
def mappings(name: str | None) -> None:
    """List the mappings that are shipped, or write the one of that NAME out, to be copied and changed."""
    from data import shipped_mappings

    shipped = shipped_mappings()
    if name is None:
        for called, file in shipped.items():
            click.echo(f"{called:12}  {tomllib.loads(file.read_text(encoding='utf-8'))['name']}")
    elif name in shipped:
        click.echo(shipped[name].read_text(encoding="utf-8").rstrip("\n"))
    else:
        raise Refused(f"there is no mapping {name}: shipped are {', '.join(shipped)}")


# The store takes longer to be imported than a small file to be read: a check needs none, an import at its end.
def _usual_place() -> Path:
    from dashboard.store import snapshot_path

    return snapshot_path()


def _own_place() -> Path:
    """Where an import puts the snapshot that nobody names: with an engine that would be what is shared."""
    from dashboard.store import ENGINE_VARIABLE, engine_address

    if engine_address():
        raise Refused(f"{ENGINE_VARIABLE} is set: say with --into where the snapshot of these exports is")
    return _usual_place()


def _first_look(place: Path, told: Callable[[float], None], memory: int | None) -> Figures:
    from dashboard.store import first_look

    return first_look(place, told, memory)


def _require_own_place(report: Path | None, others: list[Path]) -> None:
    """Refuses a report, or the rejects beside it, in the place of something that is read or made."""
    if not report:
        return
    taken = {inside.resolve() for other in others for inside in (other, *(other.glob("*") if other.is_dir() else ()))}
    for place in (report, report.with_name(f"{report.stem}.rejects.csv")):
        if place.resolve() in taken:
            raise Refused(f"the report would be written over {place}: name another file with --report")


def _rejects(beside: Path | None) -> Path | None:
    """Where rejected rows are written: beside the report, or else the snapshot."""
    return beside.with_name(f"{beside.stem}.rejects.csv") if beside else None


def _tell(outcome: ImportReport, report: Path | None, beside: Path | None) -> None:
    """Prints the report, and writes it as JSON; exit status 1 where rows were rejected."""
    rejects = _rejects(beside)
    if rejects and not outcome.reject_count:
        rejects.unlink(missing_ok=True)
        rejects = None
    if report:
        report.write_text(outcome.to_json(rejects.name if rejects else None), encoding="utf-8")
    click.echo(outcome.text().rstrip("\n"))
    if rejects:
        click.echo(f"\nThe rejected rows, with the reasons, for a spreadsheet: {rejects}")
    sys.exit(1 if outcome.reject_count else 0)
