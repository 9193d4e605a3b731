"""The command `outcomes`: everything the screens show, under the same names."""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import re
import socket
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dashboard.ending import Commands, Refused

if TYPE_CHECKING:
    from data import ImportReport

PROJECT = Path(__file__).parent.parent


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="outcomes")
def main() -> None:
    """Outcomes of aesthetic treatments: side-effect rates, time to resolution, maintenance intervals."""


_snapshot = click.option(
    "--snapshot",
    type=click.Path(path_type=Path),
    help="The snapshot; else OUTCOMES_SNAPSHOT, else .outcomes/snapshot.json.",
)
_sources = click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
_mapping = click.option(
    "--mapping", help="A TOML file, or the name of a mapping that is saved beside the snapshot, or shipped."
)


def _writable(context: click.Context, parameter: click.Parameter, place: Path | None) -> Path | None:
    """A place whose folder can be written, asked before anything is done."""
    if place and not os.access(place.parent, os.W_OK):
        raise Refused(f"{place} cannot be written: {place.parent} is no folder that you may write to")
    return place


_report = click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_writable,
    help="Write the report as JSON.",
)
_day = click.DateTime(["%Y-%m-%d"])
_progress = click.option(
    "--progress",
    "progress_format",
    type=click.Choice(["line", "json"]),
    default="line",
    show_default=True,
    help="How progress is told on stderr: a line on a terminal, or JSON lines (step, done, total) for a program.",
)


def _bytes(context: click.Context, parameter: click.Parameter, told: str | None) -> int | None:
    """A size such as 4GB or 500MB, in bytes."""
    if told is None:
        return None
    size = re.fullmatch(r"(\d+(?:\.\d+)?) ?(MB|GB|TB)", told.strip(), re.IGNORECASE)
    if not size:
        raise Refused(f"--memory {told} is no size: write it like 4GB or 500MB")
    return int(float(size[1]) * {"MB": 10**6, "GB": 10**9, "TB": 10**12}[size[2].upper()])


_memory = click.option(
    "--memory",
    callback=_bytes,
    metavar="SIZE",
    help="The memory to work in, such as 4GB; more is spilled to disk. [default: a quarter of the machine's]",
)


_suppress = click.option(
    "--suppress-below",
    type=click.IntRange(0),
    help="Hide counts below this and what would give them away, such as 5; else OUTCOMES_SUPPRESS_BELOW, else none.",
)


@main.command()
@_snapshot
@_suppress
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8501, show_default=True, type=click.IntRange(1, 65535))
def serve(snapshot: Path | None, suppress_below: int | None, host: str, port: int) -> None:
    """Open the dashboard in a browser."""
    from dashboard import privacy
    from data import current

    if suppress_below is not None:
        os.environ[privacy.VARIABLE] = str(suppress_below)
    privacy.suppress_below()  # refuses, if it cannot be understood
    if host != "localhost" and not _is_loopback(host):
        raise Refused(
            f"--host {host} would show patient records to the network, and there is no sign-in yet: "
            "leave it at 127.0.0.1 and reach it through an SSH tunnel"
        )
    with socket.socket() as free:
        try:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind((host, port))
        except OSError:
            raise Refused(f"port {port} is taken: name another with --port") from None
    place = _existing(snapshot)
    current(place)
    os.environ["OUTCOMES_SNAPSHOT"] = str(place.resolve())
    from streamlit.web import cli as streamlit

    # Streamlit reads its configuration from the folder that it is started in.
    os.chdir(PROJECT)
    sys.argv = [
        "streamlit",
        "run",
        str(PROJECT / "streamlit_app.py"),
        "--server.address",
        host,
        "--server.port",
        str(port),
    ]
    streamlit.main()


