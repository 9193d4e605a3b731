"""What is shared: all of the old or all of the new, by whom it was first, and as it stands in the snapshot."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

import data
from dashboard.cli import main
from data import ImportRefused
from data.extracting import IDS
from data.sharing import KEPT_SECONDS, RELATIONS, SOURCE_BITS, shared
from tests.conftest import import_once
from tests.drawing import drawn, random_exports, write_exports

NAMES = ("007", "2024-05", "..", "a/b c%2F", "Nørd", "'; drop", "x" * 200, None)
SYNTHETIC = drawn("treatment_id | patient_id | treated_on | treatment_type\nSYN-T1 | A | 0 | skincare")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the snapshots of three installations: north, south and one with synthetic records."""
    base = tmp_path_factory.mktemp("sharing")
    exports = random_exports(3, 20)
    treatments = [{**row, "clinic": NAMES[place % len(NAMES)]} for place, row in enumerate(exports.treatments)]
    of_sources = {"north": replace(exports, treatments=treatments), "south": random_exports(4, 6), "demo": SYNTHETIC}
    for source, drawn_exports in of_sources.items():
        import_once(drawn_exports, base / source)
    return base


def own(base: Path, source: str) -> Path:
    return base / source / "outcomes.json"


def rows(base: Path, source: str, table: str) -> set[tuple[object, ...]]:
    with duckdb.connect(str(data.current(own(base, source)).path), read_only=True) as connection:
        return set(connection.execute(f"from {table}").fetchall())


def read(folder: Path, table: str, columns: str = "*") -> list[tuple[object, ...]]:
    """The rows of a table that is shared, of the snapshots that are current."""
    files = [f"{folder}/{table}/{place}/**/*.parquet" for place in shared(folder).folders]
    with duckdb.connect() as connection:
        return connection.execute(f"select {columns} from read_parquet({files}, hive_partitioning = false)").fetchall()


def test_every_row_is_shared_once_under_names_and_numbers_of_its_source(base: Path, tmp_path: Path) -> None:
    for source in ("north", "south"):
        data.share(own(base, source), tmp_path / source)
    share = shared(tmp_path)
    assert dict(share.rows_of) == {
        table: len(rows(base, "north", table)) + len(rows(base, "south", table)) for table in RELATIONS
    }
    assert share.rows == dict(share.rows_of)["treatments"]
    for table, id_column in (("treatments", "treatment_id"), ("patients", "patient_id")):
        assert id_column in IDS
        ids = {str(identifier) for (identifier,) in read(tmp_path, table, id_column)}
        expected = {
            f"{source}/{row[3 if table == 'treatments' else 0]}"
            for source in ("north", "south")
            for row in rows(base, source, table)
        }
        assert ids == expected
    numbers = [int(str(number)) for (number,) in read(tmp_path, "treatment_records", "treatment_no")]
    assert len(set(numbers)) == len(numbers) == share.rows
    assert {number >> SOURCE_BITS for number in numbers} == {1, 2}
    # Whatever a clinic is called, its rows stand apart, in a folder of plain letters, and have its name.
    clinics = {clinic for (clinic,) in read(tmp_path, "treatment_records", "clinic")}
    assert clinics >= {name or "" for name in NAMES}
    for place in (tmp_path / "treatment_records" / "source=north").glob("*/*"):
        assert re.fullmatch(r"of_clinic=_[a-z0-9-]+", place.name)
        for file in place.rglob("*.parquet"):
            with duckdb.connect() as connection:
                told = connection.execute(f"select distinct clinic, month from '{file}'").fetchall()
            assert [f"of_month=_{month}" for _, month in told] == [file.parent.name]


def test_a_new_share_replaces_the_old_one_in_one_step(base: Path, tmp_path: Path) -> None:
    """Readers have what the pointer names: what a killed process began beside it is not read, and removed later."""
    data.share(own(base, "north"), tmp_path / "north")
    before = shared(tmp_path)
    for table in ("treatments", "treatment_records"):
        of_source = tmp_path / table / "source=north"
        shutil.copytree(next(of_source.iterdir()), of_source / "snapshot=000002-unfinished")
    assert shared(tmp_path) == before
    assert len(read(tmp_path, "treatments")) == before.rows
    data.share(own(base, "north"), tmp_path / "north")
    after = shared(tmp_path)
    assert after.name != before.name
    assert after.rows_of == before.rows_of
    for place in tmp_path.glob("*/source=north/snapshot=*"):
        os.utime(place, (time.time() - KEPT_SECONDS - 1,) * 2)
    data.share(own(base, "north"), tmp_path / "north")
    for table in RELATIONS:
        kept = {place.name for place in (tmp_path / table / "source=north").iterdir()}
        assert kept == {Path(one.folders[0]).name for one in (after, shared(tmp_path))}


def test_no_source_takes_the_place_of_another(base: Path, tmp_path: Path) -> None:
    data.share(own(base, "north"), tmp_path / "north")
    before = shared(tmp_path)
    with pytest.raises(ImportRefused, match="by another installation already"):
        data.share(own(base, "south"), tmp_path / "north")
    with pytest.raises(ImportRefused, match="mixed with synthetic"):
        data.share(own(base, "demo"), tmp_path / "demo")
    for name in ("North", "a.b", "..", "snapshot=1", "ä"):
        with pytest.raises(ImportRefused, match="no name of a source"):
            data.share(own(base, "south"), tmp_path / name)
    assert shared(tmp_path) == before


def test_what_cannot_be_shared_or_read_is_refused_in_words(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="Nothing is shared"):
        shared(tmp_path / "shared")
    data.share(own(base, "south"), tmp_path / "shared" / "south")
    pointer = tmp_path / "shared" / "south.json"
    pointer.write_text(json.dumps(json.loads(pointer.read_text()) | {"format_version": 0}))
    with pytest.raises(ImportRefused, match="another version"):
        shared(tmp_path / "shared")
    pointer.write_text("{")
    with pytest.raises(ImportRefused, match="damaged"):
        shared(tmp_path / "shared")


def test_an_import_shares_what_it_made_and_says_where_it_could_not(base: Path, tmp_path: Path) -> None:
    exports = write_exports(random_exports(4, 6), tmp_path / "exports")
    words = ["import", str(exports), "--into", str(tmp_path / "own.json"), "--share"]
    done = CliRunner().invoke(main, [*words, str(tmp_path / "shared" / "west")])
    assert done.exit_code == 0, done.stderr
    assert shared(tmp_path / "shared").rows == len(rows(base, "south", "treatments"))
    refused = CliRunner().invoke(main, [*words, str(tmp_path / "shared" / "West")])
    assert refused.exit_code == 2
    assert "the snapshot was imported, but not shared: 'West' is no name of a source" in refused.stderr
    again = CliRunner().invoke(
        main, ["share", str(tmp_path / "shared" / "west"), "--snapshot", str(tmp_path / "own.json")]
    )
    assert (again.exit_code, again.stdout) == (0, f"{tmp_path}/own.json: shared as west in {tmp_path}/shared\n")
