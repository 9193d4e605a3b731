"""`outcomes serve`."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from pathlib import Path

import click

from dashboard.cli.options import existing_snapshot, with_snapshot, with_suppression
from dashboard.ending import Refused

PROJECT = Path(__file__).parent.parent.parent


@click.command()
@with_snapshot
@with_suppression
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8501, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="A name or address by which browsers call it, besides this machine's own; repeat for more.",
)
@click.option("--insecure", is_flag=True, help="Let others in without signing in; every page says so.")
def serve(
    snapshot: Path | None,
    suppress_below: int | None,
    host: str,
    port: int,
    allow_host: tuple[str, ...],
    insecure: bool,
) -> None:
    """Open the dashboard in a browser."""
    from dashboard import privacy
    from dashboard.store import current_snapshot

    if suppress_below is not None:
        os.environ[privacy.VARIABLE] = str(suppress_below)
    privacy.suppress_below()  # refuses, if it cannot be understood
    from streamlit.web import bootstrap

    from dashboard.server.listening import INSECURE_VARIABLE, LOOPBACK, checked
    from dashboard.server.sign_in import NAMED

    if insecure:
        os.environ[INSECURE_VARIABLE] = "1"
    settings = {"server.address": host, "server.port": port}
    names = [*LOOPBACK, host, *allow_host] if allow_host else []
    lists = {"server.allowedHosts": names, "secrets.files": os.environ.get(NAMED, "").split()}
    with contextlib.chdir(PROJECT):  # Streamlit reads its settings and secrets from the folder that it is started in
        # What its own command takes from the environment, too: whether there is a sign-in decides who may be let in.
        bootstrap.load_config_options(settings | {name: values for name, values in lists.items() if values})
        checked()
    with socket.socket() as free:
        try:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind((host, port))
        except OSError:
            raise Refused(f"port {port} is taken: name another with --port") from None
    place = existing_snapshot(snapshot)
    current_snapshot(place)
    os.environ["OUTCOMES_SNAPSHOT"] = str(place.resolve())
    from streamlit.web import cli as streamlit

    os.chdir(PROJECT)
    sys.argv = ["streamlit", "run", str(PROJECT / "streamlit_app.py")]
    for name, value in (*settings.items(), *(("server.allowedHosts", name) for name in names)):
        sys.argv += [f"--{name}", str(value)]
    # To be ended is no failure of a server, and a service manager would take it for one.
    with contextlib.suppress(KeyboardInterrupt, click.Abort):
        streamlit.main(standalone_mode=False)
