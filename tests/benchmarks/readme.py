"""What a run found, as the README has it: Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks.findings import Cell, Figure, written

SHOWN = ("measures", "libraries", "imports")
"""Benchmarks whose tables stand in the README, beside the goals of all."""


def as_markdown(run: Mapping[str, Any]) -> str:
    """The goals, then the tables of SHOWN, with when, where and by which command it was measured."""
    machine = run["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    parts = [
        f"Measured {run['at']} at commit {run['commit']} by `{run['command']}`: {machine['processors']} processors "
        f"({machine['processor']}), {machine['memory_mb'] / 1024:.0f} GB, {versions}.",
    ]
    figures = [figure for name in run["benchmarks"].values() for figure in name["figures"]]
    known = [Figure(**{key: value for key, value in figure.items() if key != "verdict"}) for figure in figures]
    parts.append(_table([figure.row for figure in known]))
    for name in SHOWN:
        for table in run["benchmarks"].get(name, {"tables": []})["tables"]:
            parts += [f"{table['title']}:", _table(table["rows"])]
            parts += [f"({note})" for note in table["notes"]]
    return "\n\n".join(parts)


def _table(rows: Sequence[Mapping[str, Cell]]) -> str:
    heads = list(rows[0])
    is_text = [all(isinstance(row[head], str | None) for row in rows) for head in heads]
    lines = [heads, ["---" if left else "---:" for left in is_text]]
    lines += [[written(row[head]) for head in heads] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
