"""The current snapshot derived again: by an edited catalogue, or because an earlier version derived less."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from data import publishing
from data.building import rebuild
from data.catalogue import TreatmentType, catalogue_of, check_catalogue, without_unknown, written
from data.deriving import derive
from data.generations import Generation, current, read_description
from data.importing import DONE, Counting, Progress, Share, database, finish, store
from data.refusal import ImportRefused

# What part of the whole each step takes, measured on ten million records.
STEPS = {"copying the records": 250, "linking and deriving": 400, "counting": 320, "publishing": 30, **DONE}


def rederive(
    into: str | Path,
    catalogue: Sequence[TreatmentType] | None = None,
    progress: Progress | None = None,
    figures: Counting | None = None,
    memory: int | None = None,
) -> Generation:
    """Publish the records of the current snapshot anew, with everything that follows from them derived again.

    `catalogue` becomes the practice's own, which later imports read too; else the one that they read now is taken.
    The account of imports stays as it is. `progress`, `figures` and `memory` are those of an import. Raises
    ImportRefused, with nothing changed, for anything that its user can mend.
    """
    current(into)  # refuses where there is none
    told = Share(progress, STEPS)
    if catalogue is not None:
        check_catalogue(catalogue)
        catalogue = without_unknown(catalogue)
    with publishing.staging(into, told) as place:
        earlier = place.earlier()
        assert earlier is not None
        known = catalogue_of(into)
        if catalogue is None and known.problem:
            raise ImportRefused(f"{known.problem} Mend or remove that file first: nothing was changed.")
        with database(place.path, place.staging, earlier, memory) as connection:
            built = rebuild(connection, known.types if catalogue is None else catalogue, told)
            derive(connection, partial(told, "linking and deriving"))
            finish(connection)
        if figures:
            store(figures(place.path, partial(told, "counting")), place.path)
        told("publishing")
        described = read_description(earlier.path.with_suffix(".json")) or {}
        published = place.commit(
            built.treatments,
            built.as_of,
            described.get("files", ()),
            is_derived_again=True,
            catalogue=None if catalogue is None else written(catalogue),
        )
    told("done")
    return published
