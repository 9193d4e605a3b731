"""The command `outcomes`: everything the screens show, under the same names.

serving.py    serve
importing.py  import, check, propose, mappings
snapshots.py  snapshots, share, catalogue
exporting.py  export, measures
reporting.py  report
sql.py        sql
auditing.py   audit
sampling.py   sample

options.py and progress.py hold what several of them take and tell; told.py is for those that pages start (jobs.py).
"""

from __future__ import annotations

import click

from dashboard.cli.auditing import audit
from dashboard.cli.exporting import export, measures
from dashboard.cli.importing import check, import_, mappings, propose
from dashboard.cli.reporting import report
from dashboard.cli.sampling import sample
from dashboard.cli.serving import serve
from dashboard.cli.snapshots import catalogue, share, snapshots
from dashboard.cli.sql import sql
from dashboard.ending import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="outcomes")
def main() -> None:
    """Outcomes of aesthetic treatments: side-effect rates, time to resolution, maintenance intervals."""


for _command in (
    serve,
    import_,
    check,
    propose,
    mappings,
    snapshots,
    share,
    catalogue,
    export,
    measures,
    report,
    sql,
    audit,
    sample,
):
    main.add_command(_command)
