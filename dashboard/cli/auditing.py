"""Who saw, took away and changed what: `outcomes audit`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from dashboard.cli.options import with_snapshot
from dashboard.ending import Refused


@contextmanager
def noted(place: Path, what: str, **about: Any) -> Iterator[None]:
    """What is done inside is noted once it is done, under the account that runs this command, where there is a log.

    Raises Refused before it is begun where it could not be noted.
    """
    from dashboard import audit

    log = audit.log_of(place)
    if not log.exists():
        yield
        return
    account = os.environ.get("USER") or str(os.getuid())
    try:
        audit.require_writable(log)
    except audit.Unwritable as failure:
        raise Refused(f"{failure}, and nothing is changed that cannot be noted") from None
    yield
    try:
        audit.append(log, account, f"{account}, by the command outcomes", what, about)
    except audit.Unwritable as failure:
        click.echo(f"Note: {failure}", err=True)


@click.group()
def audit() -> None:
    """Read the audit log, and verify that nobody changed it."""


@audit.command()
@with_snapshot
@click.option("--end", default="", metavar="SHA256", help="Of an event that was the last when it was written down.")
def verify(snapshot: Path | None, end: str) -> None:
    """Say whether every event is there as it was written, and the SHA-256 of the last, to be written down elsewhere."""
    from dashboard import audit
    from dashboard.store import snapshot_path

    verified = audit.verify(audit.log_of(snapshot or snapshot_path()), end.strip().lower())
    if verified.problem:
        raise Refused(f"the audit log is not as it was written: {verified.problem}")
    click.echo(f"{verified.events:,} events, each as it was written. The last: {verified.sha256}")


@audit.command()
@with_snapshot
@click.option("--last", default=50, show_default=True, type=click.IntRange(1), help="So many events.")
def show(snapshot: Path | None, last: int) -> None:
    """List the last events, a line of JSON for each."""
    from dataclasses import asdict

    from dashboard import audit
    from dashboard.store import snapshot_path

    for event in audit.last(audit.log_of(snapshot or snapshot_path()), last):
        told = {name: value for name, value in asdict(event).items() if name not in ("before", "sha256")}
        click.echo(json.dumps(told, ensure_ascii=False))
