"""How far the work of a command is."""

from __future__ import annotations

import json
import sys

import click


class Progress:
    """On stderr, how far the work is: JSON lines for a program, else a line where stderr is a terminal."""

    def __init__(self, written_as: str = "line") -> None:
        self.is_json = written_as == "json"
        self.is_shown = sys.stderr.isatty() and not self.is_json

    @property
    def is_watched(self) -> bool:
        """Whether anybody is told, so that it is worth to count beforehand."""
        return self.is_json or self.is_shown

    def __enter__(self) -> Progress:
        return self

    def __call__(self, step: str, done: int, total: int) -> None:
        if self.is_json:
            click.echo(json.dumps({"step": step, "done": done, "total": total}), err=True)
        elif self.is_shown:
            share = f"{done / total:4.0%}" if total else "    "
            click.echo(f"\r\033[K{share}  {step}", nl=False, err=True)

    def __exit__(self, *_: object) -> None:
        if self.is_shown:
            click.echo("\r\033[K", nl=False, err=True)
