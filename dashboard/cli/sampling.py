"""`outcomes sample`."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.cli.progress import Progress


@click.command()
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

    with Progress() as progress:
        write_sample(output, treatments, seed, progress=lambda done, total: progress("treatment records", done, total))
    click.echo(f"{output}: synthetic exports of {treatments:,} treatment records, seed {seed}")
