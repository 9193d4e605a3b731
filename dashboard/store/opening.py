"""Where the snapshot is, how it is opened, and the figures that are stored with it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

import data
from dashboard import figures, privacy
from dashboard.filters import Filters
from dashboard.store.snapshot import Store
from dashboard.store.suppressed import SuppressedStore
from data import EVERYTHING, ImportRefused, Scope
from data.generations import number_of, published
from data.importing import Figures

SNAPSHOT_VARIABLE = "OUTCOMES_SNAPSHOT"
ENGINE_VARIABLE = "OUTCOMES_ENGINE"
DEFAULT_SNAPSHOT = Path(".outcomes") / "snapshot.json"
FEW_RECORDS = 2_000_000
SAMPLE = Path(data.__file__).parent / "sample"


def snapshot_path() -> Path:
    """Where the snapshot is when nobody says: OUTCOMES_SNAPSHOT, else `.outcomes/snapshot.json` where one works."""
    return Path(os.environ.get(SNAPSHOT_VARIABLE) or DEFAULT_SNAPSHOT)


def engine_address() -> str:
    """The address of the engine that answers instead of this process (OUTCOMES_ENGINE), "" where there is none."""
    return os.environ.get(ENGINE_VARIABLE, "")


def current_snapshot(place: Path) -> data.Generation:
    """The snapshot that is current at that place; with an engine, what is shared in that folder (data/sharing.py).

    Raises data.ImportRefused where there is none, or where it is damaged or of another version.
    """
    if not engine_address():
        return data.current(place)
    from data.sharing import shared

    return shared(place)


def default_snapshot(
    path: Path | None = None, progress: Callable[[str, int, int], None] | None = None
) -> tuple[Path, bool]:
    """The place of the snapshot, and whether it had to be built from the bundled sample because none was there.

    Raises data.ImportRefused where it cannot be built.
    """
    place = path or snapshot_path()
    if place.exists() or engine_address():
        return place, False
    data.import_exports([SAMPLE], into=place, progress=progress, figures=first_look)
    return place, True


def open_snapshot(
    path: Path | str | None = None,
    suppress_below: int | None = None,
    memory: int | None = None,
    scope: Scope = EVERYTHING,
) -> Store:
    """The current snapshot behind that pointer (or snapshot file), checked against its SHA-256, cut to the scope.

    Where OUTCOMES_ENGINE names an engine, such as sc://host:15002, it is what is shared in that folder, as the engine
    answers for it; `memory` is then the engine's business.
    `memory` bounds, in bytes, what DuckDB works in; more is spilled to the folder for temporary files.
    `suppress_below` is the smallest count that is told; where it is None, OUTCOMES_SUPPRESS_BELOW says so, else 0.
    Raises data.ImportRefused where there is no snapshot, or where it is damaged or of another version.
    """
    place = Path(path) if path else snapshot_path()
    k = privacy.suppress_below() if suppress_below is None else suppress_below
    if engine_address():
        return _asked_of_engine(place, k, scope)
    while True:
        generation = data.current(place)
        try:
            return SuppressedStore(generation, k, scope) if k > 1 else Store(generation, memory, scope)
        except duckdb.IOException:
            # A snapshot that later imports have removed in the meantime: the pointer names a newer one.
            if generation.path.exists():
                raise


def _asked_of_engine(folder: Path, k: int, scope: Scope) -> Store:
    # Of pandas it is told nothing that it might not support, only of Arrow; and that it tried in vain is told in words.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    warnings.filterwarnings("ignore", r"\[RETRIES_EXCEEDED\]", UserWarning)
    try:
        from dashboard.store.engine import EngineStore, SuppressedEngineStore
    except ModuleNotFoundError as missing:
        raise ImportRefused(
            f"{ENGINE_VARIABLE} is set, and what asks an engine is not installed ({missing.name}). Install it: "
            "uv sync --extra spark"
        ) from missing
    from data.sharing import shared

    share = shared(folder)
    return (
        SuppressedEngineStore(share, engine_address(), k, scope)
        if k > 1
        else EngineStore(share, engine_address(), scope)
    )


def earlier_snapshots(pointer: Path) -> list[data.KeptSnapshot]:
    """The snapshots behind a pointer that were imported before the current one and can be opened, the newest first."""
    try:
        kept = data.snapshots(pointer)
    except ImportRefused:
        # A snapshot file that is opened by itself has none beside it.
        return []
    current = next((one.number for one in kept if one.is_current), 0)
    return [one for one in kept if one.number < current and one.imported_at and not one.problem]


def open_kept(pointer: Path, number: int, suppress_below: int | None = None, scope: Scope = EVERYTHING) -> Store:
    """The snapshot of that number behind a pointer, opened like the current one (`open_snapshot`).

    Raises data.ImportRefused where it is not kept any more, or is damaged.
    """
    file = next((file for file in published(pointer) if number_of(file) == number), None)
    if not file:
        raise ImportRefused(f"Snapshot {number} is not kept any more. Choose another one.")
    return open_snapshot(file, suppress_below, scope=scope)


def first_look(place: Path, progress: Callable[[float], None], memory: int | None = None) -> Figures:
    """The figures to store with the snapshot in that file: selection, measure, groups, fingerprint, content.

    Limits that may take seconds are not among them. `progress` is told the share of figures that are there; `memory`
    bounds, in bytes, what they are counted in: half of it in the database, as what is estimated takes as much.
    """
    store = Store(data.Generation(place, sha256="", name=place.stem), memory // 2 if memory else None)
    records, period = store.cohort_size()[1], store.period
    asked = figures.asked_first(records, store.as_of, period[1] if period else store.as_of)

    def made(filters: Filters, name: str, by: tuple[str, ...]) -> tuple[str, str, str, str, bytes]:
        content = figures.to_blob(store.measure(name, filters, by, limits="none"))
        return figures.selection(filters), name, ",".join(by), figures.fingerprint(), content

    # While one is counted, another is estimated; where there are many records, that would take twice the memory.
    with ThreadPoolExecutor(2 if records <= FEW_RECORDS else 1) as pool:
        looks: Figures = []
        for look in pool.map(made, *zip(*asked, strict=True)):
            progress(len(looks) / len(asked))
            looks.append(look)
    store.close()
    return looks
