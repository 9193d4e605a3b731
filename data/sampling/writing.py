"""A sample in a folder: the contract's four files, and a README that says what they are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from data.contract import TABLES
from data.sampling.parameters import SOURCES
from data.sampling.parameters.practice import CUT_OFF, FIRST_DAY
from data.sampling.parameters.recording import SYNTHETIC_PREFIX
from data.sampling.parameters.side_effects import ODD_LOT_NUMBER, ODD_LOT_PRODUCT
from data.sampling.parameters.treatments import PRODUCTS, lot_code

BUNDLED_SEED = 20250630
BUNDLED_TREATMENTS = 12_500


def write_sample(
    folder: Path, treatments: int, seed: int = 1, progress: Callable[[int, int], None] | None = None
) -> None:
    """Write synthetic exports of exactly `treatments` treatment records into a folder, which is made if need be.

    The files are treatments.csv, patients.csv, follow_ups.csv, side_effects.csv (the contract's columns, ISO dates)
    and README.md; files of these names are replaced once all are complete. The same size and seed give the same bytes.
    `progress` is called with the treatment records written so far and those to write. ValueError where `treatments`
    is below 1 or `seed` negative.
    """
    if treatments < 1:
        raise ValueError(f"a sample needs at least 1 treatment record, not {treatments}")
    if seed < 0:
        raise ValueError(f"a seed is 0 or more, not {seed}")
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = {name: folder / f"{name}.csv.unfinished" for name in TABLES}
    try:
        _write_tables(unfinished, treatments, seed, progress)
        for name, path in unfinished.items():
            path.replace(folder / f"{name}.csv")
        (folder / "README.md").write_text(_readme(treatments, seed), encoding="utf-8", newline="\n")
    finally:
        for path in unfinished.values():
            path.unlink(missing_ok=True)


def _write_tables(
    paths: dict[str, Path], treatments: int, seed: int, progress: Callable[[int, int], None] | None
) -> None:
    from data.sampling.recording.text import csv_lines  # numpy and pyarrow are needed only here
    from data.sampling.streams import streams

    with ExitStack() as opened:
        files = {name: opened.enter_context(path.open("wb")) for name, path in paths.items()}
        for name, table in TABLES.items():
            files[name].write((",".join(table.column_names) + "\n").encode())
        written = 0
        for tables in streams(treatments, seed):
            for name, columns in tables.items():
                files[name].write(csv_lines([columns[column] for column in TABLES[name].column_names]))
            written += len(tables["treatments"]["treatment_id"])
            if progress:
                progress(written, treatments)


def _readme(treatments: int, seed: int) -> str:
    sources = "\n".join(f"- {source}" for source in SOURCES)
    odd_lot = lot_code([product.name for product in PRODUCTS].index(ODD_LOT_PRODUCT), ODD_LOT_NUMBER)
    return f"""# Synthetic sample

Nobody in these files exists. Patients, treatments, follow-ups and side effects were drawn by a random generator;
every id begins with `{SYNTHETIC_PREFIX}`, by which the dashboard knows and says that they are synthetic. Clinics,
practitioners and lots are made up too.

Made by

    outcomes sample --treatments {treatments} --seed {seed} --output FOLDER

which writes the same bytes every time. Treatments run from {FIRST_DAY} to the data cut-off, {CUT_OFF}.

The rates, onsets, durations, intervals and results follow published figures where there are some, and are assumed
where there are none; `data/sampling/parameters/` says which at each number. They show how the dashboard works, and are
not evidence about any treatment. Some things were put in on purpose: of every eleven practitioners two hardly
follow up and one has more side effects, and one lot of "{ODD_LOT_PRODUCT}" ({odd_lot}) has more
lumps and nodules.

Published sources:

{sources}
"""