@main.command("import")
@_sources
@_mapping
@click.option("--into", type=click.Path(path_type=Path), help="The snapshot to add to or to make.")
@click.option("--replace", is_flag=True, help="Start afresh instead of adding to the snapshot.")
@click.option("--as-of", type=_day, help="The data cut-off, where the records do not tell.")
@_memory
@_progress
@_report
def import_(
    sources: tuple[Path, ...],
    mapping: str | None,
    into: Path | None,
    replace: bool,
    as_of: datetime.datetime | None,
    memory: int | None,
    progress_format: str,
    report: Path | None,
) -> None:
    """Import exports into a snapshot: rows are matched by id, a later row replaces an earlier one."""
    from dashboard.store import first_look, snapshot_path
    from data import import_exports

    place = into or snapshot_path()
    _require_own_place(report, [*sources, place, Path(mapping or "")])
    with _Progress(progress_format) as progress:
        outcome = import_exports(
            list(sources),
            into=place,
            mapping=mapping,
            replace=replace,
            as_of=as_of.date() if as_of else None,
            progress=progress,
            figures=partial(first_look, memory=memory),
            memory=memory,
            rejects=_rejects(report or place),
        )
    try:
        _tell(outcome, report, report or place)
    except KeyboardInterrupt:
        raise Refused("interrupted; the snapshot was published, but its report was not written to the end") from None


@main.command()
@_sources
@_mapping
@click.option("--into", type=click.Path(path_type=Path), help="The snapshot that an import would add to.")
@click.option("--as-of", type=_day, help="The data cut-off, where the records do not tell.")
@click.option(
    "--preview",
    "preview_place",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_writable,
    help="Write ten rows of each table as JSON: as they stand in the file, and as they would be loaded.",
)
@_memory
@_progress
@_report
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
    from dashboard.store import snapshot_path
    from data import check_exports, saved_mappings
    from data.proposing import preview

    if mapping and not Path(mapping).is_file():
        mapping = str(saved_mappings(into or snapshot_path()).get(mapping, mapping))
    for place in (report, preview_place):
        _require_own_place(place, [*sources, Path(mapping or "")])
    cut_off = as_of.date() if as_of else None
    with _Progress(progress_format) as progress:
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


@main.command()
@_sources
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), callback=_writable, help="A file. [default: stdout]"
)
@click.option(
    "--format",
    "written_as",
    type=click.Choice(["toml", "json"]),
    default="toml",
    show_default=True,
    help="A mapping, or everything that was found out.",
)
@_progress
def propose(sources: tuple[Path, ...], output: Path | None, written_as: str, progress_format: str) -> None:
    """Propose a mapping for exports with names of their own: which file is what, and how its columns are read."""
    from data.proposing import propose

    _require_own_place(output, list(sources))
    with _Progress(progress_format) as progress:
        proposal = propose(list(sources), progress)
    name = output.stem if output else next((source.resolve().stem for source in sources), "")
    written = proposal.to_toml(name) if written_as == "toml" else proposal.to_json()
    if output:
        output.write_text(written, encoding="utf-8")
    else:
        click.echo(written.rstrip("\n"))
    for question in proposal.questions:
        click.echo(f"Open: {question.file}: {question.text}", err=True)


@main.command()
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


@main.command()
@_snapshot
@click.option("--return-to", type=click.IntRange(1), metavar="NUMBER", help="Make this one the current one again.")
def snapshots(snapshot: Path | None, return_to: int | None) -> None:
    """List the snapshots that are kept (OUTCOMES_SNAPSHOTS_KEPT of them, else 10), or return to one."""
    import data
    from dashboard.store import snapshot_path

    place = snapshot or snapshot_path()
    if return_to:
        with _Progress() as progress:
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


@main.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@_snapshot
@click.option("--derive-again", is_flag=True, help="Derive the snapshot again by the catalogue as it is.")
@_memory
@_progress
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
    with _Progress(progress_format) as progress:
        data.rederive(
            place,
            data.read_catalogue(file) if file else None,
            progress=progress,
            figures=partial(first_look, memory=memory),
            memory=memory,
        )
    click.echo(f"{place}: derived again by {file or 'its catalogue'}; the snapshot before it is kept")


