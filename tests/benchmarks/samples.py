"""The synthetic exports and snapshots that are measured, of each size: made when they are first asked for, and kept."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from data import current
from tests.benchmarks.commands import measured
from tests.benchmarks.findings import size_in_words

SEED = 3


@dataclass(frozen=True)
class Existing:
    """A snapshot made before, by its pointer, and the exports that it was made of, if they are there still."""

    snapshot: Path
    exports: Path | None


@dataclass
class Samples:
    """Samples of these sizes in a folder: treatment records to exports and snapshot."""

    folder: Path
    sizes: tuple[int, ...]
    existing: Mapping[int, Existing] = field(default_factory=dict)

    @property
    def largest(self) -> int:
        return max(self.sizes)

    @property
    def usual(self) -> int:
        """The size of which browsers and sessions are shown: a million records, or the largest below."""
        return max((size for size in self.sizes if size <= 1_000_000), default=min(self.sizes))

    def place(self, treatments: int) -> Path:
        """The pointer to the snapshot of that size, which may not be there yet."""
        return self.folder / f"snapshot-{treatments}.json"

    def exports(self, treatments: int) -> Path | None:
        """The folder of the exports of that size; None where a snapshot made before came without them."""
        if treatments in self.existing:
            return self.existing[treatments].exports
        exports = self.folder / f"exports-{treatments}"
        if not (exports / "README.md").exists():  # it is written last
            click.echo(f"making exports of {size_in_words(treatments)} ...", err=True)
            sample = ("-m", "dashboard.cli", "sample", "--treatments", treatments, "--seed", SEED)
            measured(*sample, "--output", exports)
        return exports

    def snapshot(self, treatments: int) -> Path:
        """The pointer to the snapshot of that size; of one made before to a copy, in whose folder servers may write."""
        place = self.place(treatments)
        if place.exists():
            return place
        if treatments in self.existing:
            pointer = self.existing[treatments].snapshot
            file = current(pointer).path
            beside = self.folder / f"{place.name}.d"
            beside.mkdir(exist_ok=True)
            for each in (file, file.with_suffix(".json")):
                shutil.copy(each, beside)
            shutil.copy(pointer, place)
        else:
            exports = self.exports(treatments)
            click.echo(f"importing {size_in_words(treatments)} ...", err=True)
            measured("-m", "dashboard.cli", "import", exports, "--into", place)
        return place
