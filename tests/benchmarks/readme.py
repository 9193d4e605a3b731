"""What a run found, as the README has it: Markdown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from tests.benchmarks.findings import Cell, Figure, Growing, size_in_words, written

OF_THE_LARGEST = ("measures", "libraries", "imports")
"""Benchmarks whose tables of the largest sample stand in the README, beside the goals of all."""
OF_EVERY_SIZE = ("pages", "reruns", "sessions")
"""Those whose tables all stand there."""
LARGER = {"100 million": 100_000_000, "a billion": 1_000_000_000}
SOON = 10
"""Seconds that somebody waits."""
UNITS = {
    "s": (("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 0.001)),
    "MB": (("TB", 1e6), ("GB", 1e3), ("MB", 1.0)),
}


def as_markdown(run: Mapping[str, Any]) -> str:
    """When, where and how it was measured, the goals, tables, and what more records would take."""
    machine = run["machine"]
    command = _without_folders(run["command"])
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    parts = [
        f"Measured {run['at']} at commit {run['commit']} by `{command}`: {machine['processors']} processors "
        f"({machine['processor']}), {machine['memory_mb'] / 1024:.0f} GB, {versions}.",
    ]
    figures = [figure for name in run["benchmarks"].values() for figure in name["figures"]]
    known = [Figure(**{key: value for key, value in figure.items() if key != "verdict"}) for figure in figures]
    parts.append(_table([figure.row for figure in known]))
    growing = [Growing(**each) for name in run["benchmarks"].values() for each in name["growing"]]
    largest = size_in_words(max((each.treatments for each in growing), default=0))
    for name in (*OF_THE_LARGEST, *OF_EVERY_SIZE):
        for table in run["benchmarks"].get(name, {"tables": []})["tables"]:
            if name in OF_THE_LARGEST and growing and f" {largest} " not in f"{table['title']} ":
                continue
            if not table["rows"]:
                parts += [f"{table['title']}."]
                continue
            parts += [f"{table['title']}:", _table(table["rows"])]
            parts += [f"({note})" for note in table["notes"]]
    if growing:
        parts += [
            "What more records would take on that machine, in proportion to the largest sample measured. Not measured:"
        ]
        rows = [_extrapolated(each) for each in growing]
        asked = [each for each in growing if each.unit == "s" and each.name != "import"]
        rows += [_processors(each, machine["processors"]) for each in asked]
        parts.append(_table(rows))
    return "\n\n".join(parts)


def _without_folders(command: str) -> str:
    """The command, with the last part alone of each path, as folders are those of one machine."""
    return shlex.join(re.sub(r"[^=,]*/(?=[^/=,])", "", part) for part in shlex.split(command))


def _extrapolated(one: Growing) -> dict[str, Cell]:
    """A row of what more records would take."""
    row: dict[str, Cell] = {"": one.name, "measured": f"{_quantity(one, 1)} ({size_in_words(one.treatments)})"}
    return row | {f"{name}, extrapolated": _quantity(one, size / one.treatments) for name, size in LARGER.items()}


def _processors(one: Growing, processors: int) -> dict[str, Cell]:
    """A row of how many processors would do it in SOON, if it divides evenly among them."""
    needed: dict[str, Cell] = {
        f"{name}, extrapolated": f"{max(1, ceil(one.told * size / one.treatments * processors / SOON)):,}"
        for name, size in LARGER.items()
    }
    return {"": f"processors that would tell {one.name} in {SOON} s", "measured": None, **needed}


def _quantity(one: Growing, times: float) -> str:
    """So many times as much, in the unit that fits."""
    units = UNITS[one.unit]
    told = one.told * times
    unit, size = next(((unit, size) for unit, size in units if told >= size), units[-1])
    return f"{written(told / size)} {unit}"


def _table(rows: Sequence[Mapping[str, Cell]]) -> str:
    heads = list(rows[0])
    is_text = [all(isinstance(row[head], str | None) for row in rows) for head in heads]
    lines = [heads, ["---" if left else "---:" for left in is_text]]
    lines += [[written(row[head]) for head in heads] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