@main.command()
@click.argument("measure")
@_snapshot
@_suppress
@click.option("--from", "treated_from", type=_day, help="First day of treatment.")
@click.option("--to", "treated_to", type=_day, help="Last day of treatment.")
@click.option("--dose-from", type=float, help="Smallest dose.")
@click.option("--dose-to", type=float, help="Largest dose.")
@click.option("--where", "where", multiple=True, metavar="COLUMN=VALUE", help="Repeat for more values or columns.")
@click.option("--by", "by", multiple=True, metavar="GROUP", help="Repeat to cross groups. [default: treatment_type]")
@click.option("--unit", type=click.Choice(["session", "record", "patient"]), help="[default: session]")
@click.option("--effect", multiple=True, help="Only this side effect; repeat for more.")
@click.option("--severity", multiple=True, help="Only this severity; repeat for more.")
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
    from dashboard import export as files
    from dashboard.filters import SIDE_EFFECT_FILTERS
    from dashboard.store import CHANGES, MEASURES, RECORDS, counts_side_effects, open_snapshot

    if measure not in (*MEASURES, *RECORDS, *CHANGES):
        raise Refused(f"there is no measure {measure!r}; there are: {', '.join((*MEASURES, *RECORDS, *CHANGES))}")
    output: Path | None = options.pop("output")
    file_format = options.pop("file_format") or (_ending(output) if output else "csv")
    place = _existing(snapshot)
    store = open_snapshot(place, suppress_below)
    filters, taken = _selection(store, options)
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
    from dashboard.store import earlier_snapshots, open_kept

    if refused := selection + [option for option, value in taken.items() if value not in (None, ())]:
        raise Refused(f"{name} is of all records, and takes no {', '.join(refused)}")
    earlier = [one.number for one in earlier_snapshots(place)]
    if not earlier:
        raise Refused("there is no earlier snapshot yet: every import keeps the one before it")
    number = since or earlier[0]
    if number not in earlier:
        raise Refused(f"snapshot {number} is none of the earlier ones, which are: {', '.join(map(str, earlier))}")
    return store.since(open_kept(place, number, 0)).table(name)


def _selection(store: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The filters of the options, checked against what there is, and the options that are no filters."""
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
    return filters, options


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


@main.command()
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


@main.command()
@click.option("--treatments", required=True, type=click.IntRange(1), help="How many treatment records.")
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0), help="The same seed makes the same files."
)
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write into.",
)
def sample(treatments: int, seed: int, output: Path) -> None:
    """Make synthetic exports in the contract's shape, of any size."""
    from data.sampling import write_sample

    with _Progress() as progress:
        write_sample(output, treatments, seed, progress=lambda done, total: progress("treatment records", done, total))
    click.echo(f"{output}: synthetic exports of {treatments:,} treatment records, seed {seed}")


class _Progress:
    """On stderr, how far the work is: JSON lines for a program, else a line where stderr is a terminal."""

    def __init__(self, written_as: str = "line") -> None:
        self.is_json = written_as == "json"
        self.is_shown = sys.stderr.isatty() and not self.is_json

    def __enter__(self) -> Callable[[str, int, int], None]:
        return self.show

    def show(self, step: str, done: int, total: int) -> None:
        if self.is_json:
            click.echo(json.dumps({"step": step, "done": done, "total": total}), err=True)
        elif self.is_shown:
            share = f"{done / total:4.0%}" if total else "    "
            click.echo(f"\r\033[K{share}  {step}", nl=False, err=True)

    def __exit__(self, *_: object) -> None:
        if self.is_shown:
            click.echo("\r\033[K", nl=False, err=True)


def _existing(snapshot: Path | None) -> Path:
    """The snapshot's place; where none is there and none was asked for, it is built from the bundled sample."""
    from dashboard.store import SNAPSHOT_VARIABLE, default_snapshot
    from data import current

    if snapshot is not None and not snapshot.exists():
        current(snapshot)  # refuses, and says whether one was there
    with _Progress() as progress:
        place, is_new = default_snapshot(snapshot, progress)
    if is_new:
        click.echo(
            f"No snapshot at {place} yet: built one from the bundled sample, which is synthetic. "
            f"Import your own with: outcomes import FOLDER --replace (or set {SNAPSHOT_VARIABLE}).",
            err=True,
        )
    return place


def _ending(output: Path) -> str:
    ending = output.suffix.lstrip(".").lower()
    return ending if ending in ("csv", "parquet", "xlsx", "json") else "csv"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    main()
