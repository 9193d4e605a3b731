"""How large a snapshot is, against its exports packed by gzip at its usual level."""

from __future__ import annotations

import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from data import current
from tests.benchmarks.findings import Cell, Figure, Findings, Growing, Table, size_in_words
from tests.benchmarks.samples import Samples

LEVEL = 6
CHUNK = 2**22


def packed(file: Path) -> int:
    """The bytes that gzip makes of a file."""
    packing, size = zlib.compressobj(LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS), 0
    with file.open("rb") as lines:
        while chunk := lines.read(CHUNK):
            size += len(packing.compress(chunk))
    return size + len(packing.flush())


def measure(samples: Samples) -> Findings:
    rows: list[dict[str, Cell]] = []
    share, growing = None, []
    for size in samples.sizes:
        exports = samples.exports(size)
        if exports is None:
            continue
        files = sorted(exports.glob("*.csv"), key=lambda file: -file.stat().st_size)
        with ThreadPoolExecutor(2) as pool:
            gzip = sum(pool.map(packed, files))
        snapshot = current(samples.snapshot(size)).path.stat().st_size
        share, growing = snapshot / gzip, [Growing("snapshot file", size, snapshot / 1e6, "MB")]
        rows.append(
            {
                "treatment records": size,
                "exports MB": sum(file.stat().st_size for file in files) / 1e6,
                "gzip MB": gzip / 1e6,
                "snapshot MB": snapshot / 1e6,
                "times": share,
            }
        )
    notes = [f"gzip -{LEVEL} of each file; the snapshot holds the records, what is derived of them, and the figures"]
    largest = size_in_words(int(rows[-1]["treatment records"] or 0)) if rows else ""
    return Findings(
        [Table("Snapshot file", rows, notes)] if rows else [],
        [Figure(f"snapshot file, against gzip of its exports, {largest}", share, 1.0)],
        growing,
    )
